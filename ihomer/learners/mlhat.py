"""MLHAT: the multi-label Hoeffding adaptive tree, alone or in the clusters of IHOMER."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.door import Door
from ihomer.learners.cluster_estimator import ClusterEstimator
from ihomer.learners.mlhat_core import MLHATCore


class MLHAT(ClusterEstimator):
    """Multi-label Hoeffding adaptive tree.

    Esteban, Cano, Zafra & Ventura, "Hoeffding adaptive trees for multi-label classification on data streams",
    Knowledge-Based Systems 304, 2024 (arXiv 2410.20242): splits maximise the information gain of a multivariate
    Bernoulli process under a Hoeffding bound, ADWIN watches the loss of every node, alternate subtrees replace those
    whose loss rises, and leaves predict by near label sets and by logistic regressions. Where it is not the published
    method, and why, is said in `ihomer.learners.mlhat_core.MLHATCore`. Numeric features have Gaussian observers; a
    nominal feature splits on one category against the rest. A row whose feature is missing goes down the heavier
    branch.

    Parameters
    ----------
    grace_period
        Rows that a leaf sees between two tests for a split.
    delta
        One minus the confidence of a split.
    tau
        Below this Hoeffding bound two features count as equally good.
    bagging
        Whether rows get Poisson(1) weights, as published.
    max_nodes, max_bytes
        Bounds of the tree and of its memory.
    decision
        A fixed threshold on its probabilities, or "f1": a threshold that follows the best micro-F1.
    seed
        Of the Poisson weights.

    Examples
    --------
    >>> from ihomer import MLHAT
    >>> model = MLHAT()
    >>> for i in range(400):
    ...     colour = "red" if i % 3 else "green"
    ...     model.learn_one({"colour": colour}, {"apple"} if colour == "red" else {"pear"})
    >>> model.predict_set_one({"colour": "red"}), model.predict_set_one({"colour": "green"})
    (frozenset({'apple'}), frozenset({'pear'}))
    """

    def __init__(
        self,
        grace_period: int = 200,
        delta: float = 1.66e-7,
        tau: float = 0.05,
        bagging: bool = False,
        max_nodes: int = 255,
        max_bytes: int = 256 << 20,
        decision: str | float = 0.5,
        seed: int = 7,
    ) -> None:
        self.grace_period = grace_period
        self.delta = delta
        self.tau = tau
        self.bagging = bagging
        self.max_nodes = max_nodes
        self.max_bytes = max_bytes
        self.decision = decision
        self.seed = seed
        super().__init__()

    def make_core(self, columns: npt.NDArray[np.int32], seed: int, door: Door) -> MLHATCore:  # noqa: ARG002
        """Return an untrained tree for `columns`."""
        return MLHATCore(
            columns,
            seed=seed,
            grace_period=self.grace_period,
            delta=self.delta,
            tau=self.tau,
            bagging=self.bagging,
            max_nodes=self.max_nodes,
            max_bytes=self.max_bytes,
        )

    def revive_core(self, state: dict[str, Any], door: Door) -> MLHATCore:  # noqa: ARG002
        """Return the tree whose `state()` this is."""
        return MLHATCore.from_state(state)
