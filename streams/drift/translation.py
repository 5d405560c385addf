"""Ids of one vocabulary as ids of another one, which grows by what is met."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.drift.entries import rows_of, with_labels
from streams.vocabulary import Vocabulary


class Translation:
    """Ids of `source` become ids of `target`, which gets the columns it does not have in the order of their ids.

    Examples
    --------
    >>> target = Vocabulary(["b"])
    >>> Translation(Vocabulary(["a", "b", "c"]), target)(np.array([2, 1])).tolist(), target.names
    ([1, 0], ['b', 'c'])
    """

    def __init__(self, source: Vocabulary, target: Vocabulary) -> None:
        self.source, self.target = source, target
        self._to = np.full(0, -1, np.int64)

    def __call__(self, ids: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the ids in `target`."""
        if len(self._to) < len(self.source):
            self._to = np.concatenate([self._to, np.full(len(self.source) - len(self._to), -1)])
        if (new := ids[self._to[ids] < 0]).size:
            for i in np.unique(new).tolist():
                self._to[i] = self.target.add_like(self.source, i)
        return self._to[ids]


def with_label_ids(batch: Batch, to: Translation) -> Batch:
    """Return `batch` with labels of another vocabulary."""
    # Ids that stay as they are need no sorting.
    same = np.array_equal(to(batch.label_indices), batch.label_indices)
    if same and (batch.known_indices is None or np.array_equal(to(batch.known_indices), batch.known_indices)):
        return replace(batch, labels=to.target)
    return with_labels(batch, lambda rows, ids: (rows, to(ids)), labels=to.target)


def with_feature_ids(batch: Batch, to: Translation) -> Batch:
    """Return `batch` with features of another vocabulary."""
    indices = to(batch.indices)
    dense_ids = None if batch.dense_ids is None else to(batch.dense_ids).astype(np.int32)
    if np.array_equal(indices, batch.indices):
        return replace(batch, features=to.target, dense_ids=dense_ids)
    order = np.lexsort((indices, rows_of(batch.indptr)))
    return replace(
        batch,
        features=to.target,
        indices=indices[order].astype(np.int32),
        values=batch.values[order],
        dense_ids=dense_ids,
    )
