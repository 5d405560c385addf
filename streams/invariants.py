"""What a Batch promises, checked: for batches made by hand, and for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch


def check_batch(batch: Batch) -> None:
    """Raise ValueError, saying where, if `batch` breaks what `Batch` promises."""
    n = len(batch)
    _check_csr("indices", batch.indptr, batch.indices, n, len(batch.features))
    _check_csr("label_indices", batch.label_indptr, batch.label_indices, n, len(batch.labels))
    _want("values", batch.values, np.float32, batch.indices.shape)
    _want("status", batch.status, np.uint8, (n,))
    if (bad := np.flatnonzero((batch.values == 0) | np.isinf(batch.values))).size:
        raise ValueError(f"values[{bad[0]}] is {batch.values[bad[0]]}: zeros are left out, infinities are not allowed")
    if n and batch.status.max() > COMPLETE:
        raise ValueError(f"status holds {batch.status.max()}, expected 0 (unlabelled), 1 (partial) or 2 (complete)")
    _check_labels(batch)
    _check_dense(batch)
    if batch.keys is not None and len(batch.keys) != n:
        raise ValueError(f"keys must be None or one for each of the {n} rows, found {len(batch.keys)}")
    if batch.times is not None:
        _want("times", batch.times, np.float64, (n,))
    if batch.places is not None:
        _want("places", batch.places, np.int64, (n,))


def _check_labels(batch: Batch) -> None:
    held = np.diff(batch.label_indptr)
    if (bad := np.flatnonzero((batch.status == UNLABELLED) & (held > 0))).size:
        raise ValueError(f"row {bad[0]} is unlabelled, expected no labels in it, found {held[bad[0]]}")
    if (batch.known_indptr is None) != (batch.known_indices is None):
        raise ValueError("known_indptr and known_indices go together: one is None, the other is not")
    if batch.known_indptr is None or batch.known_indices is None:
        if (batch.status == PARTIAL).any():
            raise ValueError("a row is partial, but known_indptr or known_indices is None")
        return
    _check_csr("known_indices", batch.known_indptr, batch.known_indices, len(batch), len(batch.labels))
    if (bad := np.flatnonzero((batch.status != PARTIAL) & (np.diff(batch.known_indptr) > 0))).size:
        raise ValueError(f"row {bad[0]} is not partial, expected no known labels of it")
    for row in np.flatnonzero(batch.status == PARTIAL):
        labels = batch.label_indices[batch.label_indptr[row] : batch.label_indptr[row + 1]]
        if not np.isin(labels, batch.known(int(row))).all():
            raise ValueError(f"row {row}: a label holds that is not among the known ones")


def _check_dense(batch: Batch) -> None:
    dense, ids, n_columns = batch.dense, batch.dense_ids, len(batch.features)
    if (dense is None) != (ids is None):
        raise ValueError("dense and dense_ids go together: one is None, the other is not")
    if dense is None or ids is None:
        return
    _want("dense_ids", ids, np.int32, (len(ids),))
    _want("dense", dense, np.float32, (len(batch), len(ids)))
    if np.isinf(dense).any():
        raise ValueError(f"dense row {np.flatnonzero(np.isinf(dense).any(axis=1))[0]} holds an infinity")
    if len(ids) and (ids.min() < 0 or ids.max() >= n_columns):
        raise ValueError(f"dense_ids must lie in 0..{n_columns - 1}, found {ids.min()}..{ids.max()}")
    different, times = np.unique(ids, return_counts=True)
    if (times > 1).any():
        raise ValueError(f"dense_ids must be distinct, found {different[times > 1][0]} twice")
    if (both := batch.indices[np.isin(batch.indices, ids)]).size:
        raise ValueError(f"feature {both[0]} is a column of dense, expected it not to be among indices too")


def _want(name: str, array: npt.NDArray[np.generic], dtype: type, shape: tuple[int, ...]) -> None:
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name} must be a numpy array, found {type(array).__name__}")  # noqa: TRY004 (documented)
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(f"{name} must be {np.dtype(dtype)} of shape {shape}, found {array.dtype} of {array.shape}")
    if not (array.flags.c_contiguous and array.flags.writeable):
        found = "read-only" if array.flags.c_contiguous else "with gaps (a slice with a step, or transposed)"
        raise ValueError(f"{name} must be C-contiguous and writeable, found an array that is {found}: copy it")


def _check_csr(
    name: str, indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], n: int, n_columns: int
) -> None:
    _want(f"offsets of {name}", indptr, np.int64, (n + 1,))
    _want(name, indices, np.int32, (len(indices),))
    if indptr[0] != 0 or indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise ValueError(f"offsets of {name} must rise from 0 to {len(indices)}")
    if len(indices) and (indices.min() < 0 or indices.max() >= n_columns):
        raise ValueError(f"{name} must lie in 0..{n_columns - 1}, found {indices.min()}..{indices.max()}")
    inner = np.ones(len(indices), bool)
    inner[indptr[:-1][indptr[:-1] < len(indices)]] = False  # the first entry of each row has nothing before it
    if (np.diff(indices.astype(np.int64))[inner[1:]] <= 0).any():
        raise ValueError(f"{name} must be distinct and ascending within each row")
