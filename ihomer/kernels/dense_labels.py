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
#: Bits of `marks`: the label held in the previous row; it is a candidate whatever cell it is in.
HELD_BEFORE, GUEST = np.uint8(1), np.uint8(2)
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
def invite_guests(labels, first, last, bits, n, marks, guests):  # type: ignore[no-untyped-def]
    """Append those of labels[first:last] to the n guests that are not among them, and mark all; return how many there are.

    Up to the first -1.
    """
    for q in range(first, last):
        k = labels[q]
        if k < 0:
            break
        if marks[k] == 0:
            guests[n] = k
            n += 1
        marks[k] |= bits
    return n


@jit
def gather_guests(frequent, previous, first, last, near_rows, n_near, sets, marks, guests):  # type: ignore[no-untyped-def]
    """Write who is a candidate whatever cell it is in; return how many are.

    The most frequent labels, those of the previous row, and those of the rows in memory that are nearest.

    Parameters
    ----------
    frequent : int32, -1 where there is none yet
    previous : int32: the labels that held in the previous row stand in first:last
    near_rows : int32, the `n_near` nearest rows; sets : int32 (R, most labels): their labels, then -1
    marks : uint8 (at least L,), zeros; written for the guests
    guests : int32, written
    """
    n = 0
    for q in range(len(frequent)):
        n = invite_guests(frequent, q, q + 1, GUEST, n, marks, guests)
    n = invite_guests(previous, first, last, HELD_BEFORE | GUEST, n, marks, guests)
    for q in range(n_near):
        n = invite_guests(sets[near_rows[q]], 0, sets.shape[1], GUEST, n, marks, guests)
    return n


@jit
def held_before(k, marks):  # type: ignore[no-untyped-def]
    """Return 1 if label k held in the previous row, else 0."""
    return _ONE if marks[k] & HELD_BEFORE else _ZERO


@jit
def offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, marks, w, ids, short_scores):  # type: ignore[no-untyped-def]
    """Score label k and offer it; return how many are on the list."""
    product = lane_dot(x, i, vectors, k, x.shape[1])
    prior = log_prior(k, counts, rows, log_rows, traits)
    return offer(k, score_of(product, prior, held_before(k, marks), traits[k, BIAS], w), product, n, ids, short_scores)


@jit
def shortlist(  # type: ignore[no-untyped-def]
    x, i, cells, n_cells, guests, n_guests, counts, rows, log_rows, vectors, traits, where, members_of, sizes, near,
    marks, w, ids, short_scores,
):  # fmt: skip
    """Find the best of the labels in the nearest cells and of the guests; return how many.

    Parameters
    ----------
    x : float32 (n, D), a multiple of `ihomer.kernels.lanes.LANES`: the rows, of which it is row i
    cells, guests : int32: the `n_cells` nearest cells, the `n_guests` guests
    vectors : float32 (at least L, D): of each label
    near : bool (cells,): all false, before and after
    ids, short_scores : int32 (room,) and float32 (room, 2): written: labels; score and product of each
    """
    n = 0
    for c in range(n_cells):
        near[cells[c]] = True
        for q in range(sizes[cells[c]]):
            k = members_of[cells[c], q]
            n = offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, marks, w, ids, short_scores)
    for q in range(n_guests):
        k = guests[q]
        if not near[where[k, CELL]]:
            n = offer_label(k, x, i, n, counts, rows, log_rows, vectors, traits, marks, w, ids, short_scores)
    for c in range(n_cells):
        near[cells[c]] = False
    return n


@jit
def take_shortlist(n, ids, short_scores, counts, rows, log_rows, traits, marks, members, acc):  # type: ignore[no-untyped-def]
    """Make candidates of the n labels of the short list."""
    members[:n] = ids[:n]
    open_candidates(0, n, counts, rows, log_rows, traits, members, acc)
    for p in range(n):
        acc[SCORE, p], acc[PRODUCT, p] = short_scores[p, _SCORE], short_scores[p, _PRODUCT]
        acc[PREVIOUS, p] = held_before(ids[p], marks)


@jit
def invite_held(  # type: ignore[no-untyped-def]
    x, i, labels, first, last, n, counts, rows, log_rows, vectors, traits, place, marks, w, members, acc
):
    """Add those of labels[first:last] that are not among the n candidates to them; return how many there are."""
    for q in range(first, last):
        k = labels[q]
        if place[k] == 0:
            members[n] = k
            open_candidates(n, n + 1, counts, rows, log_rows, traits, members, acc)
            acc[PREVIOUS, n] = held_before(k, marks)
            acc[PRODUCT, n] = lane_dot(x, i, vectors, k, x.shape[1])
            acc[SCORE, n] = score_of(acc[PRODUCT, n], acc[PRIOR, n], acc[PREVIOUS, n], traits[k, BIAS], w)
            n += 1
            place[k] = n
    return n


@jit
def score_labels(x, limits, marks, counts, rows, log_rows, vectors, traits, w, out):  # type: ignore[no-untyped-def]
    """Write the score of every label below limits[i + 1] of each row: for people to look at, as it goes through all.

    Parameters
    ----------
    marks : uint8 (at least L,): `HELD_BEFORE` of the labels of the row before the first
    out : float32 (n, L), written
    """
    for i in range(len(x)):
        for k in range(limits[i + 1]):
            product = lane_dot(x, i, vectors, k, x.shape[1])
            prior = log_prior(k, counts, rows, log_rows, traits)
            out[i, k] = score_of(product, prior, held_before(k, marks), traits[k, BIAS], w)
