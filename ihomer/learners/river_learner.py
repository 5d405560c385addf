"""RiverLearner: any river classifier as a multi-label learner, alone or in the clusters of IHOMER."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.door import Door
from ihomer.learners.cluster_estimator import ClusterEstimator
from ihomer.learners.river_core import RiverCore


class RiverLearner(ClusterEstimator):
    """Any river classifier by binary relevance, or any river multi-label classifier.

    A classifier is cloned for every label; a multi-label classifier is cloned once for each cluster. Rows reach it as
    dicts with numeric features as numbers and nominal ones as strings; missing values are left out.

    Parameters
    ----------
    model
        A `river.base.Classifier` or `river.base.MultiLabelClassifier`; it is cloned, never trained itself.
    decision
        A fixed threshold on its probabilities, or "f1": a threshold that follows the best micro-F1.
    seed
        Clones that have a `seed` which is None get one that follows from this and their label.

    Examples
    --------
    >>> from ihomer import RiverLearner
    >>> from river import naive_bayes
    >>> model = RiverLearner(naive_bayes.GaussianNB())
    >>> for i in range(20):
    ...     model.learn_one({"size": i % 2 + i / 100}, {"large"} if i % 2 else set())
    >>> model.predict_one({"size": 1.1}), model.predict_one({"size": 0.1})
    ({'large': True}, {'large': False})
    """

    def __init__(self, model: Any, decision: str | float = 0.5, seed: int = 7) -> None:
        self.model = model
        self.decision = decision
        self.seed = seed
        super().__init__()

    @classmethod
    def _unit_test_params(cls) -> Iterator[dict[str, Any]]:
        from river import linear_model

        yield {"model": linear_model.LogisticRegression()}

    def make_core(self, columns: npt.NDArray[np.int32], seed: int, door: Door) -> RiverCore:
        """Return an untrained core for `columns`."""
        return RiverCore(columns, model=self.model, features=door.features, labels=door.labels, seed=seed)

    def revive_core(self, state: dict[str, Any], door: Door) -> RiverCore:
        """Return the core whose `state()` this is."""
        return RiverCore.from_state(state, features=door.features, labels=door.labels)
