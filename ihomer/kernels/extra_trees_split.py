"""Kernels that look for a split of stored rows at random, and judge it by the labels on both sides."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.row_store import FEATURES, LABELS, N_FEATURES, N_HELD, NEXT, SIZE
from streams.jit import jit

#: Value of "the label held in the row before", beside features of rows of unit length.
PREVIOUS = np.float32(0.3)
#: A proposal is judged on so many rows at most: fewer than 100 lose accuracy, more only time.
JUDGED = 100

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@jit
def draw(state, n):  # type: ignore[no-untyped-def]
    """Return the next random integer in 0..n - 1, n < 2^32; `state` is uint64 (2,): key and number of draws.

    SplitMix64 (Steele, Lea & Flood 2014): the bits depend on key and number alone.
    """
    state[1] += np.uint64(1)
    z = state[0] + state[1] * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    z = z ^ (z >> np.uint64(31))
    return np.int64(((z >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@jit
def value_in(ids, values, start, stop, feature):  # type: ignore[no-untyped-def]
    """Return the value of a feature in the row start:stop (ids ascending), 0 if it is not there."""
    # In dense rows feature j stands at place j.
    if start + feature < stop and ids[start + feature] == feature:
        return values[start + feature]
    end = stop
    while start < stop:
        middle = (start + stop) >> 1
        if ids[middle] < feature:
            start = middle + 1
        else:
            stop = middle
    return values[start] if start < end and ids[start] == feature else np.float32(0)


@jit
def held_before(spans, labels, before, label):  # type: ignore[no-untyped-def]
    """Return PREVIOUS if the label held in the stored row at position `before`, else 0; there may be no such row (-1)."""
    if before >= 0:
        first = spans[before, LABELS]
        for i in range(first, first + spans[before, N_HELD]):
            if labels[i] == label:
                return PREVIOUS
    return np.float32(0)


@jit
def position_before(position, size, following):  # type: ignore[no-untyped-def]
    """Return the position of the stored row before the one at `position`; -1 if that was the first of all."""
    if position > 0:
        return position - 1
    return size - 1 if following > size else -1


@jit
def stored_value(spans, ids, values, labels, size, following, position, feature):  # type: ignore[no-untyped-def]
    """Return the value of a feature of a stored row; feature -1 - k says whether label k held in the row before it."""
    if feature >= 0:
        start = spans[position, FEATURES]
        return value_in(ids, values, start, start + spans[position, N_FEATURES], feature)
    return held_before(spans, labels, position_before(position, size, following), -1 - feature)


@jit
def same_labels(spans, labels, rows, start, stop):  # type: ignore[no-untyped-def]
    """Whether all stored rows at the positions rows[start:stop] have the same labels."""
    first, n = spans[rows[start], LABELS], spans[rows[start], N_HELD]
    for q in range(start + 1, stop):
        if spans[rows[q], N_HELD] != n:
            return False
        other = spans[rows[q], LABELS]
        for i in range(n):
            if labels[first + i] != labels[other + i]:
                return False
    return True


@jit
def propose(spans, ids, values, labels, size, following, rows, start, stop, state):  # type: ignore[no-untyped-def]
    """Return a random split (feature, threshold) of stored rows, and whether it is one.

    A random non-zero of a random row, and a threshold uniform between its value and that of another random row.
    """
    n = stop - start
    position = rows[start + draw(state, n)]
    before = position_before(position, size, following)
    n_features = spans[position, N_FEATURES]
    n_before = spans[before, N_HELD] if before >= 0 else 0
    if n_features + n_before == 0:
        return np.int64(0), np.float32(0), False
    at = draw(state, n_features + n_before)
    if at < n_features:
        feature = np.int64(ids[spans[position, FEATURES] + at])
        value = values[spans[position, FEATURES] + at]
    else:
        feature = np.int64(-1 - labels[spans[before, LABELS] + at - n_features])
        value = PREVIOUS
    for _ in range(2):
        other = stored_value(spans, ids, values, labels, size, following, rows[start + draw(state, n)], feature)
        if other != value:
            share = np.float32((draw(state, 65536) + 0.5) / 65536.0)
            return feature, value + (other - value) * share, True
    return feature, value, False


@jit
def judge(  # type: ignore[no-untyped-def]
    spans, ids, values, labels, size, following, rows, start, stop, feature, threshold, counts, touched
):
    """Return (sum_k a_k^2 / a + sum_k b_k^2 / b) / (a + b) of a split into a and b rows, with a_k, b_k of label k; or -1.

    That is the mean number of labels of a row that another row of its side has too: the larger, the purer. At most
    JUDGED rows, evenly spread, are looked at; -1 says that all of them fall to one side.

    Parameters
    ----------
    counts : int64 scratch (L, 2), all zero at entry and at return
    touched : int32 scratch (L,)
    """
    n = stop - start
    looked = min(n, JUDGED)
    sides = np.int64(0)
    n_touched = 0
    for q in range(looked):
        position = rows[start + q * n // looked]
        # Asked here and not in `stored_value`: a call with so many arrays costs more than the search.
        if feature >= 0:
            first = spans[position, FEATURES]
            value = value_in(ids, values, first, first + spans[position, N_FEATURES], feature)
        else:
            value = held_before(spans, labels, position_before(position, size, following), -1 - feature)
        side = np.int64(value > threshold)
        sides += side
        first = spans[position, LABELS]
        for i in range(first, first + spans[position, N_HELD]):
            k = labels[i]
            if counts[k, 0] + counts[k, 1] == 0:
                touched[n_touched] = k
                n_touched += 1
            counts[k, side] += 1
    left = right = 0.0
    for i in range(n_touched):
        k = touched[i]
        left += np.float64(counts[k, 0] * counts[k, 0])
        right += np.float64(counts[k, 1] * counts[k, 1])
        counts[k, 0] = 0
        counts[k, 1] = 0
    if sides in (0, looked):
        return -1.0
    return (left / (looked - sides) + right / sides) / looked


@jit
def best_split(store, rows, start, stop, proposals, state, counts, touched):  # type: ignore[no-untyped-def]
    """Return the best of some random splits of stored rows (feature, threshold), and whether there is one.

    Rows that all have the same labels are not split.
    """
    spans, ids, values, labels = store.spans, store.ids, store.values, store.labels
    size, following = store.marks[SIZE], store.marks[NEXT]
    best_feature, best_threshold, best_score = np.int64(0), np.float32(0), -1.0
    if same_labels(spans, labels, rows, start, stop):
        return best_feature, best_threshold, False
    for _ in range(proposals):
        feature, threshold, splits = propose(
            spans, ids, values, labels, size, following, rows, start, stop, state
        )
        if not splits:
            continue
        score = judge(
            spans, ids, values, labels, size, following, rows, start, stop, feature, threshold, counts, touched
        )
        if score > best_score:
            best_feature, best_threshold, best_score = feature, threshold, score
    return best_feature, best_threshold, best_score >= 0.0


@jit
def part(store, rows, start, stop, feature, threshold, spare):  # type: ignore[no-untyped-def]
    """Bring the rows that go left to the front of rows[start:stop], both sides in their order; return where right begins."""
    spans, ids, values, labels = store.spans, store.ids, store.values, store.labels
    size, following = store.marks[SIZE], store.marks[NEXT]
    middle = start
    right = 0
    for q in range(start, stop):
        position = rows[q]
        if feature >= 0:
            first = spans[position, FEATURES]
            value = value_in(ids, values, first, first + spans[position, N_FEATURES], feature)
        else:
            value = held_before(spans, labels, position_before(position, size, following), -1 - feature)
        if value <= threshold:
            rows[middle] = position
            middle += 1
        else:
            spare[right] = position
            right += 1
    for q in range(right):
        rows[middle + q] = spare[q]
    return middle
