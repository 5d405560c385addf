"""Kernels of the slot index that predict: from a row's features to the labels they touch, and what speaks for each.

Nothing here goes through all labels: a row costs the slots of its features. Candidates are numbered in the order in
which they are met; `place[k]` is the number of label k plus one, 0 for all others between two rows.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_exp, fast_log
from ihomer.kernels.feature_counts import BEYOND, COMPLETE, PARTIAL, START, USED
from streams.jit import jit

#: Columns of a slot: its label (in the view of the pool as integers), in how many rows both were, weight, curvature.
LABEL, COUNT, WEIGHT, CURVATURE = 0, 1, 2, 3
#: Columns of `traits`, a row for each label: bias, faded sum of its squared errors, log(rows in which it held + .5).
BIAS, SQUARES, LOG_HELD = 0, 1, 2
#: Evidence, a row of `acc` each; the first ten have a weight shared by all labels. LINEAR is the sum of slot weights; NEW
#: is 1 / (rows in which the label held + .5), at most 1, and NEW_LINEAR their product: weights of new labels are small yet.
LOG_REL, LOG_TOP, PRIOR, PREVIOUS, PMI, REL, CONSTANT, LINEAR, NEW, NEW_LINEAR = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
N_SHARED = 10
#: Further rows of `acc`: largest share; share of rows in which the label was known; score; share of the rows that have
#: the label; 1 if the label holds; 1 if its truth is known; error, and how much curvature it adds, both 0 where it
#: teaches nothing.
TOP, KNOWN, SCORE, BASE, TRUTH, TAUGHT, ERROR, CURVE = 10, 11, 12, 13, 14, 15, 16, 17
N_ROWS = 18

_ZERO, _ONE = np.float32(0), np.float32(1)
#: A share is evidence as log(1 + share / .003): 0 where there is none, and shares far below that are noise.
_PER_SHARE = np.float32(1 / 0.003)


@jit
def log_prior(k, counts, rows, log_rows, traits):  # type: ignore[no-untyped-def]
    """Return the log of the share of rows in which label k held, of those in which that was known.

    Parameters
    ----------
    counts, rows : see `ihomer.kernels.feature_counts`
    log_rows : float32, log(complete rows + 1), or -1 if not every label was known in exactly those rows
    traits : float32 (L, 3)
    """
    if log_rows < _ZERO:
        return traits[k, LOG_HELD] - fast_log(np.float32(rows[COMPLETE] + counts[BEYOND, k] + 1.0))
    return traits[k, LOG_HELD] - log_rows


@jit
def open_candidates(first, last, counts, rows, log_rows, traits, members, acc):  # type: ignore[no-untyped-def]
    """Let candidates first..last - 1 have no evidence yet: one row of `acc` after the other, as memory likes it."""
    for e in (PREVIOUS, PMI, REL, TOP, LINEAR, TRUTH, TAUGHT):
        acc[e, first:last] = _ZERO
    acc[KNOWN, first:last] = _ONE
    for n in range(first, last):
        acc[PRIOR, n] = log_prior(members[n], counts, rows, log_rows, traits)
    if rows[PARTIAL] > 0.0:
        for n in range(first, last):
            known = rows[COMPLETE] + counts[BEYOND, members[n]]
            acc[KNOWN, n] = np.float32(known / (rows[COMPLETE] + rows[PARTIAL]))


@jit
def known_shares(ids, start, m, seen, lines, cells, acc, spots, shares):  # type: ignore[no-untyped-def]
    """Write the shares where labels are not known in all rows: c / (n_f known_k + 1)."""
    s = 0
    for i in range(m):
        j = ids[start + i]
        for q in range(lines[j, USED]):
            shares[s] = cells[lines[j, START] + q, COUNT] / (seen[j] * acc[KNOWN, spots[s]] + _ONE)
            s += 1


@jit
def fetch_lines(ids, start, m, lines, names):  # type: ignore[no-untyped-def]
    """Read a bit of each slot line of a row: memory brings them all at once, not one after the other as they are used.

    Returns
    -------
    a number that only has to be kept, so that the reading is not left out
    """
    sink = np.int32(0)
    for i in range(m):
        begin = np.uint64(lines[ids[start + i], START])
        for q in range(0, lines[ids[start + i], USED], 4):
            sink ^= names[begin + np.uint64(q), LABEL]
    return sink


@jit
def find_touched(  # type: ignore[no-untyped-def]
    ids, start, m, weights, seen, lines, names, cells, counts, rows, log_rows, traits, place, members, acc, spots,
    shares, logs,
):  # fmt: skip
    """Make candidates of the labels in the slots of m features; return how many there are.

    Parameters
    ----------
    ids : the row, its m known features from `start` on
    weights : float32 (2, m): o_f and 1 / (n_f + 1), see `ihomer.kernels.feature_counts.weigh_features`
    names, cells : int32 and float32 (P, 4), the same memory: the slots
    acc : float32 (N_ROWS, C), written; members : int32 (C + 1,), written: the labels
    spots : uint32, written: the candidate in each slot, feature by feature
    shares, logs : float32, written: of each slot c / (n_f + 1), with n_f taken times the share of rows in which the
        label was known, and its logarithm
    """
    n = s = 0
    if len(spots):
        spots[0] = fetch_lines(ids, start, m, lines, names)
    for i in range(m):
        j, one, begin = ids[start + i], weights[1, i], lines[ids[start + i], START]
        for q in range(lines[j, USED]):
            at, z = np.uint64(begin + q), np.uint64(s + q)
            k = np.uint32(names[at, LABEL])
            p = place[k]
            members[n] = k  # without a branch: whether a label was met before is hard to guess
            n += p == 0
            p = p if p != 0 else np.int32(n)
            place[k] = p
            spots[z] = p - 1
            shares[z] = cells[at, COUNT] * one
        s += lines[j, USED]
    open_candidates(0, n, counts, rows, log_rows, traits, members, acc)
    if rows[PARTIAL] > 0.0:
        known_shares(ids, start, m, seen, lines, cells, acc, spots, shares)
    for i in range(s):
        logs[i] = fast_log(shares[i])
    return n


@jit
def gather_evidence(ids, values, start, m, weights, lines, cells, acc, spots, shares, logs):  # type: ignore[no-untyped-def]
    """Add up what the slots say of their labels; parameters as `find_touched`.

    REL = sum of o_f share, TOP = the largest share, LINEAR = sum of v_f w, PMI = sum of v_f max(0, log share - log
    prior).
    """
    s = 0
    for i in range(m):
        j, v, o = ids[start + i], values[start + i], weights[0, i]
        begin = lines[j, START]
        for q in range(lines[j, USED]):
            at, z = np.uint64(begin + q), np.uint64(s + q)
            p = spots[z]
            acc[REL, p] += o * shares[z]
            acc[TOP, p] = max(acc[TOP, p], shares[z])
            acc[LINEAR, p] += v * cells[at, WEIGHT]
            acc[PMI, p] += v * max(logs[z] - acc[PRIOR, p], _ZERO)
        s += lines[j, USED]


@jit
def invite(labels, first, last, n, previous, counts, rows, log_rows, traits, place, members, acc):  # type: ignore[no-untyped-def]
    """Add labels[first:last] to the n candidates (-1 is none); return how many there are.

    Parameters
    ----------
    previous : float32, their evidence of having held in the previous row
    """
    for q in range(first, last):
        k = labels[q]
        if k < 0:
            continue
        if place[k] == 0:
            members[n] = k
            open_candidates(n, n + 1, counts, rows, log_rows, traits, members, acc)
            n += 1
            place[k] = n
        acc[PREVIOUS, place[k] - 1] = max(acc[PREVIOUS, place[k] - 1], previous)
    return n


@jit
def newness(log_held):  # type: ignore[no-untyped-def]
    """Return how new a label is, 1 / (rows in which it held + .5) and at most 1, from the logarithm of these rows."""
    return min(fast_exp(-log_held), _ONE)


@jit
def background(prior, bias, new, w):  # type: ignore[no-untyped-def]
    """Return the score of a label that nothing in the row speaks for."""
    return (bias + w[PRIOR] * prior) + (w[NEW] * new + w[CONSTANT])


@jit
def score_candidates(n, traits, w, members, acc):  # type: ignore[no-untyped-def]
    """Write the scores of the n candidates: `background` and the combined evidence.

    Parameters
    ----------
    w : float32 (N_SHARED,): weights of the evidence
    """
    for p in range(n):
        acc[SCORE, p] = traits[members[p], BIAS]
        acc[NEW, p] = traits[members[p], LOG_HELD]
    for p in range(n):
        acc[NEW, p] = newness(acc[NEW, p])
    for p in range(n):
        acc[NEW_LINEAR, p] = acc[NEW, p] * acc[LINEAR, p]
        acc[LOG_REL, p] = fast_log(_ONE + acc[REL, p] * _PER_SHARE)
        acc[LOG_TOP, p] = fast_log(_ONE + acc[TOP, p] * _PER_SHARE)
        acc[CONSTANT, p] = _ONE
        z = background(acc[PRIOR, p], acc[SCORE, p], acc[NEW, p], w)
        z += w[LOG_REL] * acc[LOG_REL, p] + w[LOG_TOP] * acc[LOG_TOP, p]
        z += w[PREVIOUS] * acc[PREVIOUS, p] + w[PMI] * acc[PMI, p] + w[REL] * acc[REL, p]
        acc[SCORE, p] = z + (w[LINEAR] * acc[LINEAR, p] + w[NEW_LINEAR] * acc[NEW_LINEAR, p])


@jit
def close_candidates(n, place, members):  # type: ignore[no-untyped-def]
    """Forget who the candidates were."""
    for p in range(n):
        place[members[p]] = 0
