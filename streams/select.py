"""Rows of a batch picked by number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from streams.batch import Batch


def gather(
    indptr: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the offsets of the picked rows of a CSR array and the positions of their entries."""
    lengths = indptr[rows + 1] - indptr[rows]
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    positions = np.arange(offsets[-1]) + np.repeat(indptr[rows] - offsets[:-1], lengths)
    return offsets, positions


def select_rows(batch: Batch, rows: npt.NDArray[np.int64]) -> Batch:
    """Return the rows with the given numbers, in that order, as a batch of their own.

    Parameters
    ----------
    batch
        Where to pick from.
    rows
        int64, shape (k,): row numbers; may repeat.

    Examples
    --------
    >>> import numpy as np
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({"a": 1.0}, {"red"}), ({"a": 2.0}, {"blue"})])
    >>> list(select_rows(batch, np.array([1, 0])).pairs())
    [({'a': 2.0}, {'blue'}), ({'a': 1.0}, {'red'})]
    """
    indptr, at = gather(batch.indptr, rows)
    label_indptr, label_at = gather(batch.label_indptr, rows)
    known_indptr = known_indices = None
    if batch.known_indptr is not None and batch.known_indices is not None:
        known_indptr, known_at = gather(batch.known_indptr, rows)
        known_indices = batch.known_indices[known_at]
    return replace(
        batch,
        indptr=indptr,
        indices=batch.indices[at],
        values=batch.values[at],
        label_indptr=label_indptr,
        label_indices=batch.label_indices[label_at],
        status=batch.status[rows],
        known_indptr=known_indptr,
        known_indices=known_indices,
        dense=None if batch.dense is None else batch.dense[rows],
        keys=None if batch.keys is None else [batch.keys[i] for i in rows.tolist()],
        times=None if batch.times is None else batch.times[rows],
        places=None if batch.places is None else batch.places[rows],
    )
