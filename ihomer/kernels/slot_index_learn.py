"""Kernels of the slot index that learn: shared weights, biases and slots, from the candidates' errors."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_exp, fast_log
from ihomer.kernels.feature_counts import (
    BEYOND,
    COMPLETE,
    HELD,
    PARTIAL,
    ROOM,
    START,
    USED,
    WINDOW,
    learn_labels,
    moved_quality,
)  # fmt: skip
from ihomer.kernels.slot_index import (
    BASE,
    BIAS,
    COUNT,
    CURVATURE,
    CURVE,
    ERROR,
    LABEL,
    LOG_HELD,
    N_SHARED,
    PRIOR,
    SCORE,
    SQUARES,
    TAUGHT,
    TRUTH,
    WEIGHT,
)  # fmt: skip
from ihomer.kernels.slot_index_pool import lengthen_line
from streams.jit import jit

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
#: Scores beyond this are cut before they become probabilities.
_CLIP = np.float32(15)
#: Errors below this teach nothing.
NEGLIGIBLE = np.float32(0.02)
#: Steps of AdaGrad: of the shared weights, and of the bias of a label.
SHARED_STEP, BIAS_STEP = 0.15, np.float32(0.2)
#: Sums of squares fade by so much a step, so that steps never become too small to follow the stream.
FADE = 1 - 1 / 16384
#: Least curvature of one error: keeps steps finite where the error is near 0 or 1.
_LEAST_CURVATURE = np.float32(0.05)
#: A count is halved no further: its logarithm stays finite.
_LEAST_COUNT = np.float32(1e-6)
#: The mean number of labels that hold follows the last so many rows.
CARDINALITY_ROWS = 1000.0
#: The key of a slot whose label holds.
_NOBODY = np.int64(2**63 - 1)


@jit
def mark_truth(  # type: ignore[no-untyped-def]
    label_indices, first, last, known_indices, known_first, known_last, complete, n, place, acc
):
    """Write TRUTH and TAUGHT of the n candidates; labels that hold are all among them."""
    if complete:
        for p in range(n):
            acc[TAUGHT, p] = _ONE
    else:
        for q in range(known_first, known_last):
            p = place[known_indices[q]] - 1
            if p >= 0:
                acc[TAUGHT, p] = _ONE
    for q in range(first, last):
        acc[TRUTH, place[label_indices[q]] - 1] = _ONE


@jit
def find_shares(n, acc):  # type: ignore[no-untyped-def]
    """Write the share of the rows that has each of the n candidates, which tells what a slot's count explains anyway."""
    for p in range(n):
        acc[BASE, p] = fast_exp(acc[PRIOR, p])


@jit
def find_errors(n, acc):  # type: ignore[no-untyped-def]
    """Write by how much the probabilities of the n candidates are wrong, 0 where it is negligible or not known.

    And max(|e| (1 - |e|), .05), the curvature that the error adds to a weight of a feature with value 1.
    """
    for p in range(n):
        z = min(max(acc[SCORE, p], -_CLIP), _CLIP)
        error = (acc[TRUTH, p] - _ONE / (_ONE + fast_exp(-z))) * acc[TAUGHT, p]
        size = abs(error)
        on = _ONE if size >= NEGLIGIBLE else _ZERO
        acc[ERROR, p] = error * on
        acc[CURVE, p] = max(size * (_ONE - size), _LEAST_CURVATURE) * on


@jit
def learn_shared(n, traits, shared, gradient, members, acc):  # type: ignore[no-untyped-def]
    """One AdaGrad step of the shared weights, and of the bias of each of the first n candidates.

    Parameters
    ----------
    shared : float64 (2, N_SHARED): weights, faded sums of squared gradients
    gradient : float64 scratch (N_SHARED,)
    """
    for e in range(N_SHARED):
        gradient[e] = 0.0
    for p in range(n):
        error = acc[ERROR, p]
        if error != _ZERO:
            for e in range(N_SHARED):
                gradient[e] += np.float64(error * acc[e, p])
            k = members[p]
            traits[k, SQUARES] = np.float32(FADE) * traits[k, SQUARES] + error * error
            traits[k, BIAS] += BIAS_STEP * error / np.sqrt(traits[k, SQUARES])
    for e in range(N_SHARED):
        shared[1, e] = FADE * shared[1, e] + gradient[e] * gradient[e]
        if gradient[e] != 0.0:  # what nothing teaches for 10^7 rows has faded to 0
            shared[0, e] += SHARED_STEP * gradient[e] / np.sqrt(shared[1, e])


@jit
def fill_slot(at, k, error, curve, v, g, names, cells):  # type: ignore[no-untyped-def]
    """Let a slot begin with label k, which holds."""
    names[at, LABEL] = k
    cells[at, COUNT] = _ONE
    cells[at, CURVATURE] = curve * v * v
    cells[at, WEIGHT] = error * v / (cells[at, CURVATURE] + g)


@jit
def order_by_excess(begin, n, n_f, cells, acc, spots, s, keys):  # type: ignore[no-untyped-def]
    """Write a key of each of n slots: of the smallest the excess over expectation, c - n_f p_k, is the least, then the place.

    Of labels that hold it is `_NOBODY`. Integers, since their minimum needs no branch and eight are looked at at once.

    Parameters
    ----------
    keys : int64 (at least n,), written
    """
    for q in range(n):
        p = spots[np.uint64(s + q)]
        excess = np.float32(cells[np.uint64(begin + q), COUNT] - n_f * acc[BASE, p])
        bits = np.int64(excess.view(np.int32))
        key = ((bits ^ ((bits >> 31) & 0x7FFFFFFF)) << 32) + q
        keys[q] = _NOBODY if acc[TRUTH, p] != _ZERO else key


@jit
def weakest_slot(n, keys):  # type: ignore[no-untyped-def]
    """Return which of n slots has the smallest key, or -1 if it is nobody's."""
    least = _NOBODY
    for q in range(n):
        least = min(least, keys[q])
    return np.int64(-1) if least == _NOBODY else least & 0xFFFFFFFF


@jit
def step_slots(begin, n, v, g, cells, acc, spots, s, mark, found):  # type: ignore[no-untyped-def]
    """Step the weights of a line of n slots, and count its labels that hold; return how many do, and the sum of their counts.

    h += max(|e| (1 - |e|), .05) v^2, w += e v / (h + g); where the error teaches nothing that changes nothing.

    Parameters
    ----------
    spots : from s on, the candidates in the slots
    found : int32 (C,): `mark` is written for those that hold
    """
    hits, n_found, square = _ZERO, 0, v * v
    for q in range(n):
        at, p = np.uint64(begin + q), spots[np.uint64(s + q)]
        h = cells[at, CURVATURE] + acc[CURVE, p] * square
        cells[at, CURVATURE] = h
        cells[at, WEIGHT] += acc[ERROR, p] * v / (h + g)
        if acc[TRUTH, p] != _ZERO:
            hits += cells[at, COUNT]
            cells[at, COUNT] += _ONE
            found[p] = mark
            n_found += 1
    return n_found, hits


@jit
def learn_fresh(  # type: ignore[no-untyped-def]
    j, label_indices, first, last, v, g, most, n_f, lines, names, cells, place, acc, spots, s, mark, found, keys
):
    """Give slots of feature j to the labels that hold and were not found; parameters as `learn_slots`."""
    begin, n, ordered = lines[j, START], lines[j, USED], False
    for q in range(first, last):
        k = label_indices[q]
        p = place[k] - 1
        if found[p] == mark:
            continue
        if lines[j, USED] < most:
            fill_slot(begin + lines[j, USED], k, acc[ERROR, p], acc[CURVE, p], v, g, names, cells)
            lines[j, USED] += 1
            continue
        if not ordered:
            order_by_excess(begin, n, n_f, cells, acc, spots, s, keys)
            ordered = True
        weakest = weakest_slot(n, keys)
        if weakest >= 0:  # halved it is the weakest all the more: its key can stay
            at = begin + weakest
            cells[at, COUNT] *= _HALF
            if cells[at, COUNT] < _ONE:
                fill_slot(at, k, acc[ERROR, p], acc[CURVE, p], v, g, names, cells)
                keys[weakest] = _NOBODY


@jit
def learn_slots(  # type: ignore[no-untyped-def]
    ids, values, start, stop, label_indices, first, last, g, most, seen, quality, lines, names, cells, pool_ends,
    place, acc, spots, found, keys,
):  # fmt: skip
    """Count the labels of a row in the slots of its features, and step the weights of all slots with an error.

    A label that a feature has no slot for gets one; in a full line the weakest slot is halved, and is the new label's
    once its count is below 1. After `WINDOW` rows of a feature its counts and curvatures are halved.

    Parameters
    ----------
    g : float32, the larger the smaller the first steps; most : slots a feature may have
    spots : see `ihomer.kernels.slot_index.find_touched`
    found : int32 (C,), zeros at entry for all candidates: written
    keys : int64 (most,), scratch
    """
    s = 0
    n_held = last - first
    for i in range(start, stop):
        j, v, mark = ids[i], values[i], i - start + 1
        n = lines[j, USED]
        n_found, hits = step_slots(lines[j, START], n, v, g, cells, acc, spots, s, mark, found)
        if n_found < n_held:
            wanted = min(n + n_held - n_found, most)
            if wanted > lines[j, ROOM]:
                lengthen_line(j, wanted, most, lines, names, pool_ends)
            learn_fresh(
                j, label_indices, first, last, v, g, most, seen[j], lines, names, cells, place, acc, spots, s, mark,
                found, keys,
            )  # fmt: skip
        s += n
        quality[j] = moved_quality(quality[j], seen[j], hits, n_held)
        seen[j] += _ONE
        if seen[j] >= WINDOW:
            seen[j] *= _HALF
            for at in range(lines[j, START], lines[j, START] + lines[j, USED]):
                cells[at, COUNT] = max(cells[at, COUNT] * _HALF, _LEAST_COUNT)
                cells[at, CURVATURE] *= _HALF


@jit
def note_halved(limit, counts, traits):  # type: ignore[no-untyped-def]
    """Bring the logarithms of the labels below `limit` up to date with counts that were halved: seldom, so all of them."""
    for k in range(limit):
        traits[k, LOG_HELD] = fast_log(np.float32(counts[HELD, k] + 0.5))


@jit
def count_row(  # type: ignore[no-untyped-def]
    label_indices, first, last, known_indices, known_first, known_last, status, limit, counts, rows, traits, cardinality,
    frequent,
):  # fmt: skip
    """Count a row for its labels, and bring what hangs on the counts up to date: logarithms, the most frequent, the mean.

    Parameters
    ----------
    limit : labels there are; cardinality : float64 (2,): faded mean number of labels that hold, and of how many rows
    """
    before = rows[COMPLETE] + rows[PARTIAL]
    learn_labels(label_indices, first, last, known_indices, known_first, known_last, status, counts, rows)
    if rows[COMPLETE] + rows[PARTIAL] < before:
        note_halved(limit, counts, traits)
    cardinality[1] = min(cardinality[1] + 1.0, CARDINALITY_ROWS)
    cardinality[0] += (last - first - cardinality[0]) / cardinality[1]
    note_held(label_indices, first, last, counts, traits, frequent)


@jit
def recall_labels(first, last, origin, shares, counts, rows, traits):  # type: ignore[no-untyped-def]
    """Give the labels first..last - 1, new in the row just learned, the priors they had (`ihomer.learners.label_shares`).

    Parameters
    ----------
    shares : float64, of the labels from `origin` on: in which share of rows each held before it was retired, 0 if it never was
    """
    for k in range(first, last):
        if shares[k - origin] > 0.0:
            before = max(rows[COMPLETE] + counts[BEYOND, k] - 1.0, 0.0)
            counts[HELD, k] += shares[k - origin] * before
            traits[k, LOG_HELD] = fast_log(np.float32(counts[HELD, k] + 0.5))


@jit
def note_held(label_indices, first, last, counts, traits, frequent):  # type: ignore[no-untyped-def]
    """Bring the logarithms and the list of the most frequent labels up to date with a row that was counted.

    Parameters
    ----------
    frequent : int32, any order, -1 where there is none yet
    """
    for q in range(first, last):
        k = label_indices[q]
        traits[k, LOG_HELD] = fast_log(np.float32(counts[HELD, k] + 0.5))
        rarest, least, there = 0, np.inf, False
        for r in range(len(frequent)):
            held = counts[HELD, frequent[r]] if frequent[r] >= 0 else -1.0
            there = there or frequent[r] == k
            if held < least:
                rarest, least = r, held
        if not there and counts[HELD, k] > least:
            frequent[rarest] = k
