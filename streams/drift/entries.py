"""Entries (row, id) of the label sets of a batch changed, and put in order again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.vocabulary import Vocabulary

Ids = npt.NDArray[np.int64]
Entries = tuple[Ids, Ids]
Change = Callable[[Ids, Ids], Entries]


def rows_of(indptr: npt.NDArray[np.int64]) -> Ids:
    """Return the row of each entry of a CSR array."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def in_order(n: int, rows: Ids, ids: Ids) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the offsets (n + 1,) and ids of entries in any order; what is there twice counts once.

    Examples
    --------
    >>> in_order(2, np.array([1, 0, 1, 1]), np.array([5, 7, 2, 5]))
    (array([0, 1, 3]), array([7, 2, 5], dtype=int32))
    """
    width = int(ids.max(initial=0)) + 1
    keys = np.unique(rows * width + ids)
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(keys // width, minlength=n), out=offsets[1:])
    return offsets, (keys % width).astype(np.int32)


def with_labels(batch: Batch, held: Change, known: Change | None = None, labels: Vocabulary | None = None) -> Batch:
    """Return `batch` with its label sets changed.

    Parameters
    ----------
    batch
        The rows.
    held
        Takes the rows and ids of the labels that hold, and returns those that hold now.
    known
        Likewise for the labels that are known of partial rows; `held` if not given.
    labels
        The vocabulary of the new ids, if it is another one.
    """
    indptr, indices = in_order(len(batch), *held(rows_of(batch.label_indptr), batch.label_indices.astype(np.int64)))
    known_indptr, known_indices = batch.known_indptr, batch.known_indices
    if known_indptr is not None and known_indices is not None:
        entries = (known or held)(rows_of(known_indptr), known_indices.astype(np.int64))
        known_indptr, known_indices = in_order(len(batch), *entries)
    return replace(
        batch,
        labels=batch.labels if labels is None else labels,
        label_indptr=indptr,
        label_indices=indices,
        known_indptr=known_indptr,
        known_indices=known_indices,
    )
