"""Logistic regression by binary relevance, alone and in ADWIN ensembles."""

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
