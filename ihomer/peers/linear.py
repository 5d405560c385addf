"""Logistic regression by binary relevance: alone, in ADWIN ensembles, and as a learner of rules' heads."""

from __future__ import annotations

from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import NumericInputs, ScaledInputs


def logistic_regression(lr: float = 0.01) -> BinaryRelevance:
    """Return a logistic regression for every label, on scaled features.

    river's `LogisticRegression`, learned by stochastic gradient descent.

    Parameters
    ----------
    lr
        Learning rate.
    """
    from river import linear_model, optim

    return BinaryRelevance(linear_model.LogisticRegression(optim.SGD(lr)), ScaledInputs)


def adwin_bagging(n_models: int = 10, seed: int = 7) -> BinaryRelevance:
    """Return ADWIN bagging of logistic regressions for every label, on features as they are.

    Bifet, Holmes, Pfahringer, Kirkby & Gavaldà, "New ensemble methods for evolving data streams", KDD 2009; river's
    `ADWINBaggingClassifier`. As in the published comparison features are not scaled, which costs much where they are large.

    Parameters
    ----------
    n_models
        Logistic regressions for each label.
    seed
        Of the weights of rows.
    """
    from river import ensemble, linear_model

    model = ensemble.ADWINBaggingClassifier(linear_model.LogisticRegression(), n_models=n_models, seed=seed)
    return BinaryRelevance(model, NumericInputs, seed=seed)


def adwin_boosting(n_models: int = 10, seed: int = 7) -> BinaryRelevance:
    """Return ADWIN boosting of logistic regressions for every label, on features as they are.

    Oza & Russell, "Online bagging and boosting", AISTATS 2001, with ADWIN; river's `ADWINBoostingClassifier`. As in the
    published comparison features are not scaled.

    Parameters
    ----------
    n_models, seed
        See `adwin_bagging`.
    """
    from river import ensemble, linear_model

    model = ensemble.ADWINBoostingClassifier(linear_model.LogisticRegression(), n_models=n_models, seed=seed)
    return BinaryRelevance(model, NumericInputs, seed=seed)


def adaptive_model_rules(
    n_min: int = 200,
    delta: float = 1e-5,
    tau: float = 0.05,
    fading_factor: float = 0.99,
    anomaly_threshold: float = -0.75,
    m_min: int = 30,
) -> BinaryRelevance:
    """Return adaptive model rules for every label, on features as they are; a rule's head is a logistic regression.

    Duarte, Gama & Bifet, "Adaptive model rules from high-speed data streams", TKDD 10, 2016; river's `AMRules`, which regresses:
    as in the published comparison on 0 and 1, and a label is predicted where more than .5 comes out.

    Parameters
    ----------
    n_min
        Rows that a rule sees between two tests for a further condition.
    delta, tau
        One minus the confidence of such a condition, and the bound below which two are equally good.
    fading_factor
        Of the errors that are watched, per row.
    anomaly_threshold, m_min
        Rows that score lower under a rule that saw more than `m_min` rows are not learned by it.
    """
    from river import linear_model, rules

    model = rules.AMRules(
        n_min=n_min,
        delta=delta,
        tau=tau,
        pred_type="model",
        pred_model=linear_model.LogisticRegression(),
        fading_factor=fading_factor,
        anomaly_threshold=anomaly_threshold,
        m_min=m_min,
    )
    return BinaryRelevance(model, NumericInputs)
