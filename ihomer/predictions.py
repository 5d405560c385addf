"""What a model answers for a block of rows: label sets and the best labels with their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
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


def joined(parts: list[Predictions]) -> Predictions:
    """Return predictions for rows that follow one another as one.

    Labels may have other ids in one part than in another: then the whole has a vocabulary of its own.
    """
    if len(parts) == 1:
        return parts[0]
    labels = parts[0].labels
    ids, top_ids = [part.indices for part in parts], [part.top_ids for part in parts]
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    if all(part.labels is labels for part in parts):
        indices = np.concatenate(ids)
    else:
        labels = labels.copy()
        tables: dict[int, npt.NDArray[np.int32]] = {id(parts[0].labels): np.arange(len(labels) + 1, dtype=np.int32)}
        tables[id(parts[0].labels)][-1] = -1
        for i, part in enumerate(parts):
            if id(part.labels) not in tables:
                # The last place is that of -1, which stays.
                tables[id(part.labels)] = np.array([*(labels.add(name) for name in part.labels), -1], np.int32)
            table = tables[id(part.labels)]
            ids[i], top_ids[i] = table[part.indices], table[part.top_ids]
        indices = np.concatenate(ids)
        indices = indices[np.lexsort((indices, np.repeat(np.arange(len(lengths)), lengths)))]
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return Predictions(
        labels, indptr, indices, np.concatenate(top_ids), np.concatenate([part.top_scores for part in parts])
    )  # fmt: skip


def as_came(X: Any, predictions: Predictions) -> Any:
    """Return predictions in the form that their rows came in.

    Parameters
    ----------
    X
        What was predicted: a Batch, a numpy array, a DataFrame or a CSR matrix.
    predictions
        What was said of its rows.

    Returns
    -------
    Predictions, DataFrame or CSR matrix
        See `ihomer.estimator.ArrayEstimator.predict_many`.

    Raises
    ------
    ValueError
        If `X` is a matrix, whose columns are numbers, and a label is none.
    """
    if isinstance(X, (Batch, np.ndarray)):
        return predictions
    from streams.tables import to_csr, to_frame

    labels = predictions.labels  # the model may have retired some of them meanwhile
    if hasattr(X, "columns"):
        return to_frame(predictions.indptr, predictions.indices, labels, index=X.index)
    strange = next((name for name in labels if not isinstance(name, int) or name < 0), None)
    if strange is not None:
        raise ValueError(f"columns of a matrix are 0, 1, ..., but there is a label {strange!r}: give a DataFrame")
    columns = np.array(labels.names, np.int32)
    return to_csr(predictions.indptr, columns[predictions.indices], int(columns.max(initial=-1)) + 1)
