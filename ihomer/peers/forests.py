"""Forests by binary relevance, as river has them."""

from __future__ import annotations

from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import NumericInputs


def adaptive_random_forest(
    n_models: int = 10, grace_period: int = 50, delta: float = 0.01, tau: float = 0.05, lambda_value: int = 6, seed: int = 7
) -> BinaryRelevance:
    """Return an adaptive random forest for every label.

    Gomes et al., "Adaptive random forests for evolving data stream classification", Machine Learning 106, 2017; river's
    `ARFClassifier`.

    Parameters
    ----------
    n_models
        Trees.
    grace_period, delta, tau
        Of the trees; see `ihomer.peers.trees.hoeffding_tree`.
    lambda_value
        Rows weigh Poisson(lambda_value) in a tree.
    seed
        Of the weights and of the features that trees see.
    """
    from river import forest

    model = forest.ARFClassifier(
        n_models=n_models, grace_period=grace_period, delta=delta, tau=tau, lambda_value=lambda_value, seed=seed
    )
    return BinaryRelevance(model, seed=seed)


def aggregated_mondrian_forest(
    n_estimators: int = 10, step: float = 1.0, dirichlet: float = 0.5, max_nodes: int | None = None, seed: int = 7
) -> BinaryRelevance:
    """Return an aggregated Mondrian forest for every label.

    Mourtada, Gaïffas & Scornet, "AMF: Aggregated Mondrian forests for online learning", JRSS B 83, 2021; river's
    `AMFClassifier`.

    Parameters
    ----------
    n_estimators
        Trees.
    step, dirichlet, max_nodes, seed
        See `ihomer.peers.trees.mondrian_tree`.
    """
    from river import forest

    model = forest.AMFClassifier(
        n_estimators=n_estimators, step=step, dirichlet=dirichlet, max_nodes=max_nodes, seed=seed
    )
    return BinaryRelevance(model, NumericInputs, seed=seed)
