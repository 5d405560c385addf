"""Classifier chains: a label's model sees what the models before it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ihomer.peers.inputs import Inputs, ScaledInputs
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class ClassifierChain(Peer):
    """river's chain of logistic regressions on scaled features, in the order in which labels are met.

    Read, Pfahringer, Holmes & Frank, "Classifier chains for multi-label classification", Machine Learning 85, 2011; river's
    `ClassifierChain`, which learns nothing of a label from the first row that tells of it.

    Parameters
    ----------
    lr
        Learning rate.

    Examples
    --------
    >>> model = ClassifierChain(lr=1.0)
    >>> for i in range(40):
    ...     model.learn_one({"a": 1.0 if i % 2 else -1.0}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1.0})
    {'odd': True, 'even': False}
    """

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        super().__init__()
        self._chain = self._make_chain()

    def _make_inputs(self) -> Inputs:
        return ScaledInputs()

    def _make_chain(self) -> Any:
        from river import multioutput

        return multioutput.ClassifierChain(self._model())

    def _model(self) -> Any:
        from river import linear_model, optim

        return linear_model.LogisticRegression(optim.SGD(self.lr))

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        self._chain.learn_one(_apart(row), dict(y))

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        return {label: p[True] for label, p in self._chain.predict_proba_one(_apart(row)).items()}


class MonteCarloChain(ClassifierChain):
    """The same chain, of whose label sets the likeliest of some that are drawn is predicted.

    Read, Martino & Luengo, "Efficient Monte Carlo methods for multi-dimensional learning with classifier chains", Pattern
    Recognition 47, 2014; river's `MonteCarloClassifierChain`. The exact search (probabilistic classifier chains) goes
    through all label sets, so it has no name here: 53 labels have 10^16.

    Parameters
    ----------
    lr
        Learning rate.
    m
        Label sets drawn for each prediction.
    seed
        Of the draws.

    Examples
    --------
    >>> model = MonteCarloChain(lr=1.0, m=5)
    >>> for i in range(40):
    ...     model.learn_one({"a": 1.0 if i % 2 else -1.0}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1.0})
    {'odd': True, 'even': False}
    """

    def __init__(self, lr: float = 0.01, m: int = 10, seed: int = 7) -> None:
        self.m = m
        self.seed = seed
        super().__init__(lr)

    def _make_chain(self) -> Any:
        from river import multioutput

        return multioutput.MonteCarloClassifierChain(self._model(), m=self.m, seed=self.seed)

    def predict_scored_one(self, x: Mapping[Name, Any]) -> tuple[set[Name], dict[Name, float]]:
        """Return the labels predicted for x, and the probability of each label met."""
        if not self._met:
            return set(), {}
        row = self._inputs.transform_one(x)
        drawn = self._chain.predict_one(_apart(row))
        return {label for label, holds in drawn.items() if holds}, self._score(row)


def _apart(row: dict[Name, Any]) -> dict[Any, Any]:
    """Return the row under names that are no label's: river puts both into one dict."""
    return {("x", name): value for name, value in row.items()}
