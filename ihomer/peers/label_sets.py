"""Predictors at the leaves of a multi-label tree: the majority label set, and pruned sets."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from streams.names import Name

LabelSet = frozenset["Name"]


class LabelSetPredictor(Protocol):
    """What stands at a leaf."""

    def learn(self, row: dict[Name, Any], labels: LabelSet) -> None:
        """Learn a row that holds exactly these labels."""

    def score(self, row: dict[Name, Any]) -> dict[Name, float] | None:
        """Return the probability of every label that has one, or None before the first row."""


class MajorityLabelSet:
    """The label set seen most often; of equals the one that came first."""

    def __init__(self) -> None:
        self._counts: Counter[LabelSet] = Counter()
        self._best: LabelSet | None = None

    def learn(self, row: dict[Name, Any], labels: LabelSet) -> None:  # noqa: ARG002
        """Count the label set."""
        self._counts[labels] += 1
        if self._best is None or self._counts[labels] > self._counts[self._best]:
            self._best = labels

    def score(self, row: dict[Name, Any]) -> dict[Name, float] | None:  # noqa: ARG002
        """Return 1 for the labels of the set."""
        return None if self._best is None else dict.fromkeys(self._best, 1.0)


class PrunedSets:
    """A classifier over label sets that are not rare; rare ones are learned as their largest parts that are not.

    A label's probability is the sum over the sets that hold it.

    Parameters
    ----------
    model
        A river classifier, untrained; a copy is used.
    prune
        Label sets seen so often, or less, are rare.
    parts
        How many parts of a rare set are learned: the largest first, then the most frequent.
    """

    def __init__(self, model: Any, prune: int, parts: int) -> None:
        self._model = model.clone()
        self._prune, self._parts = prune, parts
        self._counts: Counter[LabelSet] = Counter()
        self._classes: dict[LabelSet, int] = {}
        self._sets: list[LabelSet] = []

    def learn(self, row: dict[Name, Any], labels: LabelSet) -> None:
        """Learn the row under its label set, or under parts of it."""
        self._counts[labels] += 1
        if self._counts[labels] > self._prune and labels not in self._classes:
            self._classes[labels] = len(self._sets)
            self._sets.append(labels)
        if labels in self._classes:
            self._model.learn_one(row, self._classes[labels])
            return
        parts = [part for part in self._sets if part and part < labels]
        parts.sort(key=lambda part: (-len(part), -self._counts[part]))
        for part in parts[: self._parts]:
            self._model.learn_one(row, self._classes[part])

    def score(self, row: dict[Name, Any]) -> dict[Name, float] | None:
        """Return the sum of the probabilities of the sets that hold a label, label by label."""
        if not self._counts:
            return None
        scores: dict[Name, float] = {}
        for number, p in self._model.predict_proba_one(row).items():
            for label in self._sets[number]:
                scores[label] = scores.get(label, 0.0) + p
        return scores
