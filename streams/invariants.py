"""What a Batch promises, checked: for batches made by hand, and for tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, PARTIAL, Batch


def check_batch(batch: Batch) -> None:
    """Raise ValueError, saying where, if `batch` breaks what `Batch` promises."""
    n = len(batch)
    _check_csr("indices", batch.indptr, batch.indices, n, len(batch.features))
    _check_csr("label_indices", batch.label_indptr, batch.label_indices, n, len(batch.labels))
    _want("values", batch.values, np.float32, batch.indices.shape)
    if (bad := np.flatnonzero((batch.values == 0) | np.isinf(batch.values))).size:
        raise ValueError(f"values[{bad[0]}] is {batch.values[bad[0]]}: zeros are left out, infinities are not allowed")
    _want("status", batch.status, np.uint8, (n,))
    if n and batch.status.max() > COMPLETE:
        raise ValueError(f"status holds {batch.status.max()}, expected 0 (unlabelled), 1 (partial) or 2 (complete)")
    if (batch.status == PARTIAL).any():
        if batch.known_indptr is None or batch.known_indices is None:
            raise ValueError("a row is partial, but known_indptr or known_indices is None")
        _check_csr("known_indices", batch.known_indptr, batch.known_indices, n, len(batch.labels))
        for row in np.flatnonzero(batch.status == PARTIAL):
            held = batch.label_indices[batch.label_indptr[row] : batch.label_indptr[row + 1]]
            if not np.isin(held, batch.known(int(row))).all():
                raise ValueError(f"row {row}: a label holds that is not among the known ones")
    if (batch.dense is None) != (batch.dense_ids is None):
        raise ValueError("dense and dense_ids go together: one is None, the other is not")
    if batch.dense is not None and batch.dense_ids is not None:
        _want("dense_ids", batch.dense_ids, np.int32, (batch.dense.shape[1],))
        _want("dense", batch.dense, np.float32, (n, len(batch.dense_ids)))
        if np.isinf(batch.dense).any():
            raise ValueError(f"dense row {np.flatnonzero(np.isinf(batch.dense).any(axis=1))[0]} holds an infinity")


def _want(name: str, array: npt.NDArray[np.generic], dtype: type, shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(f"{name} must be {np.dtype(dtype)} of shape {shape}, found {array.dtype} of {array.shape}")


def _check_csr(
    name: str, indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32], n: int, n_columns: int
) -> None:
    _want(f"offsets of {name}", indptr, np.int64, (n + 1,))
    if indptr[0] != 0 or indptr[-1] != len(indices) or (np.diff(indptr) < 0).any():
        raise ValueError(f"offsets of {name} must rise from 0 to {len(indices)}")
    if indices.dtype != np.int32:
        raise ValueError(f"{name} must be int32, found {indices.dtype}")
    if len(indices) and (indices.min() < 0 or indices.max() >= n_columns):
        raise ValueError(f"{name} must lie in 0..{n_columns - 1}, found {indices.min()}..{indices.max()}")
    inner = np.ones(len(indices), bool)
    inner[indptr[:-1][indptr[:-1] < len(indices)]] = False  # the first entry of each row has nothing before it
    if (np.diff(indices.astype(np.int64))[inner[1:]] <= 0).any():
        raise ValueError(f"{name} must be distinct and ascending within each row")
