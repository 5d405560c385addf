"""Kernel that hides a part of the labels of rows, by a generator that counts: the same whatever the batches."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

_COMPLETE, _PARTIAL, _UNLABELLED = 2, 1, 0  # as in streams.batch
_STEP = np.uint64(0x9E3779B97F4A7C15)


@jit
def _mixed(z):  # type: ignore[no-untyped-def]
    """Return 64 bits that look random (splitmix64's finaliser)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def chance(of_row, label):  # type: ignore[no-untyped-def]
    """Return a number in 0..1, 1 excluded, for a label of a row; for the row itself if `label` is -1."""
    return (_mixed(of_row + np.uint64(label + 2) * _STEP) >> np.uint64(11)) * 2.0**-53


@jit
def row_key(seed, row):  # type: ignore[no-untyped-def]
    """Return what all chances of a row come from; rows are counted from 0."""
    return _mixed(_mixed(seed + _STEP) + np.uint64(row) * _STEP)


@jit
def _enter(space, size, ids, start, stop):  # type: ignore[no-untyped-def]
    """Enter ascending ids into the ascending `space[:size]`; return its new size."""
    fresh, s = 0, 0
    for i in range(start, stop):
        while s < size and space[s] < ids[i]:
            s += 1
        if s == size or space[s] != ids[i]:
            fresh += 1
    s, at = size - 1, size + fresh - 1
    i = stop - 1
    while i >= start and at > s:
        if s >= 0 and space[s] >= ids[i]:
            if space[s] == ids[i]:
                i -= 1
            space[at] = space[s]
            s -= 1
        else:
            space[at] = ids[i]
            i -= 1
        at -= 1
    return size + fresh


@jit
def reveal_rows(  # type: ignore[no-untyped-def]
    first, before, seed, fraction, partial, label_indptr, labels, known_indptr, known, status, space, size,
    out_status, out_label_indptr, out_labels, out_known_indptr, out_known,
):  # fmt: skip
    """Keep the labels of a share of the rows, and of these a share of the labels known.

    Stops before a row for which `out_known` has no room; the caller makes room and goes on from there.

    Parameters
    ----------
    first : the row to begin with
    before : rows of the stream before row 0
    seed : uint64
    fraction : share of the rows that keep labels
    partial : share of the labels of such a row of which the truth is told; 1: complete rows stay complete
    label_indptr, labels, known_indptr, known, status : the truth, as in `streams.batch.Batch`
    space : int32: the labels revealed so far, ascending, with room for those of all rows
    size : int64 (1,): how many they are
    out_status, out_label_indptr, out_labels, out_known_indptr, out_known : what is left

    Returns
    -------
    the row to go on with, or the number of rows
    """
    for row in range(first, len(status)):
        start, stop = label_indptr[row], label_indptr[row + 1]
        held, told = out_label_indptr[row], out_known_indptr[row]
        key = row_key(seed, before + row)
        kept = status[row] if chance(key, -1) < fraction else np.uint8(_UNLABELLED)
        if kept == _COMPLETE and partial >= 1:
            for i in range(start, stop):
                out_labels[held] = labels[i]
                held += 1
        elif kept != _UNLABELLED:
            whole = kept == _COMPLETE
            kept = np.uint8(_PARTIAL)
            k, end = known_indptr[row], known_indptr[row + 1]
            if told + size[0] + (stop - start) + (end - k) > len(out_known):
                return row
            s, t = 0, start
            while (t < stop or s < size[0]) if whole else k < end:
                if whole:  # the next of the space and of the row's own labels
                    label = space[s] if t == stop or (s < size[0] and space[s] < labels[t]) else labels[t]
                    if s < size[0] and space[s] == label:
                        s += 1
                else:
                    label = known[k]
                    k += 1
                holds = t < stop and labels[t] == label
                if holds:
                    t += 1
                if chance(key, label) < partial:
                    out_known[told] = label
                    told += 1
                    if holds:
                        out_labels[held] = label
                        held += 1
            size[0] = _enter(space, size[0], out_known, out_known_indptr[row], told)
        out_status[row] = kept
        out_label_indptr[row + 1] = held
        out_known_indptr[row + 1] = told
    return len(status)
