"""The face that all our learners share: a river multi-label classifier over a model on arrays."""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from river import base

from ihomer.answers import Answer
from ihomer.blocks import PIECE
from ihomer.one_row import Instance
from ihomer.persistent import Persistent
from ihomer.predictions import Predictions, as_came, joined
from ihomer.probabilities import Best, Scored, joined_scores
from ihomer.rows import Rows
from streams.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ihomer.events import EventLog
    from streams.names import Name
    from streams.vocabulary import Vocabulary

#: How many labels `Predictions` ranks.
TOP = 5


class ArrayEstimator(Persistent, base.MultiLabelClassifier):
    """A river `MultiLabelClassifier` whose work is done on blocks of rows as arrays.

    A subclass implements `_start` (make an untrained state), `_train`, `_predict`, `_state` and `_restore`. Parameters
    are kept under their own names by its `__init__`, which calls `super().__init__()` last.
    """

    def __init__(self) -> None:
        super().__init__()
        self._start()

    # ------------------------------------------------------------------ what a subclass is

    @abc.abstractmethod
    def _start(self) -> None:
        """Make the state of a model that has learned nothing."""

    @abc.abstractmethod
    def _train(self, rows: Rows) -> Scored:
        """Predict each row, then learn it."""

    @abc.abstractmethod
    def _predict(self, rows: Rows) -> Scored:
        """Predict the rows; nothing changes that could be noticed."""

    # ------------------------------------------------------------------ one instance

    def learn_one(  # type: ignore[override]
        self, x: Instance, y: Mapping[Name, bool] | Collection[Name] | None
    ) -> None:
        """Learn one instance.

        Parameters
        ----------
        x
            feature -> number, string (a category), or None or NaN (missing). A feature that is not in x is 0. Or a numpy
            array of one dimension, of floats (float16, float32, float64), whole numbers or booleans: the same as the dict
            {0: x[0], 1: x[1], ...}. Arrays may differ in length.
        y
            A set, frozenset, list or tuple of the labels that hold: all others are absent. Or a dict label -> bool: a
            label that is not in it (or None) is unknown, and unknown is not absent: nothing is learned for it. State
            that all labels share moves as for any row, from the known ones. None teaches nothing about labels.

        Raises
        ------
        TypeError, ValueError
            If a name or a value is not what it may be (infinite, beyond float32, no number); nothing is learned then.
        ihomer.learners.river_core.LearnerError
            If a river model among the learners fails; a part of the row may have been learned then.
        """
        self._train(self._door.learned_one(x, y))
        self._rows_learned += 1

    def learn_later(self, key: Name, y: Mapping[Name, bool] | Collection[Name] | None) -> None:
        """Learn the labels of the instance that was predicted under `key`: the same as `learn_one` of it now.

        The truth may come in parts, as dicts: each call teaches what none before it brought, and nothing if that is
        nothing. The instance waits for more until its truth is whole: a set says everything that is left (as a dict
        of the labels met so far, if a part was taught before), None that no label will come, or no label met so far is
        left unknown.

        Parameters
        ----------
        key
            What was given to a prediction.
        y
            As in `learn_one`.

        Raises
        ------
        KeyError
            If no instance waits under `key`: none was predicted so, its truth is whole, or it expired, because
            `waiting` others were predicted after it.
        ValueError
            If `y` contradicts what was learned of the same instance.
        TypeError, ValueError, ihomer.learners.river_core.LearnerError
            As `learn_one`; the instance goes on waiting.

        Examples
        --------
        >>> from ihomer import LinearLearner
        >>> model = LinearLearner()
        >>> model.predict_set_one({"a": 1.0}, key="order 1")
        frozenset()
        >>> model.learn_later("order 1", {"late": True})
        >>> model.labels, model.n_instances, model.n_waiting
        (['late'], 1, 0)
        """
        for fresh in self._waiting.fresh(key, y, self._door.labels):
            self.learn_one(self._waiting.x(key, self._door.features), fresh)  # type: ignore[arg-type]
        if isinstance(y, Mapping):
            self._waiting.learned(key, y, self._door.labels)
        else:
            self._waiting.release(key)

    def predict_one(self, x: Instance, key: Name | None = None, **_: Any) -> dict[Name, bool]:  # type: ignore[override]
        """Return label -> whether it is predicted to hold, for all labels met so far.

        The dict answers False for labels that it does not hold. Where labels are many it holds those that are predicted alone;
        if there are none the best one, as False. Predicting changes nothing that is learned.

        Parameters
        ----------
        x
            As in `learn_one`.
        key
            A name under which the instance waits for its labels, see `learn_later`; None: it does not. A key that waits
            with the same instance stays as it is; with another one, that one has expired.
        """
        scored = self._predict(self._predicted_one(x, key))
        names = self._door.labels
        if isinstance(scored.said, Best):
            best = [] if len(scored.indices) else scored.said.ids[0, :1].tolist()
            answer = Answer((names.name(i), False) for i in best if i >= 0)
        else:
            answer = self._door.nothing()
        for i in scored.indices.tolist():
            answer[names.name(i)] = True
        return answer

    def predict_proba_one(  # type: ignore[override]
        self, x: Instance, key: Name | None = None, **_: Any
    ) -> dict[Name, dict[bool, float]]:
        """Return label -> {True: probability, False: 1 - probability}, for all labels met so far; `key` as above.

        Where labels are many, for the best ones of the row (at most 64).
        """
        said = self._predict(self._predicted_one(x, key)).said.of_row(0)
        name = self._door.labels.name
        return {name(i): {True: q, False: 1.0 - q} for i, q in said.items()}

    def predict_set_one(self, x: Instance, key: Name | None = None) -> frozenset[Name]:
        """Return the labels predicted to hold; `key` as in `predict_one`."""
        scored = self._predict(self._predicted_one(x, key))
        return frozenset(map(self._door.labels.name, scored.indices.tolist()))

    def rank_one(self, x: Instance, k: int = 5, key: Name | None = None) -> list[tuple[Name, float]]:
        """Return the `k` best labels with their probabilities, best first, ties in the order the labels were met.

        Where labels are many, no more than the row speaks for, and at most 64.
        `key` as in `predict_one`.

        Raises
        ------
        ValueError
            If k is not positive.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, found {k}")
        rows = self._predicted_one(x, key)
        ids, scores = self._predict(rows).said.top(rows.limits, min(k, rows.n_labels))
        return [(self._door.labels.name(i), s) for i, s in zip(ids[0].tolist(), scores[0].tolist(), strict=True) if i >= 0]

    def rank_many(self, X: Any, k: int = 5) -> Predictions:
        """Return label sets and the `k` best labels of many instances, as `predict_many` and `rank_one` do; nothing changes.

        Parameters
        ----------
        X
            As in `learn_many`.
        k
            How many labels; where labels are many no more than 64 are known.

        Raises
        ------
        ValueError
            If k is not positive.

        Examples
        --------
        >>> from ihomer import LinearLearner
        >>> from streams import Batch
        >>> model = LinearLearner()
        >>> model.learn_many(Batch.from_pairs([({"a": 1.0}, {"x"}), ({"b": 1.0}, {"y"})] * 20))
        >>> [(label, round(p, 2)) for label, p in model.rank_many(Batch.from_pairs([({"b": 1.0}, set())]), k=1).ranking(0)]
        [('y', 0.95)]
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, found {k}")
        labels, rows, scored = self._scored(self._as_batch(X, None))
        return Predictions(labels, scored.indptr, scored.indices, *scored.said.top(rows.limits, min(k, rows.n_labels)))

    def _predicted_one(self, x: Instance, key: Name | None) -> Rows:
        """Return the row for prediction; it waits under `key`, if there is one."""
        rows = self._door.predicted_one(x)
        if key is not None:
            before = self._waiting.expired
            self._waiting.remember(key, x, (rows.indices, rows.values), self._door.features)
            n = self._waiting.expired
            # Where labels never come, every row expires: powers of two say so and leave room for other events.
            log: EventLog | None = getattr(self, "_log", None)
            if log is not None and n > before and n & (n - 1) == 0:
                log.add(
                    self._rows_learned, "expired", place="waiting rows", cause="labels did not come in time",
                    total=n, waiting=self.waiting,
                )  # fmt: skip
        return rows

    # ------------------------------------------------------------------ many instances

    def learn_many(self, X: Any, y: Any = None) -> None:
        """Learn many instances; the same bits as `learn_one` of each in turn.

        Parameters
        ----------
        X
            A `streams.Batch` (with its labels), a pandas DataFrame, a scipy CSR matrix with int column names, or a numpy
            array of two dimensions, a row for each instance.
        y
            With a DataFrame or CSR matrix: the labels, as a DataFrame of bools or a 0/1 matrix of the same length. With an
            array: as `streams.Batch.from_arrays` takes them.
        """
        for _ in self._learned_batch(self._as_batch(X, y)):
            pass

    @overload
    def predict_learn_many(self, X: Batch, y: None = None) -> Predictions: ...
    @overload
    def predict_learn_many(self, X: Any, y: Any = None) -> Any: ...
    def predict_learn_many(self, X: Any, y: Any = None) -> Any:
        """Predict each instance, then learn it, in turn; parameters as `learn_many`, answer as `predict_many`."""
        pieces = [self._predictions(*piece) for piece in self._learned_batch(self._as_batch(X, y))]
        return as_came(X, joined(pieces) if pieces else self._predictions(*self._scored(self._as_batch(X, y))))

    @overload
    def predict_many(self, X: Batch) -> Predictions: ...
    @overload
    def predict_many(self, X: Any) -> Any: ...
    def predict_many(self, X: Any) -> Any:
        """Predict many instances; nothing changes.

        Returns
        -------
        Predictions, DataFrame or CSR matrix
            For a Batch or an array the label sets and the best 5 labels of each row (`ihomer.predictions.Predictions`); for a
            DataFrame a DataFrame of bools with a column per label and the same index; for a CSR matrix a CSR matrix
            of bools whose column j is the label named j.
        """
        return as_came(X, self._predictions(*self._scored(self._as_batch(X, None))))

    def predict_while_learning(self, X: Batch, due: Batch) -> Predictions:
        """Predict row i of `X`, then learn row i of `due`, for every i: how rows go whose labels come late.

        The same bits as `predict_many` and `learn_many` of single rows in turn.

        Parameters
        ----------
        X
            The rows that come.
        due
            As many earlier ones, whose labels come now.

        Raises
        ------
        ValueError
            If their numbers differ.
        """
        if len(X) != len(due):
            raise ValueError(f"as many rows must be due as come, found {len(due)} and {len(X)}")
        self._door.check(X)
        self._door.check(due)
        pieces, start = [], 0
        while start < len(X):
            stop = min(len(X), start + PIECE - self._rows_learned % PIECE)
            pieces.append(self._piece_while_learning(X.slice(start, stop), due.slice(start, stop)))
            start = stop
        return joined(pieces) if pieces else self.predict_many(X)

    def _piece_while_learning(self, X: Batch, due: Batch) -> Predictions:
        """Do as `predict_while_learning` with rows after none of which but the last ids become others."""
        labels, n_features = self._door.labels, len(self._door.features)
        asked = self._door.predicted(X)
        # Names that enter on the way change the rows that hold them: only rows of known names can be made ahead.
        ahead = asked.indices.max(initial=-1) < n_features and not np.isnan(asked.values).any()
        rows = self._door.learned(due) if ahead else None
        answers, limits = [], []
        for i in range(len(X)):
            if rows is None:
                now = self._door.predicted(X.slice(i, i + 1))
            else:
                space = rows.limits[i : i + 1].repeat(2)
                now = replace(asked.slice(i, i + 1), limits=space, n_features=rows.n_features, n_labels=int(space[0]))
            limits.append(now.n_labels)
            answers.append(self._predict(now))
            self._train(self._door.learned(due.slice(i, i + 1)) if rows is None else rows.slice(i, i + 1))
            self._rows_learned += 1
        n_labels = len(labels)
        rows = replace(asked, limits=np.array([*limits, n_labels], np.int32), n_labels=n_labels)
        return self._predictions(labels, rows, joined_scores(answers, n_labels))

    def _scored(self, batch: Batch) -> tuple[Vocabulary, Rows, Scored]:
        """Return the labels, the rows and what is predicted of them."""
        rows = self._door.predicted(batch)
        return self._door.labels, rows, self._predict(rows)

    def _learned_batch(self, batch: Batch) -> Iterator[tuple[Vocabulary, Rows, Scored]]:
        """Learn a batch piece by piece; yield the labels of each piece, its rows and what was predicted of them.

        After a piece ids may have become others (`ihomer.retirement`): each is translated when the one before is learned.
        """
        self._door.check(batch)
        start = 0
        while start < len(batch):
            stop = min(len(batch), start + PIECE - self._rows_learned % PIECE)
            rows = self._door.learned(batch if stop - start == len(batch) else batch.slice(start, stop))
            labels = self._door.labels
            scored = self._train(rows)
            self._rows_learned += len(rows)
            yield labels, rows, scored
            start = stop

    def _predictions(self, labels: Vocabulary, rows: Rows, scored: Scored) -> Predictions:
        return Predictions(labels, scored.indptr, scored.indices, *scored.said.top(rows.limits, TOP))

    def _as_batch(self, X: Any, y: Any) -> Batch:
        if isinstance(X, Batch):
            if y is not None:
                raise TypeError("a Batch holds its labels: y must be None")
            return X
        if isinstance(X, np.ndarray):
            return Batch.from_arrays(X, y)
        from streams.tables import from_table

        return from_table(X, y)
