"""Binary relevance: a model of its own for every label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from river import base

from ihomer.peers.inputs import Inputs
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class BinaryRelevance(Peer):
    """A fresh copy of a river model for every label, learned from the rows in which the label is known.

    A label's model begins with the first row that tells of the label. Godbole & Sarawagi, "Discriminative methods for
    multi-labeled classification", PAKDD 2004.

    Parameters
    ----------
    model
        A river classifier; or a regressor, which learns 0 and 1 and predicts a label where it says more than .5.
    inputs
        The class of what turns rows into those that the models see.
    seed
        Of the first label's model, the next one of the second's, and so on, if the model has a seed.

    Examples
    --------
    >>> from river import naive_bayes
    >>> model = BinaryRelevance(naive_bayes.GaussianNB())
    >>> for i in range(20):
    ...     model.learn_one({"a": i % 2 + i / 100}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1.1})
    {'odd': True, 'even': False}
    """

    def __init__(self, model: base.Classifier | base.Regressor, inputs: type[Inputs] = Inputs, seed: int = 7) -> None:
        self.model = model
        self.inputs = inputs
        self.seed = seed
        self._models: dict[Name, Any] = {}
        self._target: type
        self._target, self._answer = (bool, _classified) if isinstance(model, base.Classifier) else (float, _regressed)
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return self.inputs()

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        for label, holds in y.items():
            model = self._models.get(label)
            if model is None:
                model = self._models[label] = self._fresh()
            model.learn_one(row, self._target(holds))

    def predict_scored_one(self, x: Mapping[Name, Any]) -> tuple[set[Name], dict[Name, float]]:
        """Return the labels predicted for x, and the probability of each label met."""
        row = self._inputs.transform_one(x)
        chosen, scores = set(), {}
        for label, model in self._models.items():
            holds, scores[label] = self._answer(model, row)
            if holds:
                chosen.add(label)
        return chosen, scores

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        return {label: self._answer(model, row)[1] for label, model in self._models.items()}

    def _fresh(self) -> Any:
        seeded = "seed" in self.model._get_params()  # noqa: SLF001
        return self.model.clone({"seed": self.seed + len(self._models)} if seeded else {})


def _classified(model: Any, row: dict[Name, Any]) -> tuple[bool, float]:
    # Models that met a label with one truth only give no probability to the other. Of equals river takes the first.
    p = model.predict_proba_one(row)
    return bool(p) and bool(max(p, key=p.get)), float(p.get(True, 0.0))


def _regressed(model: Any, row: dict[Name, Any]) -> tuple[bool, float]:
    score = min(1.0, max(0.0, float(model.predict_one(row))))
    return score > 0.5, score
