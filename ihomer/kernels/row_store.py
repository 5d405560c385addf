"""Kernels of the store of the last labelled rows: features, labels that hold, labels that are known; oldest leave first.

Rows have numbers 0, 1, 2, ... (int64: they never wrap); row r stands at position r mod size. Their entries stand one
after the other on tapes, which the driver winds back; a kernel only reads and appends.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from streams.jit import jit

#: Status of a row whose labels are all known (`streams.batch.COMPLETE`).
COMPLETE = 2

# columns of `spans`
FEATURES, N_FEATURES, LABELS, N_HELD, N_KNOWN = range(5)
# `marks`
SIZE, FIRST, NEXT, FEATURE_END, LABEL_END, LATEST = range(6)


class Store(NamedTuple):
    """Rows FIRST..NEXT - 1, at most SIZE of them."""

    marks: npt.NDArray[np.int64]  # (6,) size, first and next row, ends of the tapes, largest of `since`
    spans: npt.NDArray[np.int64]  # (positions, 5) where features and labels stand; N_KNOWN is -1 in a complete row
    ids: npt.NDArray[np.int32]  # tape of features
    values: npt.NDArray[np.float32]  # tape of their values
    labels: npt.NDArray[np.int32]  # tape of labels: those that hold, then (partial rows) those that are known
    since: npt.NDArray[np.int64]  # (labels,) complete rows with a smaller number say nothing of the label


@jit
def enter_labels(store, row, status, limits):  # type: ignore[no-untyped-def]
    """Note from which row on the new labels of the next row are known.

    One that comes with a complete row was absent in all complete rows before; with a partial row it was unknown in
    them.
    """
    if status[row] == COMPLETE:
        return
    number = store.marks[NEXT]
    for k in range(limits[row], limits[row + 1]):
        store.since[k] = number
        store.marks[LATEST] = number


@jit
def store_row(  # type: ignore[no-untyped-def]
    store, row, scale, indptr, ids, values,
    label_indptr, label_indices, status, known_indptr, known_indices,
):  # fmt: skip
    """Append a labelled row, its values times `scale`; return its position. If all places are taken the oldest row goes."""
    marks, spans = store.marks, store.spans
    tape_ids, tape_values, tape_labels = store.ids, store.values, store.labels
    number = marks[NEXT]
    if number - marks[FIRST] == marks[SIZE]:
        marks[FIRST] += 1
    position = number % marks[SIZE]
    at, label_at = marks[FEATURE_END], marks[LABEL_END]
    spans[position, FEATURES] = at
    for i in range(indptr[row], indptr[row + 1]):
        tape_ids[at] = ids[i]
        tape_values[at] = values[i] * scale
        at += 1
    spans[position, N_FEATURES] = at - marks[FEATURE_END]
    spans[position, LABELS] = label_at
    for i in range(label_indptr[row], label_indptr[row + 1]):
        tape_labels[label_at] = label_indices[i]
        label_at += 1
    spans[position, N_HELD] = label_at - marks[LABEL_END]
    spans[position, N_KNOWN] = -1
    if status[row] != COMPLETE:
        for i in range(known_indptr[row], known_indptr[row + 1]):
            tape_labels[label_at] = known_indices[i]
            label_at += 1
        spans[position, N_KNOWN] = known_indptr[row + 1] - known_indptr[row]
    marks[FEATURE_END], marks[LABEL_END] = at, label_at
    marks[NEXT] = number + 1
    return position


@jit
def number_at(position, following, size):  # type: ignore[no-untyped-def]
    """Return the number of the row at `position` of a ring of `size` when the next row will have number `following`."""
    back = (following - 1) % size - position
    if back < 0:
        back += size
    return following - 1 - back


@jit
def add_known(store, position, limit, weight, sums, line):  # type: ignore[no-untyped-def]
    """Add `weight` to `sums[line, k]` of every label k below `limit` that is known in a stored row.

    A complete row whose number is at least LATEST knows all labels. That is met far more often: callers ask for it
    first, and add once for all labels.
    """
    spans, marks = store.spans, store.marks
    if spans[position, N_KNOWN] >= 0:
        first = spans[position, LABELS] + spans[position, N_HELD]
        for i in range(first, first + spans[position, N_KNOWN]):
            sums[line, store.labels[i]] += weight
        return
    number = number_at(position, marks[NEXT], marks[SIZE])
    for k in range(limit):
        if store.since[k] <= number:
            sums[line, k] += weight
