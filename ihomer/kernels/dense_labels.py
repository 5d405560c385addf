"""Kernels of the learner of very many labels of dense rows that predict: from the nearest cells to the best labels.

Arrays `members` and `acc` are those of `ihomer.kernels.slot_index`: what speaks for each candidate of a row, of which
there are few here: the best by score of all labels in the nearest cells, and in a row that is learned, those that hold.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.cells import CELL
from ihomer.kernels.lanes import lane_dot
from ihomer.kernels.slot_index import BIAS, PREVIOUS, PRIOR, SCORE, log_prior, open_candidates
from streams.jit import jit

#: Row of `acc`: the product of the row and the label's vector.
PRODUCT = 5
#: The evidence that has a weight shared by all labels, besides a constant, which has the last weight: rows of `acc`.
EVIDENCE = (PRODUCT, PRIOR, PREVIOUS)
N_WEIGHTS = 4
#: Columns of `short_scores`: score, product.
_SCORE, _PRODUCT = 0, 1

_ZERO, _ONE = np.float32(0), np.float32(1)


@jit
def score_of(product, prior, previous, bias, w):  # type: ignore[no-untyped-def]
    """Return the score of a label; `w` is float32 (N_WEIGHTS,)."""
    return ((bias + w[3]) + w[1] * prior) + (w[2] * previous + w[0] * product)


@jit
def offer(k, z, product, n, ids, short_scores):  # type: ignore[no-untyped-def]
    """Take label k on the list of the best n, best first, ties by smaller id, if it is one of them; return the new n."""
    room = len(ids)
    if n == room and (z < short_scores[n - 1, _SCORE] or (z == short_scores[n - 1, _SCORE] and k > ids[n - 1])):
        return n
    at = min(n, room - 1)
    while at > 0 and (short_scores[at - 1, _SCORE] < z or (short_scores[at - 1, _SCORE] == z and ids[at - 1] > k)):
        ids[at] = ids[at - 1]
        for e in range(2):
            short_scores[at, e] = short_scores[at - 1, e]
        at -= 1
    ids[at], short_scores[at, _SCORE], short_scores[at, _PRODUCT] = k, z, product
    return min(n + 1, room)


@jit
def offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, place, w, ids, short_scores):  # type: ignore[no-untyped-def]
    """Score label k and offer it; a label that held in the previous row has the place -1."""
    product = lane_dot(x, i, vectors, k, x.shape[1])
    previous = _ONE if place[k] < 0 else _ZERO
    z = score_of(product, log_prior(k, counts, rows, log_rows, traits), previous, traits[k, BIAS], w)
    return offer(k, z, product, n, ids, short_scores)


@jit
def shortlist(  # type: ignore[no-untyped-def]
    x, i, cells, n_cells, previous, first, last, frequent, counts, rows, log_rows, vectors, traits, where, members_of,
    sizes, near, place, w, ids, short_scores,
):  # fmt: skip
    """Find the best of the labels in the nearest cells, of the most frequent ones and of those of the previous row.

    Parameters
    ----------
    x : float32 (n, D), a multiple of `ihomer.kernels.lanes.LANES`: the rows, of which it is row i
    cells : int32: the `n_cells` nearest cells
    previous : int32: the labels that held in the previous row stand in first:last
    vectors : float32 (at least L, D): of each label
    near : bool (cells,): all false, before and after
    place : int32 (at least L,): zeros, before and after
    ids, short_scores : int32 (room,) and float32 (room, 2): written: labels; score and product of each

    Returns
    -------
    how many were found
    """
    n = 0
    for q in range(first, last):
        place[previous[q]] = -1
    for c in range(n_cells):
        near[cells[c]] = True
        for q in range(sizes[cells[c]]):
            k = members_of[cells[c], q]
            n = offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, place, w, ids, short_scores)
    for q in range(len(frequent)):
        k = frequent[q]
        if k >= 0 and not near[where[k, CELL]]:
            n = offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, place, w, ids, short_scores)
    for q in range(first, last):
        k, there = previous[q], False
        for other in frequent:
            there |= other == k
        if not there and not near[where[k, CELL]]:
            n = offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, place, w, ids, short_scores)
    for c in range(n_cells):
        near[cells[c]] = False
    return n


@jit
def take_shortlist(n, ids, short_scores, counts, rows, log_rows, traits, place, members, acc):  # type: ignore[no-untyped-def]
    """Make candidates of the n labels of the short list."""
    members[:n] = ids[:n]
    open_candidates(0, n, counts, rows, log_rows, traits, members, acc)
    for p in range(n):
        acc[SCORE, p], acc[PRODUCT, p] = short_scores[p, _SCORE], short_scores[p, _PRODUCT]
        acc[PREVIOUS, p] = _ONE if place[ids[p]] < 0 else _ZERO


@jit
def invite_held(  # type: ignore[no-untyped-def]
    x, i, labels, first, last, n, counts, rows, log_rows, vectors, traits, place, w, members, acc
):
    """Add those of labels[first:last] that are not among the n candidates to them; return how many there are.

    What is not a candidate has the place 0 or, if it held in the previous row, -1.
    """
    for q in range(first, last):
        k = labels[q]
        if place[k] <= 0:
            members[n] = k
            open_candidates(n, n + 1, counts, rows, log_rows, traits, members, acc)
            acc[PREVIOUS, n] = _ONE if place[k] < 0 else _ZERO
            acc[PRODUCT, n] = lane_dot(x, i, vectors, k, x.shape[1])
            acc[SCORE, n] = score_of(acc[PRODUCT, n], acc[PRIOR, n], acc[PREVIOUS, n], traits[k, BIAS], w)
            n += 1
            place[k] = n
    return n


@jit
def score_labels(x, limits, held_before, counts, rows, log_rows, vectors, traits, w, out):  # type: ignore[no-untyped-def]
    """Write the score of every label below limits[i + 1] of each row: for people to look at, as it goes through all.

    Parameters
    ----------
    held_before : float32 (at least L,): 1 of the labels of the row before the first
    out : float32 (n, L), written
    """
    for i in range(len(x)):
        for k in range(limits[i + 1]):
            product = lane_dot(x, i, vectors, k, x.shape[1])
            prior = log_prior(k, counts, rows, log_rows, traits)
            out[i, k] = score_of(product, prior, held_before[k], traits[k, BIAS], w)
