"""Decision trees by binary relevance, as river has them."""

from __future__ import annotations

from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import NumericInputs


def hoeffding_tree(grace_period: int = 200, delta: float = 1e-5, tau: float = 0.05) -> BinaryRelevance:
    """Return a Hoeffding tree for every label, naive Bayes adaptive leaves.

    Domingos & Hulten, "Mining high-speed data streams", KDD 2000; river's `HoeffdingTreeClassifier`.

    Parameters
    ----------
    grace_period
        Rows that a leaf sees between two tests for a split.
    delta
        One minus the confidence of a split.
    tau
        Below this Hoeffding bound two features count as equally good.
    """
    from river import tree

    return BinaryRelevance(tree.HoeffdingTreeClassifier(grace_period=grace_period, delta=delta, tau=tau))


def hoeffding_adaptive_tree(
    grace_period: int = 200,
    delta: float = 1e-5,
    tau: float = 0.05,
    bootstrap_sampling: bool = True,
    drift_window_threshold: int = 50,
    switch_significance: float = 0.05,
    seed: int = 7,
) -> BinaryRelevance:
    """Return a Hoeffding adaptive tree for every label.

    Bifet & Gavaldà, "Adaptive learning from evolving data streams", IDA 2009; river's `HoeffdingAdaptiveTreeClassifier`.

    Parameters
    ----------
    grace_period, delta, tau
        See `hoeffding_tree`.
    bootstrap_sampling
        Whether leaves weigh rows by Poisson(1).
    drift_window_threshold
        Rows that an alternate tree must have seen before it can take over.
    switch_significance
        Of the test by which it does.
    seed
        Of the weights.
    """
    from river import tree

    model = tree.HoeffdingAdaptiveTreeClassifier(
        grace_period=grace_period,
        delta=delta,
        tau=tau,
        bootstrap_sampling=bootstrap_sampling,
        drift_window_threshold=drift_window_threshold,
        switch_significance=switch_significance,
        seed=seed,
    )
    return BinaryRelevance(model, seed=seed)


def extremely_fast_decision_tree(
    grace_period: int = 200, min_samples_reevaluate: int = 20, delta: float = 1e-5, tau: float = 0.05
) -> BinaryRelevance:
    """Return an extremely fast decision tree for every label.

    Manapragada, Webb & Salehi, "Extremely fast decision tree", KDD 2018; river's `ExtremelyFastDecisionTreeClassifier`.

    Parameters
    ----------
    grace_period, delta, tau
        See `hoeffding_tree`.
    min_samples_reevaluate
        Rows that a branch sees between two tests whether its split is still the best.
    """
    from river import tree

    model = tree.ExtremelyFastDecisionTreeClassifier(
        grace_period=grace_period, min_samples_reevaluate=min_samples_reevaluate, delta=delta, tau=tau
    )
    return BinaryRelevance(model)


def stochastic_gradient_tree(
    grace_period: int = 200, delta: float = 1e-5, lambda_value: float = 0.1, gamma: float = 1.0, warm_start: int = 100
) -> BinaryRelevance:
    """Return a stochastic gradient tree for every label.

    Gouk, Pfahringer & Frank, "Stochastic gradient trees", ACML 2019; river's `SGTClassifier`. A label that is as
    likely as not is predicted, as are all before a tree has learned anything. The slowest of these trees.

    Parameters
    ----------
    grace_period
        Rows that a leaf sees between two tests for a split.
    delta
        Significance of that test.
    lambda_value, gamma
        Penalties of large predictions and of splits.
    warm_start
        Rows by which the values of a feature are cut into 64 bins.
    """
    from river import tree

    from ihomer.peers.quantizer import Quantizer

    model = tree.SGTClassifier(
        grace_period=grace_period,
        delta=delta,
        lambda_value=lambda_value,
        gamma=gamma,
        feature_quantizer=Quantizer(warm_start=warm_start),
    )
    return BinaryRelevance(model)


def mondrian_tree(step: float = 0.1, dirichlet: float = 0.5, max_nodes: int | None = None, seed: int = 7) -> BinaryRelevance:
    """Return one aggregated Mondrian tree for every label.

    Mourtada, Gaïffas & Scornet, "AMF: Aggregated Mondrian forests for online learning", JRSS B 83, 2021, after
    Lakshminarayanan, Roy & Teh, "Mondrian forests", NIPS 2014; river's `AMFClassifier` with one tree.

    Parameters
    ----------
    step
        Of the weights by which subtrees are averaged.
    dirichlet
        Regularisation of the frequencies in a node.
    max_nodes
        No more splits then; None: as many as come.
    seed
        Of the splits.
    """
    from river import forest

    model = forest.AMFClassifier(n_estimators=1, step=step, dirichlet=dirichlet, max_nodes=max_nodes, seed=seed)
    return BinaryRelevance(model, NumericInputs, seed=seed)
