"""Whole columns (of a data frame, of a Parquet row group) become a Batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch
from streams.names import Name
from streams.vocabulary import Vocabulary


@dataclass(slots=True, frozen=True)
class Nominal:
    """A column of categories.

    Parameters
    ----------
    name
        The attribute.
    codes
        int64, shape (n,): index into `categories`; -1 is missing.
    categories
        What may stand in the column.
    """

    name: Name
    codes: npt.NDArray[np.int64]
    categories: Sequence[Name]


@dataclass(slots=True, frozen=True)
class LabelCells:
    """What is known of the labels of n rows.

    Parameters
    ----------
    names
        The labels, one a column.
    holds, known
        bool, shape (n, labels): whether the label holds, whether that is known.
    """

    names: Sequence[Name]
    holds: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def numeric_ids(names: Sequence[Name], features: Vocabulary) -> npt.NDArray[np.int32]:
    """Return the ids, int32 (k,), of the numeric columns `names`, added to `features` where they are new."""
    return np.array([features.add(name) for name in names], np.int32)


def sparse_part(
    n: int, nominal: Sequence[Nominal], features: Vocabulary
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return n rows of categories as offsets, ids and values (CSR): 1 at the one there, NaN at all if missing."""
    rows, ids, values = [np.empty(0, np.int64)], [np.empty(0, np.int32)], [np.empty(0, np.float32)]
    for column in nominal:
        table = np.array([features.add_category(column.name, c) for c in column.categories], np.int32)
        here = np.flatnonzero(column.codes >= 0)
        rows.append(here)
        ids.append(table[column.codes[here]] if len(here) else np.empty(0, np.int32))
        values.append(np.ones(len(here), np.float32))
        missing = np.flatnonzero(column.codes < 0)
        every = np.array(features.indicators(column.name), np.int32)
        rows.append(np.repeat(missing, len(every)))
        ids.append(np.tile(every, len(missing)))
        values.append(np.full(len(missing) * len(every), np.nan, np.float32))
    row, column_id, value = np.concatenate(rows), np.concatenate(ids), np.concatenate(values)
    order = np.lexsort((column_id, row))
    indptr = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=indptr[1:])
    return indptr, column_id[order], value[order]


@dataclass(slots=True, frozen=True)
class LabelSets:
    """The labels of n rows as a Batch has them; see there."""

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    status: npt.NDArray[np.uint8]
    known_indptr: npt.NDArray[np.int64] | None = None
    known_indices: npt.NDArray[np.int32] | None = None


def no_labels(n: int) -> LabelSets:
    """Return the label sets of n rows of which nothing is known."""
    return LabelSets(np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.full(n, UNLABELLED, np.uint8))


def label_sets(cells: LabelCells, labels: Vocabulary) -> LabelSets:
    """Return the label sets that `cells` describe; new labels are added to `labels` in order of their columns."""
    ids = np.array([labels.add(name) for name in cells.names], np.int32)
    n_known = cells.known.sum(axis=1)
    status = np.full(len(cells.known), PARTIAL, np.uint8)
    status[n_known == 0] = UNLABELLED
    status[n_known == len(ids)] = COMPLETE
    indptr, indices = _sorted_csr(cells.holds & cells.known, ids)
    if not (status == PARTIAL).any():
        return LabelSets(indptr, indices, status)
    return LabelSets(indptr, indices, status, *_sorted_csr(cells.known & (status == PARTIAL)[:, None], ids))


def _sorted_csr(
    cells: npt.NDArray[np.bool_], ids: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    order = np.argsort(ids, kind="stable")
    row, column = np.nonzero(cells[:, order])
    indptr = np.zeros(len(cells) + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=len(cells)), out=indptr[1:])
    return indptr, ids[order][column]


def batch_of_columns(
    names: Sequence[Name],
    numbers: npt.NDArray[np.float32],
    nominal: Sequence[Nominal],
    sets: LabelSets,
    features: Vocabulary,
    labels: Vocabulary,
    keys: Sequence[object] | None = None,
    times: npt.NDArray[np.float64] | None = None,
    places: npt.NDArray[np.int64] | None = None,
) -> Batch:
    """Return a batch of whole columns.

    Parameters
    ----------
    names, numbers
        The numeric columns: their names, and float32 (n, k), which becomes the dense block. No infinity.
    nominal
        The columns of categories.
    sets
        The labels.
    features, labels
        The vocabularies to use; `features` grows by the columns that are new.
    keys, times, places
        As of `Batch`.
    """
    n = len(numbers)
    ids = numeric_ids(names, features)
    indptr, indices, values = sparse_part(n, nominal, features)
    return Batch(
        features=features,
        labels=labels,
        indptr=indptr,
        indices=indices,
        values=values,
        label_indptr=sets.indptr,
        label_indices=sets.indices,
        status=sets.status,
        known_indptr=sets.known_indptr,
        known_indices=sets.known_indices,
        dense=np.ascontiguousarray(numbers) if len(names) else None,
        dense_ids=ids if len(names) else None,
        keys=keys,
        times=times,
        places=places,
    )
