"""Label sets for learners that only rank: as many of the best as rows had labels in the mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.predictions import Predictions

if TYPE_CHECKING:
    import numpy.typing as npt

    from streams.batch import Batch

_NONE = np.iinfo(np.int32).max


def with_best_sets(batch: Batch, top: npt.NDArray[np.int32], scores: npt.NDArray[Any], size: int) -> Predictions:
    """Return predictions whose sets are the first `size` labels of each ranking (at least one, at most all).

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"a", "b"}), ({}, {"a"})])
    >>> found = with_best_sets(batch, np.array([[1, 0], [0, -1]], np.int32), np.zeros((2, 2), np.float32), 2)
    >>> found.label_set(0) == {"a", "b"}, found.label_set(1) == {"a"}
    (True, True)
    """
    kept = top[:, : max(size, 1)]
    kept = np.sort(np.where(kept < 0, _NONE, kept), axis=1)
    there = kept < _NONE
    indptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.count_nonzero(there, axis=1))])
    return Predictions(batch.labels, indptr, kept[there], top, scores)
