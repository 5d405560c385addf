"""iSOUP-Tree: one regression tree for all labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ihomer.peers.inputs import Inputs, NumericInputs
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class ISOUPTree(Peer):
    """river's iSOUP-Tree, which regresses all labels at once on 0 and 1; more than .5 predicts a label.

    Osojnik, Panov & Džeroski, "Multi-label classification via multi-target regression on data streams", Machine Learning 106,
    2017; river's `ISOUPTreeRegressor`. As in the published comparison a leaf holds a logistic regression for every label,
    on features as they are. What is unknown of a row's labels is learned as it would be predicted.

    Parameters
    ----------
    grace_period
        Rows that a leaf sees between two tests for a split.
    delta
        One minus the confidence of a split.
    tau
        Below this Hoeffding bound two features count as equally good.
    min_samples_split
        Rows that each side of a split must have.

    Examples
    --------
    >>> model = ISOUPTree()
    >>> for i in range(100):
    ...     model.learn_one({"a": 5.0 if i % 2 else -5.0}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 5.0})
    {'odd': True, 'even': False}
    """

    def __init__(
        self, grace_period: int = 200, delta: float = 1e-5, tau: float = 0.05, min_samples_split: int = 5
    ) -> None:
        from river import linear_model, tree

        self.grace_period = grace_period
        self.delta = delta
        self.tau = tau
        self.min_samples_split = min_samples_split
        self._tree = tree.ISOUPTreeRegressor(
            grace_period=grace_period,
            delta=delta,
            tau=tau,
            leaf_prediction="model",
            leaf_model=linear_model.LogisticRegression(),  # type: ignore[arg-type]
            min_samples_split=min_samples_split,
        )
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return NumericInputs()

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        self._tree.learn_one(row, {label: float(holds) for label, holds in self._completed(row, y).items()})

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        said = self._tree.predict_one(row)
        return {label: min(1.0, max(0.0, float(said.get(label, 0.0)))) for label in self._met}
