"""Smoothed per-feature label counts: what a few lines of counting make of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.extreme.best_sets import with_best_sets
from benchmarks.extreme.kernels import counts as kernel

if TYPE_CHECKING:
    from ihomer.predictions import Predictions
    from streams.batch import Batch

#: Labels counted of a feature. With a full list the rarest of them gives way.
SLOTS = 64
#: Rows that a feature is taken to have had already, with labels as in all rows.
SMOOTHING = 1.0


class SmoothedCounts:
    """Scores a label by the mean over the row's features of P(label | feature), from counts.

    (c + m p) / (n + m), where the feature was met in n rows, c of them with the label, and the label held in a share p
    of all rows. Only labels that were met with one of the features are thought of. As many are predicted as rows have
    in the mean.

    Parameters
    ----------
    slots
        Labels that are counted of a feature.
    smoothing
        m.
    """

    def __init__(self, slots: int = SLOTS, smoothing: float = SMOOTHING) -> None:
        self._slots, self._smoothing = slots, smoothing
        self._features = np.zeros((0, 3), np.int32)
        self._chunks = np.zeros((0, kernel.CHUNK + 1, 2), np.int32)
        self._labels = np.zeros((0, 2), np.int64)
        self._scores = np.zeros(0, np.float32)
        self._totals = np.zeros(3, np.int64)

    def __call__(self, batch: Batch) -> Predictions:
        """Predict each row, then count it."""
        n, top = len(batch), np.empty((len(batch), kernel.TOP), np.int32)
        scores = np.empty((n, kernel.TOP), np.float32)
        self._grow(batch)
        rows, held = int(self._totals[kernel.ROWS]), int(self._totals[kernel.HELD])
        size = round(held / max(rows, 1))
        kernel.count_rows(
            batch.indptr, batch.indices, batch.label_indptr, batch.label_indices, self._slots, self._smoothing,
            self._features, self._chunks, self._labels, self._scores, self._totals, top, scores,
        )  # fmt: skip
        return with_best_sets(batch, top, scores, size)

    @property
    def n_bytes(self) -> int:
        """Bytes of all that is counted."""
        taken = int(self._totals[kernel.TAKEN])
        return self._features.nbytes + self._labels.nbytes + self._scores.nbytes + taken * self._chunks[:1].nbytes

    def _grow(self, batch: Batch) -> None:
        n_features, n_labels = len(batch.features), len(batch.labels)
        features = _taller(self._features, n_features)
        features[len(self._features) :, kernel.FIRST] = -1
        self._features, self._labels = features, _taller(self._labels, n_labels)
        self._scores = _taller(self._scores, n_labels)
        needed = int(self._totals[kernel.TAKEN]) + int(np.diff(batch.indptr) @ np.diff(batch.label_indptr))
        if needed > len(self._chunks):
            self._chunks = _taller(self._chunks, needed + len(self._chunks) // 2)


def _taller(array: np.ndarray, rows: int) -> np.ndarray:
    if rows <= len(array):
        return array
    grown = np.zeros((max(rows, len(array)), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
