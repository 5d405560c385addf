"""Our estimators are river estimators."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from river import checks, compose, datasets, evaluate, linear_model, metrics, naive_bayes, preprocessing, tree

from ihomer import IHOMER, MLHAT, LinearLearner, RiverLearner
from ihomer.estimator import ArrayEstimator
from ihomer.learners.river_core import LearnerError


@pytest.mark.parametrize(
    "make",
    [
        IHOMER,
        IHOMER.paper,
        lambda: IHOMER(learner=MLHAT()),
        MLHAT,
        LinearLearner,
        lambda: RiverLearner(naive_bayes.GaussianNB()),
    ],
    ids=["IHOMER", "IHOMER paper", "IHOMER with MLHAT", "MLHAT", "LinearLearner", "RiverLearner"],
)
def test_check_estimator(make: Callable[[], ArrayEstimator], monkeypatch: pytest.MonkeyPatch) -> None:
    # river checks multi-label models on a data set that it downloads; this one it ships.
    monkeypatch.setattr(datasets, "Music", datasets.Yeast)
    checks.check_estimator(make())


def test_in_a_pipeline_under_progressive_validation() -> None:
    model = compose.Select(*(f"Att{i}" for i in range(1, 50))) | preprocessing.StandardScaler() | IHOMER()
    score = evaluate.progressive_val_score(
        datasets.Yeast().take(400), model, metrics.multioutput.MicroAverage(metrics.F1()), delay=3
    )
    assert score.get() > 0.5


@pytest.mark.parametrize(
    "learner",
    [
        tree.HoeffdingTreeClassifier(),
        preprocessing.StandardScaler() | linear_model.LogisticRegression(),
        MLHAT(),
        LinearLearner(),
    ],
    ids=["river tree", "river pipeline", "MLHAT", "LinearLearner"],
)
@pytest.mark.parametrize("preset", ["fast", "none"])
def test_any_learner_in_the_clusters(learner: object, preset: str) -> None:
    model = IHOMER(preset=preset, learner=learner)
    score = metrics.multioutput.MicroAverage(metrics.F1())
    for x, y in datasets.Yeast().take(300):
        score.update(y, model.predict_one(x))
        model.learn_one(x, y)
    assert score.get() > 0.4


def test_a_river_model_that_fails_is_named() -> None:
    model = IHOMER(preset="none", learner=naive_bayes.GaussianNB())
    with pytest.raises(LearnerError, match=r"GaussianNB failed .* 'c' is the category 'red'.* OneHotEncoder"):
        model.learn_one({"c": "red"}, {"b"})


def test_a_regressor_is_refused() -> None:
    with pytest.raises(TypeError, match="lassifier"):
        IHOMER(learner=linear_model.LinearRegression()).learn_one({"a": 1.0}, {"b"})


def test_prequential_equals_progressive_val_score() -> None:
    mine, theirs = IHOMER(), IHOMER()
    score = metrics.multioutput.MicroAverage(metrics.F1())
    for x, y in datasets.Yeast().take(300):
        predicted = mine.predict_one(x)
        if predicted:  # river leaves out the first row, for which there is no label to answer yet
            score.update(y, predicted)
        mine.learn_one(x, y)
    other = evaluate.progressive_val_score(
        datasets.Yeast().take(300), theirs, metrics.multioutput.MicroAverage(metrics.F1())
    )
    assert score.get() == other.get()
