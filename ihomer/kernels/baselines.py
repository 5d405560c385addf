"""Kernels of the trivial baselines: each predicts a row from earlier label sets alone, then learns the row's own.

All of them write the prediction of each row to `out[start:stop]` with the stops in `out_indptr`, and the best
labels to `top`, int32 (n, 5). They stop before a row for which `out` has no room and return its number, or the
number of rows; the caller makes room and goes on from there. O(labels of the row) per row.
"""

from __future__ import annotations

import numpy as np

from streams.jit import jit

_COMPLETE, _PARTIAL = 2, 1  # as in streams.batch
#: Columns of the `state` of all three: size of the predicted set; then what each needs.
SIZE, USED, LEAD = 0, 1, 2
ROWS = 1


@jit
def _emit(row, current, size, ranked, n_ranked, out, out_indptr, top):  # type: ignore[no-untyped-def]
    """Write the prediction of one row; false if there is no room for it."""
    at = out_indptr[row]
    if at + size > len(out):
        return False
    for i in range(size):
        out[at + i] = current[i]
    out_indptr[row + 1] = at + size
    for i in range(top.shape[1]):
        top[row, i] = ranked[i] if i < n_ranked else -1
    return True


@jit
def no_change(  # type: ignore[no-untyped-def]
    first, true_indptr, true_ids, known_indptr, known_ids, status, state, current, scratch, out, out_indptr, top
):
    """Predict the last revealed truth of every label.

    Parameters
    ----------
    first : the row to begin with
    state : int64 (3,): SIZE
    current : int32 (labels,): the predicted set, ascending
    scratch : int32 (labels,)
    """
    size = state[SIZE]
    for row in range(first, len(status)):
        if not _emit(row, current, size, current, size, out, out_indptr, top):
            state[SIZE] = size
            return row
        start, stop = true_indptr[row], true_indptr[row + 1]
        if status[row] == _COMPLETE:
            size = stop - start
            for i in range(size):
                current[i] = true_ids[start + i]
        elif status[row] == _PARTIAL:
            # Three ascending lists: what was predicted, less what is known, and what holds.
            i, k, t, n = 0, known_indptr[row], start, 0
            while i < size or t < stop:
                if t == stop or (i < size and current[i] < true_ids[t]):
                    while k < known_indptr[row + 1] and known_ids[k] < current[i]:
                        k += 1
                    if k == known_indptr[row + 1] or known_ids[k] != current[i]:
                        scratch[n] = current[i]
                        n += 1
                    i += 1
                else:
                    if i < size and current[i] == true_ids[t]:
                        i += 1
                    scratch[n] = true_ids[t]
                    n += 1
                    t += 1
            size = n
            for i in range(size):
                current[i] = scratch[i]
    state[SIZE] = size
    return len(status)


@jit
def _hash_of(ids, start, stop):  # type: ignore[no-untyped-def]
    """Return a 64-bit hash, never 0, of a label set (splitmix64's finaliser after each id)."""
    h = np.uint64(stop - start)
    for i in range(start, stop):
        h = (h ^ np.uint64(ids[i])) + np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
    return h | np.uint64(1)


@jit
def _slot_of(key, keys):  # type: ignore[no-untyped-def]
    """Return the slot of `key` in an open-addressing table, or the free one where it belongs."""
    mask = np.uint64(len(keys) - 1)
    slot = (key >> np.uint64(32)) & mask
    while keys[slot] != 0 and keys[slot] != key:
        slot = (slot + np.uint64(1)) & mask
    return slot


@jit
def _take_one_of_each(keys, counts):  # type: ignore[no-untyped-def]
    """Lower every count by one and drop those that reach 0 (Misra and Gries 1982); return how many are left."""
    old_keys, old_counts = keys.copy(), counts.copy()
    for i in range(len(keys)):
        keys[i] = counts[i] = 0
    left = 0
    for i in range(len(old_keys)):
        if old_counts[i] > 1:
            slot = _slot_of(old_keys[i], keys)
            keys[slot] = old_keys[i]
            counts[slot] = old_counts[i] - 1
            left += 1
    return left


@jit
def majority_set(  # type: ignore[no-untyped-def]
    first, true_indptr, true_ids, status, state, current, keys, counts, out, out_indptr, top
):
    """Predict the label set met most often in complete rows; of equals the one that got there first.

    Parameters
    ----------
    first : the row to begin with
    state : int64 (3,): SIZE, USED (label sets in the table), LEAD (count of the predicted set)
    current : int32 (labels,): the predicted set
    keys, counts : uint64, int64, a power of two long: hashes of label sets and their counts; half full at most
    """
    size, used, lead = state[SIZE], state[USED], state[LEAD]
    stopped = len(status)
    for row in range(first, len(status)):
        if not _emit(row, current, size, current, size, out, out_indptr, top):
            stopped = row
            break
        if status[row] != _COMPLETE:
            continue
        start, stop = true_indptr[row], true_indptr[row + 1]
        key = _hash_of(true_ids, start, stop)
        slot = _slot_of(key, keys)
        if keys[slot] == 0 and 2 * used >= len(keys):
            used = _take_one_of_each(keys, counts)
            lead -= 1
            continue
        if keys[slot] == 0:
            keys[slot] = key
            used += 1
        counts[slot] += 1
        if counts[slot] > lead:
            lead = counts[slot]
            size = stop - start
            for i in range(size):
                current[i] = true_ids[start + i]
    state[SIZE], state[USED], state[LEAD] = size, used, lead
    return stopped


@jit
def _raise(label, held, best):  # type: ignore[no-untyped-def]
    """Bring `label`, whose count has grown, to its place in `best`: the highest counts first, then smaller ids."""
    at = len(best) - 1
    for i in range(len(best)):
        if best[i] == label or best[i] < 0:
            at = i
            break
    else:
        if held[best[at]] > held[label] or (held[best[at]] == held[label] and best[at] < label):
            return
    best[at] = label
    while at > 0:
        above = best[at - 1]
        if held[above] > held[label] or (held[above] == held[label] and above < label):
            return
        best[at - 1], best[at] = label, above
        at -= 1


@jit
def label_prior(  # type: ignore[no-untyped-def]
    first, true_indptr, true_ids, known_indptr, known_ids, status, state, current, held, known, inside, best,
    out, out_indptr, top,
):  # fmt: skip
    """Predict each label that held in more than half of the rows in which it was known.

    Parameters
    ----------
    first : the row to begin with
    state : int64 (3,): SIZE, ROWS (complete rows so far)
    current : int32 (labels,): the predicted set, ascending
    held : int64 (labels,): rows in which the label held
    known : int64 (labels,): partial rows in which it was known
    inside : uint8 (labels,): whether it is in `current`
    best : int32 (5,): the labels that held most often, -1 where there are fewer
    """
    size, rows = state[SIZE], state[ROWS]
    for row in range(first, len(status)):
        n_ranked = 0
        while n_ranked < len(best) and best[n_ranked] >= 0:
            n_ranked += 1
        if not _emit(row, current, size, best, n_ranked, out, out_indptr, top):
            state[SIZE], state[ROWS] = size, rows
            return row
        if status[row] == _COMPLETE:
            rows += 1
        elif status[row] == _PARTIAL:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                known[known_ids[i]] += 1
        else:
            continue
        for i in range(true_indptr[row], true_indptr[row + 1]):
            held[true_ids[i]] += 1
            _raise(true_ids[i], held, best)
        n = 0
        for i in range(size):
            label = current[i]
            if 2 * held[label] > rows + known[label]:
                current[n] = label
                n += 1
            else:
                inside[label] = 0
        size = n
        for i in range(true_indptr[row], true_indptr[row + 1]):
            label = true_ids[i]
            if not inside[label] and 2 * held[label] > rows + known[label]:
                inside[label] = 1
                at = size
                while at > 0 and current[at - 1] > label:
                    current[at] = current[at - 1]
                    at -= 1
                current[at] = label
                size += 1
    state[SIZE], state[ROWS] = size, rows
    return len(status)
