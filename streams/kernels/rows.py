"""Kernels that bring rows into the form a Batch promises: ids ascending and distinct, no zero, no infinity."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: What `tidy_rows` found wrong with a row.
FINE, INFINITE, REPEATED = 0, 1, 2


@jit
def _place_of_lowest(word):  # type: ignore[no-untyped-def]
    """Return the index of the lowest set bit of a uint64 that is not 0: the number of ones below it."""
    w = (word & (~word + np.uint64(1))) - np.uint64(1)
    w = w - ((w >> np.uint64(1)) & np.uint64(0x5555555555555555))
    w = (w & np.uint64(0x3333333333333333)) + ((w >> np.uint64(2)) & np.uint64(0x3333333333333333))
    w = (w + (w >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((w * np.uint64(0x0101010101010101)) >> np.uint64(56))


@jit
def sort_row(ids, values, start, stop, bits, summary, scratch):  # type: ignore[no-untyped-def]
    """Sort `ids[start:stop]` ascending, `values` along with them, in place; return a repeated id, or -1.

    A bitmap sort: one pass marks the ids in a bitmap and its words in a summary of it, one reads the marks in
    order. The time is O(non-zeros + largest id / 4096), without comparisons. With a repeated id the row's
    content is of no use afterwards.

    Parameters
    ----------
    ids, values : int32 and float32, shape (m,)
    bits : uint64, all zero at entry and at return, longer than `max(ids) // 64`
    summary : uint64, all zero at entry and at return, longer than `max(ids) // 4096`
    scratch : float32, longer than `max(ids)`; its content does not matter
    """
    largest = -1
    ordered = True
    for i in range(start, stop):
        if ids[i] > largest:
            largest = ids[i]
        else:
            ordered = False
    if ordered:
        return -1
    repeated = -1
    if stop - start < 16:
        for i in range(start + 1, stop):  # insertion sort
            k, v = ids[i], values[i]
            j = i - 1
            while j >= start and ids[j] > k:
                ids[j + 1] = ids[j]
                values[j + 1] = values[j]
                j -= 1
            if j >= start and ids[j] == k:
                repeated = k
            ids[j + 1] = k
            values[j + 1] = v
        return repeated
    for i in range(start, stop):
        k = ids[i]
        bit = np.uint64(1) << np.uint64(k & 63)
        if bits[k >> 6] & bit:
            repeated = k
        bits[k >> 6] |= bit
        summary[k >> 12] |= np.uint64(1) << np.uint64((k >> 6) & 63)
        scratch[k] = values[i]
    at = start
    for s in range((largest >> 12) + 1):
        words = summary[s]
        summary[s] = 0
        while words != 0:
            w = (s << 6) + _place_of_lowest(words)
            words &= words - np.uint64(1)
            word = bits[w]
            bits[w] = 0
            while word != 0:
                k = (w << 6) + _place_of_lowest(word)
                word &= word - np.uint64(1)
                ids[at] = k
                values[at] = scratch[k]
                at += 1
    return repeated


@jit
def tidy_rows(indptr, ids, raw, values, bits, summary, scratch, verdict, where):  # type: ignore[no-untyped-def]
    """Tidy all rows: float64 to float32, zeros out, ids ascending; find what may not be.

    A row with a fault becomes empty. Returns the number of faulty rows.

    Parameters
    ----------
    indptr : int64, shape (n + 1,); rewritten
    ids : int32, shape (m,); rewritten, the first `indptr[n]` entries are the result
    raw : float64, shape (m,)
    values : float32, shape (m,); written
    bits, summary, scratch : as in `sort_row`
    verdict : uint8, shape (n,); written: FINE, INFINITE (an infinity, or beyond float32) or REPEATED
    where : int64, shape (n,); written: the feature id at fault
    """
    faults = 0
    out = 0
    start = indptr[0]
    indptr[0] = 0
    for row in range(len(indptr) - 1):
        stop = indptr[row + 1]
        first = out
        verdict[row] = FINE
        for i in range(start, stop):
            v = np.float32(raw[i])
            if np.isinf(v):
                verdict[row] = INFINITE
                where[row] = ids[i]
                break
            if v != 0:
                ids[out] = ids[i]
                values[out] = v
                out += 1
        if verdict[row] == FINE:
            repeated = sort_row(ids, values, first, out, bits, summary, scratch)
            if repeated >= 0:
                verdict[row] = REPEATED
                where[row] = repeated
        if verdict[row] != FINE:
            faults += 1
            out = first
        start = stop
        indptr[row + 1] = out
    return faults


@jit
def rows_hold(indptr, ids, values, n_columns):  # type: ignore[no-untyped-def]
    """Return whether rows are what a Batch promises.

    Offsets rise from 0 to the number of ids, ids rise within each row and lie below `n_columns`, no value is 0 or
    infinite.

    Parameters
    ----------
    indptr : int64, shape (n + 1,)
    ids : int32, shape (m,)
    values : float32, shape (m,), or (0,) if there are none
    """
    if len(indptr) == 0 or indptr[0] != 0 or indptr[len(indptr) - 1] != len(ids):
        return False
    for row in range(len(indptr) - 1):
        if indptr[row + 1] < indptr[row] or indptr[row + 1] > len(ids):
            return False
        last = -1
        for i in range(indptr[row], indptr[row + 1]):
            if ids[i] <= last or ids[i] >= n_columns:
                return False
            last = ids[i]
    wrong = 0
    for i in range(len(values)):
        wrong += values[i] == 0 or np.isinf(values[i])
    return wrong == 0


@jit
def dense_holds(dense, dense_ids, n_columns):  # type: ignore[no-untyped-def]
    """Return whether ids of a dense block rise and lie below `n_columns`, and no value is infinite.

    Parameters
    ----------
    dense : float32, shape (n, k)
    dense_ids : int32, shape (k,)
    """
    last = -1
    for i in range(len(dense_ids)):
        if dense_ids[i] <= last or dense_ids[i] >= n_columns:
            return False
        last = dense_ids[i]
    infinite = 0
    for row in range(len(dense)):
        for i in range(dense.shape[1]):
            infinite += np.isinf(dense[row, i])
    return infinite == 0


@jit
def sort_rows(indptr, ids, values, bits, summary, scratch):  # type: ignore[no-untyped-def]
    """Sort every row (ids distinct) by id, in place; parameters as in `sort_row`."""
    for row in range(len(indptr) - 1):
        sort_row(ids, values, indptr[row], indptr[row + 1], bits, summary, scratch)
