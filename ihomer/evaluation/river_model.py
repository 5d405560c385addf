"""Any river multi-label classifier behind the array interface that the evaluation speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from ihomer.predictions import Predictions
from streams.batch import UNLABELLED, Batch
from streams.stream import FULL_DICT
from streams.vocabulary import Vocabulary

if TYPE_CHECKING:
    from streams.names import Name

#: Labels ranked per row.
TOP = 5


@runtime_checkable
class ArrayModel(Protocol):
    """What the evaluation asks of a model; n rows at once give what n calls of one row give."""

    def predict_learn_many(self, X: Batch) -> Predictions:
        """Predict each row, then learn it."""

    def predict_many(self, X: Batch) -> Predictions:
        """Predict each row; nothing is learned."""

    def learn_many(self, X: Batch) -> None:
        """Learn each row."""


class RiverModel:
    """A river multi-label classifier as an `ArrayModel`, row by row through dicts.

    The model sees what `open_stream` yields: x without zeros and without missing values (river's way to say
    that a value is missing), y as a full dict over the labels declared or met so far, or of a partial row what is
    known of it; an unlabelled row is only predicted. Whatever it answers is taken as it is meant: an empty
    dict or None is an empty set, and a label missing from the answer is predicted absent. Labels are ranked
    by `predict_proba_one` where the model has it, else those of the predicted set come first; ties by smaller id.
    A model may ask for more: if `takes_missing` is true, x holds None for what is missing; if it has
    `predict_scored_one(x)`, which returns the predicted set and a score for each label, it is asked only once.

    Parameters
    ----------
    model
        Has `predict_one(x)` and `learn_one(x, y)`.
    labels
        The labels that the stream declares, if it does.

    Raises
    ------
    ValueError
        If there are more than `streams.stream.FULL_DICT` of them.

    Examples
    --------
    >>> from river import linear_model, multioutput
    >>> from streams import Batch
    >>> model = RiverModel(multioutput.ClassifierChain(linear_model.LogisticRegression()))
    >>> batch = Batch.from_pairs([({"a": 1.0}, {"red"})] * 3)
    >>> predictions = model.predict_learn_many(batch)
    >>> [sorted(predictions.label_set(i)) for i in range(3)]  # this one learns nothing of a label's first row
    [[], [], ['red']]
    """

    #: Rows a call: river models are slow, and nobody should wait long for a sign of life.
    block_rows = 16

    def __init__(self, model: Any, labels: Sequence[Name] = ()) -> None:
        self.model = model
        if len(labels) > FULL_DICT:
            raise ValueError(
                f"the stream declares {len(labels):,} labels, and {type(model).__name__} would get a dict of all "
                f"of them with each row: at most {FULL_DICT:,} can be learned by a river model"
            )
        self.labels = Vocabulary(labels)
        self._absent: dict[Name, bool] = dict.fromkeys(self.labels, False)
        self._x = Batch.x if getattr(model, "takes_missing", False) else _without_missing
        self._ask = getattr(model, "predict_scored_one", self._ask_twice)

    def predict_learn_many(self, X: Batch) -> Predictions:
        """Predict each row, then learn it."""
        return self._predictions([self._predict(X, i, learn=True) for i in range(len(X))])

    def predict_many(self, X: Batch) -> Predictions:
        """Predict each row; nothing is learned."""
        return self._predictions([self._predict(X, i, learn=False) for i in range(len(X))])

    def learn_many(self, X: Batch) -> None:
        """Learn each row."""
        for i in range(len(X)):
            self._learn(self._x(X, i), X, i)

    def _predict(self, batch: Batch, i: int, *, learn: bool) -> tuple[list[int], list[tuple[float, int]]]:
        """Return the predicted ids, ascending, and the best (-score, id)."""
        x = self._x(batch, i)
        held, scores = self._ask(x)
        ids = sorted(self._id(name) for name in held)
        ranked = sorted((-p, self._id(name)) for name, p in scores.items())[:TOP] if scores else [(-1.0, j) for j in ids[:TOP]]
        if learn:
            self._learn(x, batch, i)
        return ids, ranked

    def _ask_twice(self, x: dict[Name, float | Name | None]) -> tuple[set[Name], dict[Name, float]]:
        """Return the predicted labels and the score of each label, if there are any, as river's models are asked."""
        answer = self.model.predict_one(x)
        held = {name for name, holds in answer.items() if holds} if isinstance(answer, Mapping) else set(answer or ())
        return held, self._scores(x)

    def _scores(self, x: dict[Name, float | Name | None]) -> dict[Name, float]:
        try:
            answer = self.model.predict_proba_one(x)
        except (AttributeError, NotImplementedError):
            return {}
        # Some models give a label no probability as long as they met it with one truth only.
        return {name: float(p.get(True, 0.0)) for name, p in (answer or {}).items() if isinstance(p, Mapping)}

    def _learn(self, x: dict[Name, float | Name | None], batch: Batch, i: int) -> None:
        if batch.status[i] == UNLABELLED:
            return
        y = batch.y(i)
        if isinstance(y, set):
            fresh = y - self._absent.keys()
            for name in sorted(fresh, key=batch.labels.get):
                self._absent[name] = False
            y = self._absent | dict.fromkeys(y, True)
        assert isinstance(y, dict)
        self.model.learn_one(x, y)

    def _id(self, name: Name) -> int:
        return self.labels.add(name)

    def _predictions(self, rows: list[tuple[list[int], list[tuple[float, int]]]]) -> Predictions:
        indptr = np.zeros(len(rows) + 1, np.int64)
        indptr[1:] = np.cumsum([len(ids) for ids, _ in rows])
        top_ids = np.full((len(rows), TOP), -1, np.int32)
        top_scores = np.zeros((len(rows), TOP), np.float32)
        for i, (_, ranked) in enumerate(rows):
            top_ids[i, : len(ranked)] = [j for _, j in ranked]
            top_scores[i, : len(ranked)] = [-score for score, _ in ranked]
        indices = np.array([j for ids, _ in rows for j in ids], np.int32)
        return Predictions(self.labels, indptr, indices, top_ids, top_scores)


def as_array_model(model: object, labels: Sequence[Name] = ()) -> ArrayModel:
    """Return `model` if it speaks arrays, else a `RiverModel` around it.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if isinstance(model, ArrayModel):
        return model
    if callable(getattr(model, "predict_one", None)) and callable(getattr(model, "learn_one", None)):
        return RiverModel(model, labels)
    raise TypeError(
        f"a model has predict_learn_many, predict_many and learn_many, or predict_one and learn_one as in river; "
        f"found {type(model).__name__}"
    )


def _without_missing(batch: Batch, i: int) -> dict[Name, float | Name | None]:
    return {name: value for name, value in batch.x(i).items() if value is not None}
