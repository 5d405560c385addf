"""Kernel of the linear expert: diagonal AROW for all labels at once, test then train, row by row."""

from __future__ import annotations

import numpy as np

from streams.jit import jit


@jit
def margins_row(ids, values, start, stop, W, bias, limit, z):  # type: ignore[no-untyped-def]
    """Write the margins of labels 0..limit - 1 to `z`: bias + sum_j x_j W[j], added in the order of ids.

    Features without weights (ids from len(W) on: never learned) add nothing.
    """
    for k in range(limit):
        z[k] = bias[k]
    for i in range(start, stop):
        if ids[i] >= len(W):
            break
        v = values[i]
        w = W[ids[i]]
        for k in range(limit):
            z[k] += v * w[k]


@jit
def update_label(ids, values, start, stop, W, S, bias, bias_s, k, y, z, r):  # type: ignore[no-untyped-def]
    """One step for label k with truth y (1 or -1) and margin z; nothing if it is right by a margin of 1 or more.

    Crammer, Kulesza & Dredze 2009, figure 1, with a diagonal covariance: v = x' S x, beta = 1 / (v + r),
    alpha = max(0, 1 - y z) beta, w += alpha y S x, S -= beta (S x)^2.
    """
    lack = np.float32(1.0) - y * z
    if lack <= 0:
        return
    v = bias_s[k]
    for i in range(start, stop):
        v += values[i] * values[i] * S[ids[i], k]
    beta = np.float32(1.0) / (v + r)
    step = lack * beta * y
    for i in range(start, stop):
        g = S[ids[i], k] * values[i]
        W[ids[i], k] += step * g
        S[ids[i], k] -= beta * g * g
    g = bias_s[k]
    bias[k] += step * g
    bias_s[k] -= beta * g * g


@jit
def arow_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    W, S, bias, bias_s, r, truth, learn, out,
):  # fmt: skip
    """Write each row's margins to `out` before learning the row; labels not known in a row teach nothing.

    Parameters
    ----------
    indptr, ids, values : the rows, scaled
    label_indptr ... limits : their labels, see `ihomer.rows.Rows`
    W, S : float32 (d, L): weights and variances, feature-major
    bias, bias_s : float32 (L,): the same of the constant feature 1
    r : float32, the regulariser
    truth : int8 scratch (L,), all zero at entry and at return
    learn : whether to learn
    out : float32 (n, L), written: margins of the labels below limits[i + 1], 0 for the others
    """
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        z = out[row]
        limit = limits[row + 1]
        margins_row(ids, values, start, stop, W, bias, limit, z)
        z[limit:] = 0
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = 1
        if status[row] == 2:
            for k in range(limit):
                y = np.float32(2 * truth[k] - 1)
                update_label(ids, values, start, stop, W, S, bias, bias_s, k, y, z[k], r)
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                y = np.float32(2 * truth[k] - 1)
                update_label(ids, values, start, stop, W, S, bias, bias_s, k, y, z[k], r)
        for i in range(first, last):
            truth[label_indices[i]] = 0
