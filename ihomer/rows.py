"""Rows in a model's own ids: what learners, hierarchy, decision and monitors work on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(slots=True, frozen=True, eq=False)
class Rows:
    """A block of n rows in the ids of one model.

    All arrays are C-contiguous and writeable, so that kernels have one signature. Offsets need not begin at 0: a block
    cut out of a longer one shares its arrays.

    Parameters
    ----------
    indptr, indices, values
        int64 (n + 1,), int32, float32: features in CSR, ids ascending within a row, no zeros, NaN is missing. In rows
        that are only predicted, features that the model has not met have ids from `n_features` on.
    label_indptr, label_indices
        int64 (n + 1,), int32: the labels that hold, ascending.
    status
        uint8 (n,): 0 nothing is known of the labels, 1 some, 2 all (`streams.batch`: UNLABELLED, PARTIAL, COMPLETE).
    known_indptr, known_indices
        int64 (n + 1,), int32: of PARTIAL rows the labels whose truth is known, ascending; empty for other rows.
    limits
        int32 (n + 1,): row i is predicted when the label space is 0..limits[i] - 1, and learned when it is
        0..limits[i + 1] - 1: the new labels of a row have the ids between.
    n_features, n_labels
        Size of the feature and label space after the last row.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    label_indptr: npt.NDArray[np.int64]
    label_indices: npt.NDArray[np.int32]
    status: npt.NDArray[np.uint8]
    known_indptr: npt.NDArray[np.int64]
    known_indices: npt.NDArray[np.int32]
    limits: npt.NDArray[np.int32]
    n_features: int
    n_labels: int

    def __len__(self) -> int:
        return len(self.status)

    def scaled(
        self, indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], values: npt.NDArray[np.float32]
    ) -> Rows:
        """Return the same rows with other features."""
        return replace(self, indptr=indptr, indices=indices, values=values)

    def slice(self, start: int, stop: int) -> Rows:
        """Return the rows from `start` up to `stop`, sharing all arrays."""
        return Rows(
            indptr=self.indptr[start : stop + 1],
            indices=self.indices,
            values=self.values,
            label_indptr=self.label_indptr[start : stop + 1],
            label_indices=self.label_indices,
            status=self.status[start:stop],
            known_indptr=self.known_indptr[start : stop + 1],
            known_indices=self.known_indices,
            limits=self.limits[start : stop + 1],
            n_features=self.n_features,
            n_labels=int(self.limits[stop]),
        )

    def of_labels(self, columns: npt.NDArray[np.integer[Any]]) -> Rows:
        """Return the same rows as a learner of the labels `columns` (ascending) sees them: 0 is the first of them."""
        if len(columns) == self.n_labels and (not len(columns) or columns[-1] == self.n_labels - 1):
            return self  # all labels there are: nothing looks different
        mine = columns.astype(np.int32)
        held_indptr, held = _of_columns(self.label_indptr, self.label_indices, mine)
        known_indptr, known = _of_columns(self.known_indptr, self.known_indices, mine)
        return replace(
            self,
            label_indptr=held_indptr,
            label_indices=held,
            known_indptr=known_indptr,
            known_indices=known,
            limits=np.searchsorted(mine, self.limits).astype(np.int32),
            n_labels=int(np.searchsorted(mine, self.n_labels)),
        )

    def of_features(self, positions: npt.NDArray[np.integer[Any]]) -> Rows:
        """Return the rows with the features at `positions` (ascending) alone, numbered anew: 0 is the first of them."""
        mine = positions.astype(np.int32)
        first, last = int(self.indptr[0]), int(self.indptr[-1])
        indptr, indices = _of_columns(self.indptr, self.indices, mine)
        keep = np.isin(self.indices[first:last], mine)
        values = self.values[first:last][keep]
        return replace(self, indptr=indptr, indices=indices, values=values, n_features=len(mine))


def _of_columns(
    indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], columns: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the entries of a CSR array that are among `columns`, as positions in it."""
    first = int(indptr[0])
    indices = indices[first : indptr[-1]]
    at = np.searchsorted(columns, indices)
    keep = at < len(columns)
    keep[keep] = columns[at[keep]] == indices[keep]
    kept = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=kept[1:])
    return kept[indptr - first], at[keep].astype(np.int32)


def no_rows(n_features: int, n_labels: int) -> Rows:
    """Return a block without rows in spaces of so many features and labels."""
    offsets, ids = np.zeros(1, np.int64), np.zeros(0, np.int32)
    return Rows(
        offsets, ids, np.zeros(0, np.float32), offsets, ids, np.zeros(0, np.uint8), offsets, ids,
        np.full(1, n_labels, np.int32), n_features, n_labels,
    )  # fmt: skip


def compact(rows: Rows) -> Rows:
    """Return the rows with arrays of their own that hold nothing else, however they were cut out."""

    def cut(
        indptr: npt.NDArray[np.int64], *arrays: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[Any]]]:
        return indptr - indptr[0], [array[indptr[0] : indptr[-1]].copy() for array in arrays]

    indptr, (indices, values) = cut(rows.indptr, rows.indices, rows.values)
    label_indptr, (labels,) = cut(rows.label_indptr, rows.label_indices)
    known_indptr, (known,) = cut(rows.known_indptr, rows.known_indices)
    return Rows(
        indptr, indices, values, label_indptr, labels, rows.status.copy(), known_indptr, known, rows.limits.copy(),
        int(indices.max(initial=-1)) + 1, int(rows.limits[-1]),
    )  # fmt: skip


def appended(first: Rows, second: Rows) -> Rows:
    """Return the rows of two compact blocks that follow one another as one."""

    def chained(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.concatenate((one, other[1:] + one[-1]))

    return Rows(
        chained(first.indptr, second.indptr),
        np.concatenate((first.indices, second.indices)),
        np.concatenate((first.values, second.values)),
        chained(first.label_indptr, second.label_indptr),
        np.concatenate((first.label_indices, second.label_indices)),
        np.concatenate((first.status, second.status)),
        chained(first.known_indptr, second.known_indptr),
        np.concatenate((first.known_indices, second.known_indices)),
        np.concatenate((first.limits, second.limits[1:])),
        max(first.n_features, second.n_features),
        second.n_labels,
    )


def labels_of(blocks: list[Rows]) -> Rows:
    """Return the labels of blocks that follow one another as one block of rows without features."""
    held = chained([(rows.label_indptr, rows.label_indices) for rows in blocks])
    known = chained([(rows.known_indptr, rows.known_indices) for rows in blocks])
    status = np.concatenate([rows.status for rows in blocks])
    return Rows(
        np.zeros(len(status) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), *held, status, *known,
        np.concatenate([blocks[0].limits[:1], *(rows.limits[1:] for rows in blocks)]),
        blocks[-1].n_features, blocks[-1].n_labels,
    )  # fmt: skip


#: Offsets of so many rows in the mean are quicker as lists than as arrays.
SHORT = 8


def chained(
    parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return CSR arrays that follow one another as one; their offsets need not begin at 0.

    Examples
    --------
    >>> one, other = np.array([1, 2, 2]), np.array([0, 2])
    >>> chained([(one, np.array([7, 8, 9], np.int32)), (other, np.array([5, 6], np.int32))])
    (array([0, 1, 1, 3]), array([8, 5, 6], dtype=int32))
    """
    if sum(len(indptr) for indptr, _ in parts) > SHORT * len(parts):
        lengths = np.concatenate([np.zeros(1, np.int64), *(indptr[1:] - indptr[:-1] for indptr, _ in parts)])
        return np.cumsum(lengths), np.concatenate([indices[indptr[0] : indptr[-1]] for indptr, indices in parts])
    offsets, ids, end = [0], [], 0
    for indptr, indices in parts:
        at = indptr.tolist()  # most are short: a list is quicker than an array
        offsets += [end + stop - at[0] for stop in at[1:]]
        end = offsets[-1]
        ids.append(indices[at[0] : at[-1]])
    return np.array(offsets, np.int64), np.concatenate(ids)


def rows_state(rows: Rows) -> dict[str, Any]:
    """Return the rows as plain values and arrays."""
    return {field.name: getattr(rows, field.name) for field in fields(rows)}


def rows_from_state(state: dict[str, Any]) -> Rows:
    """Return the rows that `rows_state` was taken from."""
    return Rows(**state)
