"""Kernel of the linear expert: diagonal AROW for all labels at once, test then train, row by row.

Crammer, Kulesza & Dredze 2009, figure 1, with a diagonal covariance S: margin m = y w.x, v = x' S x,
beta = 1 / (v + r), alpha = max(0, 1 - m) beta, w += alpha y S x, S -= beta (S x)^2. As published S only ever shrinks, and
after many rows a weight hardly moves any more: here the precision 1 / S of what is learned also fades towards that of the
start, 1, so S -= beta ((S x)^2 - S (1 - S) r / MEMORY).
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.gather import gather_add, gather_add_squares, known_end
from streams.jit import jit

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
#: A variance is never smaller than what so many rows leave of it: after any number of rows a weight moves as it did then.
MEMORY = 16_384.0
_FADE = np.float32(1.0 / MEMORY)
#: With fewer labels to learn than one in so many, they are learned one by one, else all in one pass: the same bits.
FEW = 6


@jit
def lacking(z, row, limit, truth, mask, lack):  # type: ignore[no-untyped-def]
    """Write how far each label's margin is from 1 on the right side, 0 where nothing is to be learned; return how many.

    Parameters
    ----------
    z : float32 (n, L), margins
    truth : float32 (L,): 1 where the label holds, else 0
    mask : float32 (L,): 1 where the truth is known, else 0
    lack : float32 (L,), written
    """
    n = 0
    for k in range(limit):
        y = truth[k] + truth[k] - _ONE
        lack[k] = max(_ONE - y * z[row, k], _ZERO) * mask[k]
        n += lack[k] > _ZERO
    return n


@jit
def learn_few(ids, values, start, stop, W, S, bias, bias_s, r, limit, truth, lack):  # type: ignore[no-untyped-def]
    """One step for every label that lacks something, label by label; parameters as `learn_all`."""
    fade = r * _FADE
    for k in range(limit):
        if lack[k] > _ZERO:
            v = bias_s[k]
            for i in range(start, stop):
                v += values[i] * values[i] * S[ids[i], k]
            beta = _ONE / (v + r)
            step = lack[k] * beta * (truth[k] + truth[k] - _ONE)
            for i in range(start, stop):
                j = ids[i]
                s = S[j, k]
                g = s * values[i]
                W[j, k] += step * g
                S[j, k] = s - beta * (g * g - fade * (s - s * s))
            s = bias_s[k]
            bias[k] += step * s
            bias_s[k] = s - beta * (s * s - fade * (s - s * s))


@jit
def learn_all(ids, values, start, stop, W, S, bias, bias_s, r, limit, truth, lack, beta):  # type: ignore[no-untyped-def]
    """One step for all labels at once; one that lacks nothing stays as it is.

    Parameters
    ----------
    ids, values : the row, in `start:stop`
    W, S, bias, bias_s, r : see `arow_block`
    truth, lack : see `lacking`; `lack` is used up
    beta : float32 scratch (L,)
    """
    fade = r * _FADE
    for k in range(limit):
        beta[k] = bias_s[k]
    gather_add_squares(ids, values, start, stop, S, limit, beta)
    for k in range(limit):
        on = _ONE if lack[k] > _ZERO else _ZERO
        beta[k] = on / (beta[k] + r)
        lack[k] = lack[k] * beta[k] * (truth[k] + truth[k] - _ONE)
    for i in range(start, stop):
        j, x = ids[i], values[i]
        for k in range(limit):
            s = S[j, k]
            g = s * x
            W[j, k] += lack[k] * g
            S[j, k] = s - beta[k] * (g * g - fade * (s - s * s))
    for k in range(limit):
        s = bias_s[k]
        bias[k] += lack[k] * s
        bias_s[k] = s - beta[k] * (s * s - fade * (s - s * s))


@jit
def give_birth(W, S, bias, bias_s, never, first, last):  # type: ignore[no-untyped-def]
    """Let the labels from `first` up to `last` begin as labels that were absent in all complete rows so far.

    Parameters
    ----------
    W, S, bias, bias_s, never : see `arow_block`
    """
    for j in range(len(W)):
        for k in range(first, last):
            W[j, k] = never[j + 1, 0]
            S[j, k] = never[j + 1, 1]
    for k in range(first, last):
        bias[k] = never[0, 0]
        bias_s[k] = never[0, 1]


@jit
def learn_never(ids, values, start, stop, never, r):  # type: ignore[no-untyped-def]
    """One step for the label that has never held: it is absent in this row, too; parameters as `arow_block`."""
    z, v = never[0, 0], never[0, 1]
    for i in range(start, stop):
        z += values[i] * never[ids[i] + 1, 0]
    lack = _ONE + z
    if lack <= _ZERO:
        return
    for i in range(start, stop):
        v += values[i] * values[i] * never[ids[i] + 1, 1]
    beta = _ONE / (v + r)
    step, fade = lack * beta, r * _FADE
    s = never[0, 1]
    never[0, 0] -= step * s
    never[0, 1] = s - beta * (s * s - fade * (s - s * s))
    for i in range(start, stop):
        j = ids[i] + 1
        s = never[j, 1]
        g = s * values[i]
        never[j, 0] -= step * g
        never[j, 1] = s - beta * (g * g - fade * (s - s * s))


@jit
def arow_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    W, S, bias, bias_s, never, r, scratch, learn, out,
):  # fmt: skip
    """Write each row's margins to `out` before learning the row; labels not known in a row teach nothing.

    All labels that have not been met yet have the same past: they were absent in every complete row. One weight vector
    learns that past, and a label that enters with a complete row begins with it.

    Parameters
    ----------
    indptr, ids, values : the rows, scaled
    label_indptr ... limits : their labels, see `ihomer.rows.Rows`
    W, S : float32 (d, L): weights and variances, feature-major
    bias, bias_s : float32 (L,): the same of the constant feature 1
    never : float32 (d + 1, 2): weight and variance of a label that has never held, of the constant and the features
    r : float32, the regulariser
    scratch : float32 (4, L): truth and mask (all zero at entry and at return), two to write in
    learn : whether to learn
    out : float32 (n, L), written: margins of the labels below limits[i + 1], 0 for the others
    """
    truth, mask, lack, beta = scratch[0], scratch[1], scratch[2], scratch[3]
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        limit = limits[row + 1]
        if learn and status[row] == 2 and limit > limits[row]:
            give_birth(W, S, bias, bias_s, never, limits[row], limit)
        for k in range(limit):
            out[row, k] = bias[k]
        for k in range(limit, out.shape[1]):
            out[row, k] = _ZERO
        gather_add(ids, values, start, known_end(ids, start, stop, len(W)), W, limit, out, row)
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = _ONE
        if status[row] == 2:
            for k in range(limit):
                mask[k] = _ONE
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                mask[known_indices[i]] = _ONE
        n = lacking(out, row, limit, truth, mask, lack)
        if n * FEW < limit:
            if n:
                learn_few(ids, values, start, stop, W, S, bias, bias_s, r, limit, truth, lack)
        else:
            learn_all(ids, values, start, stop, W, S, bias, bias_s, r, limit, truth, lack, beta)
        if status[row] == 2:
            learn_never(ids, values, start, stop, never, r)
        for k in range(limit):
            mask[k] = _ZERO
        for i in range(first, last):
            truth[label_indices[i]] = _ZERO
