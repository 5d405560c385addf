"""A split, a merge, or one after the other, changes nothing that is predicted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from river import tree

from ihomer import IHOMER, MLHAT, LinearLearner
from ihomer.learners.clustered import LEAST_ROWS
from tests.test_laws import stream

MODELS: dict[str, Callable[[], IHOMER]] = {
    "default": IHOMER,
    "MLHAT": lambda: IHOMER(preset="none", learner=MLHAT(grace_period=20)),
    "LinearLearner": lambda: IHOMER(preset="none", learner=LinearLearner()),
    "river": lambda: IHOMER(preset="none", learner=tree.HoeffdingTreeClassifier(grace_period=20)),
    "default with MLHAT": lambda: IHOMER(learner=MLHAT()),
}

every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


def trained(make: Callable[[], IHOMER], n: int = 150) -> IHOMER:
    model = make()
    for x, y in stream(n):
        model.learn_one(x, y)
    return model


def answers(model: IHOMER) -> list[Any]:
    return [model.predict_proba_one(x) for x, _ in stream(30, seed=3)]


def split(model: IHOMER, leaf: int) -> Any:
    members = model._tree.members(leaf)
    change = model._tree.split(leaf, np.arange(len(members)) % 2 == 1, {})
    follow(model)
    return change


def follow(model: IHOMER) -> None:
    if model._clustered is not None:
        model._clustered.regroup(model._tree.cluster_of)


@every_model
def test_split_then_merge(make: Callable[[], IHOMER]) -> None:
    model = trained(make)
    before = answers(model)
    leaf = int(model._tree.cluster_of[0])
    one, other = split(model, leaf).after
    assert len(model.clusters) >= 2
    assert answers(model) == before
    split(model, one)
    assert answers(model) == before
    model._tree.merge(other, int(model._tree.cluster_of[0]), {})
    follow(model)
    assert answers(model) == before
    # and it goes on learning with the clusters as they are
    for x, y in stream(80, seed=5):
        model.predict_one(x)
        model.learn_one(x, y)


def test_a_common_learner_replaces_those_that_a_merge_left() -> None:
    """Learners that know an old concept are beaten by one that has only seen the new one."""
    model = IHOMER(preset="none", learner=LinearLearner())
    rng = np.random.default_rng(0)

    def learn(n: int, sign: int) -> None:
        for _ in range(n):
            x = {f"w{j}": float(rng.normal()) for j in range(4)}
            model.learn_one(x, {f"l{j}" for j in range(4) if sign * x[f"w{j}"] > 0})

    learn(3000, 1)
    one, other = split(model, int(model._tree.cluster_of[0])).after
    model._tree.merge(other, one, {})
    follow(model)
    clustered = model._clustered
    assert clustered is not None
    assert len(clustered.cores) == 2
    assert list(clustered.common) == [one]
    learn(LEAST_ROWS + 2 * 64, -1)
    assert len(clustered.cores) == 1
    assert not clustered.common
    assert clustered.cores[0].columns.tolist() == [0, 1, 2, 3]
    assert any(event["kind"] == "learner" for event in model.events)
