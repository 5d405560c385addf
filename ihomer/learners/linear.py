"""LinearLearner: an online linear model per label, with calibrated probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.door import Door
from ihomer.learners.cluster_estimator import ClusterEstimator
from ihomer.learners.linear_core import LinearCore


class LinearLearner(ClusterEstimator):
    """A linear model per label: features scaled online, AROW, calibration that starts from the label's prior.

    Features are scaled by what was seen before (sparse streams: running maximum and unit length; dense ones: running
    mean and variance); each label's weights learn by AROW (Crammer, Kulesza & Dredze 2009, diagonal covariance); margin
    and running log-odds of the label become a probability by an online Newton logistic step (`ihomer.learners.stack`).
    Missing values (None, NaN) add nothing.

    Parameters
    ----------
    decision
        A target, see `ihomer.decision.make_decision`, or a fixed threshold between 0 and 1.
    seed
        Takes part in nothing: the learner has no chance in it.

    Examples
    --------
    >>> from ihomer import LinearLearner
    >>> from river import datasets, metrics
    >>> model = LinearLearner()
    >>> hits = 0
    >>> for x, y in datasets.Yeast().take(500):
    ...     hits += sum(y[label] for label in model.predict_set_one(x))
    ...     model.learn_one(x, y)
    >>> hits
    1578
    """

    def __init__(self, decision: str | float = "micro_f1", seed: int = 7) -> None:
        self.decision = decision
        self.seed = seed
        super().__init__()

    def make_core(self, columns: npt.NDArray[np.int32], seed: int, door: Door) -> LinearCore:  # noqa: ARG002
        """Return an untrained core for `columns`."""
        return LinearCore(columns)

    def revive_core(self, state: dict[str, Any], door: Door) -> LinearCore:  # noqa: ARG002
        """Return the core whose `state()` this is."""
        return LinearCore.from_state(state)
