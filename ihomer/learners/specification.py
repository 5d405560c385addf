"""What a parameter `learner` may be, and the estimator that it stands for."""

from __future__ import annotations

from typing import Any

from ihomer.learners.cluster_estimator import ClusterEstimator


def cluster_learner(learner: Any) -> ClusterEstimator | None:
    """Return the estimator that makes the learners of clusters: one of ours as it is, a river classifier wrapped.

    Parameters
    ----------
    learner
        None, "MLHAT", an estimator of ours, or a river classifier or multi-label classifier.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if learner is None or isinstance(learner, ClusterEstimator):
        return learner
    if learner == "MLHAT":
        from ihomer.learners.mlhat import MLHAT

        return MLHAT()
    from ihomer.learners.river_learner import RiverLearner

    return RiverLearner(learner)
