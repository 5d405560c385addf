"""What all learners of others have in common."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

from river import base

from ihomer.peers.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class Peer(base.MultiLabelClassifier):
    """A river multi-label classifier for streams in which labels and features arrive, values and labels are missing.

    A subclass keeps its parameters under their own names, calls `super().__init__()` last, and implements `_learn` and
    `_score`. It predicts labels that it has met, and no others.
    """

    #: Rows come with None for what is missing: left out of a row, a value is zero.
    takes_missing = True

    def __init__(self) -> None:
        self._inputs = self._make_inputs()
        self._met: dict[Name, None] = {}

    def _make_inputs(self) -> Inputs:
        """Return what turns rows into those that `_learn` and `_score` see."""
        return Inputs()

    @abc.abstractmethod
    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        """Learn a row; labels not in y are unknown."""

    @abc.abstractmethod
    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        """Return what speaks for each label met, between 0 and 1 if it is a probability."""

    def _chosen(self, scores: Mapping[Name, float]) -> set[Name]:
        """Return the labels to predict."""
        return {label for label, score in scores.items() if score > 0.5}

    def learn_one(self, x: Mapping[Name, Any], y: Mapping[Name, bool]) -> None:  # type: ignore[override]
        """Learn one instance.

        Parameters
        ----------
        x
            feature -> number, category (a string), or None or NaN (missing); a feature that is not in x is 0.
        y
            label -> whether it holds; a label that is not in y is unknown.
        """
        self._inputs.learn_one(x)
        for label in y:
            self._met.setdefault(label)
        if y:
            self._learn(self._inputs.transform_one(x), y)

    def predict_scored_one(self, x: Mapping[Name, Any]) -> tuple[set[Name], dict[Name, float]]:
        """Return the labels predicted for x, and the score of each label met."""
        scores = self._score(self._inputs.transform_one(x)) if self._met else {}
        return self._chosen(scores), scores

    def predict_one(self, x: Mapping[Name, Any], **kwargs: Any) -> dict[Name, bool]:  # type: ignore[override] # noqa: ARG002
        """Return of each label met whether it is predicted for x."""
        chosen, _ = self.predict_scored_one(x)
        return {label: label in chosen for label in self._met}

    def predict_proba_one(  # type: ignore[override]
        self, x: Mapping[Name, Any], **kwargs: Any  # noqa: ARG002
    ) -> dict[Name, dict[bool, float]]:
        """Return the probabilities of each label met, False and True."""
        return {label: {False: 1.0 - p, True: p} for label, p in self.predict_scored_one(x)[1].items()}

    def _completed(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> Mapping[Name, bool]:
        """Return y with what is unknown as it would be predicted: for learners of whole label sets."""
        unknown = [label for label in self._met if label not in y]
        if not unknown:
            return y
        guessed = self._chosen(self._score(row))
        return {**y, **{label: label in guessed for label in unknown}}
