"""What a model answers for a block of rows: label sets and the best labels with their scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.names import Name
from streams.vocabulary import Vocabulary


@dataclass(slots=True, frozen=True, eq=False)
class Predictions:
    """Predictions for n rows.

    Parameters
    ----------
    labels
        The vocabulary that the ids belong to.
    indptr, indices
        int64 (n + 1,), int32: the predicted label sets in CSR, ids ascending within a row.
    top_ids
        int32 (n, k): the best labels of each row, best first, ties by smaller id; -1 where there are fewer than k.
    top_scores
        float32 (n, k): their scores (probabilities); 0 where there are fewer.
    """

    labels: Vocabulary
    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    top_ids: npt.NDArray[np.int32]
    top_scores: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def label_set(self, i: int) -> frozenset[Name]:
        """Return the labels predicted for row `i`."""
        return frozenset(self.labels.name(j) for j in self.indices[self.indptr[i] : self.indptr[i + 1]].tolist())

    def ranking(self, i: int) -> list[tuple[Name, float]]:
        """Return the best labels of row `i` with their scores, best first."""
        return [
            (self.labels.name(j), score)
            for j, score in zip(self.top_ids[i].tolist(), self.top_scores[i].tolist(), strict=True)
            if j >= 0
        ]
