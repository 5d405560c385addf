"""Explanations of models: the parts are the whole, names are right, nothing changes."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import tree

from ihomer import IHOMER, MLHAT, LinearLearner
from ihomer.explain import Explanation
from ihomer.explain.parts import Features

MODELS: dict[str, Callable[[], IHOMER]] = {
    "fast": lambda: IHOMER(preset="fast"),
    "balanced": lambda: IHOMER(preset="balanced", target="micro_f1"),
    "accurate": lambda: IHOMER(preset="accurate", target="subset_accuracy"),
    "paper": IHOMER.paper,
    "fast with MLHAT": lambda: IHOMER(preset="fast", learner=MLHAT(grace_period=20), target="macro_f1"),
    "balanced with LinearLearner": lambda: IHOMER(learner=LinearLearner(), target="auto_micro_f1"),
    "LinearLearner alone": lambda: IHOMER(preset="none", learner=LinearLearner()),
    "fast with a river tree": lambda: IHOMER(preset="fast", learner=tree.HoeffdingTreeClassifier(grace_period=20)),
    "a river tree alone": lambda: IHOMER(preset="none", learner=tree.HoeffdingTreeClassifier(grace_period=20)),
}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


def stream(seed: int, n: int, *, dense: bool = False) -> list[tuple[dict[Any, Any], Any]]:
    """Rows with numbers, categories, missing values, names of all kinds, unknown labels, labels that come later."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[dict[Any, Any], Any]] = []
    for t in range(n):
        group = int(rng.integers(3))
        words = range(8) if dense else rng.choice(20, 5, replace=False).tolist()
        x: dict[Any, Any] = {f"w{j}": float(rng.normal(2 * (group == j % 3))) for j in words}
        if not dense:
            x["colour"] = ["red", "green", "blue"][group] if rng.random() < 0.9 else None
            x["pair", group] = 1
        y: Any = {f"l{group}", ("l", group)} if rng.random() < 0.7 else {f"l{group}"}
        if t > n // 2 and rng.random() < 0.2:
            y.add(7)
        kind = rng.random()
        if kind < 0.15:
            y = {label: label in y for label in [*sorted(y, key=str), f"l{(group + 1) % 3}"]}
        elif kind < 0.2:
            y = None
        rows.append((x, y))
    return rows


def taught(make: Callable[[], IHOMER], rows: list[tuple[dict[Any, Any], Any]]) -> IHOMER:
    model = make()
    for x, y in rows:
        model.learn_one(x, y)
    return model


def adds_up(explanation: Explanation) -> None:
    """Every sum in an explanation is one, and all make the probability."""
    logit = explanation.logit
    assert math.fsum(expert.part for expert in explanation.experts) == pytest.approx(logit, abs=1e-9)
    cut = 7 if explanation.experts[-1].name == "constant" else 20  # where there is a stack
    assert 1 / (1 + math.exp(-min(max(logit, -cut), cut))) == pytest.approx(explanation.probability, abs=1e-4)
    pending: list[Any] = list(explanation.experts)
    while pending:
        part = pending.pop()
        if hasattr(part, "terms"):
            assert math.fsum(term.part for term in part.terms) == pytest.approx(part.part, abs=1e-9)
            assert all((term.shared + term.own) * term.score == pytest.approx(term.part) for term in part.terms)
            pending += part.evidence
        elif hasattr(part, "experts"):
            assert math.fsum(expert.part for expert in part.experts) == pytest.approx(part.total, abs=1e-9)
            pending += part.experts
        elif hasattr(part, "total"):
            besides = part.besides if isinstance(part, Features) else ()
            parts = [part.others, *(item.part for item in part.items), *(number.value for number in besides)]
            assert math.fsum(parts) == pytest.approx(part.total, abs=1e-6)


@every_model
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), dense=st.booleans(), k=st.integers(1, 8))
def test_the_parts_are_the_probability(make, seed, dense, k):
    rows = stream(seed, 150, dense=dense)
    model = taught(make, rows[:140])
    for x, _ in [*rows[140:144], ({}, None), ({"never met": 3, "colour": "gold", "w0": 1}, None)]:
        told, predicted = model.predict_proba_one(x), model.predict_set_one(x)
        for label in model.labels:
            explanation = model.explain_one(x, label, k)
            adds_up(explanation)
            assert explanation.label == label
            assert explanation.probability == told[label][True]
            assert explanation.predicted == (label in predicted)
            assert {mate.label: mate.predicted for mate in explanation.cluster.mates}.items() <= {
                name: name in predicted for name in model.labels
            }.items()
            assert len(explanation.cluster.mates) <= k
            assert explanation.cluster.size == 1 + len(explanation.cluster.mates) + explanation.cluster.n_others
            assert explanation.instances == 140


@every_model
@pytest.mark.parametrize("dense", [False, True])
def test_explaining_changes_nothing(make, dense):
    rows = stream(3, 160, dense=dense)
    quiet, asked = make(), make()
    said = []
    for i, (x, y) in enumerate(rows):
        if i % 23 == 20:
            said.append([asked.explain_one(x, label) for label in asked.labels[:3]])
            assert said[-1] == [asked.explain_one(x, label) for label in asked.labels[:3]]
        assert asked.predict_proba_one(x) == quiet.predict_proba_one(x)
        quiet.learn_one(x, y)
        asked.learn_one(x, y)
    assert asked.events == quiet.events
    if not isinstance(asked.learner, tree.HoeffdingTreeClassifier):  # river's own objects are pickled in no fixed order
        assert pickle.dumps(asked) == pickle.dumps(quiet)
    restored = pickle.loads(pickle.dumps(asked))
    for x, _ in rows[-3:]:
        for label in asked.labels:
            assert restored.explain_one(x, label) == asked.explain_one(x, label)


@every_model
def test_json_and_text(make):
    rows = stream(5, 120)
    model = taught(make, rows)
    for x in (rows[0][0], {"w" * 200: 1.0, "no\nline": 2, ("t", 1): 3}):
        for label in model.labels:
            explanation = model.explain_one(x, label, k=3)
            assert Explanation.from_json(explanation.to_json()) == explanation
            assert json.loads(explanation.to_json())["kind"] == "Explanation"
            for width in (60, 100):
                assert max(map(len, explanation.text(width).splitlines())) <= width
            assert str(explanation) == explanation.text()
            for expert in explanation.experts:
                assert expert.name in str(explanation)


@pytest.mark.parametrize("preset", ["fast", "balanced", "accurate"])
@pytest.mark.parametrize("dense", [False, True])
def test_a_planted_feature_is_named_first(preset, dense):
    rng = np.random.default_rng(1)
    model = IHOMER(preset=preset)
    for _ in range(300):
        words = range(12) if dense else rng.choice(12, 4, replace=False).tolist()
        x = {f"noise {j}": 1 + float(rng.random()) for j in words}
        holds = bool(rng.random() < 0.4)
        if holds:
            x["cause"] = 2.0
        model.learn_one(x, {"effect"} if holds else {"other"})
    x = {f"noise {j}": 1.5 for j in (range(12) if dense else (1, 5, 9))} | {"cause": 2.0}
    explanation = model.explain_one(x, "effect")
    assert explanation.predicted
    linear = explanation.expert("arow").evidence[0]
    assert linear.items[0].name == "cause"
    assert linear.items[0].part > 0
    assert linear.items[0].value == 2.0
    against = model.explain_one(x, "other").expert("arow").evidence[0]
    assert against.items[0].name == "cause"
    assert against.items[0].part < 0
    if not dense:
        for counted in explanation.expert("feature counts").evidence:
            assert counted.items[0].name == "cause"


@pytest.mark.parametrize("preset", ["fast", "balanced"])
def test_an_old_and_a_young_mixture(preset):
    rows = stream(8, 200)
    model = taught(lambda: IHOMER(preset=preset), rows[:100])
    model._mixture.next = 0  # no need to wait
    assert model._mixture.renew()
    for n in (0, 80):
        for x, y in rows[100 : 100 + n]:
            model.learn_one(x, y)
        for label in model.labels:
            explanation = model.explain_one(rows[190][0], label)
            assert {expert.name for expert in explanation.experts} == {"old mixture", "young mixture", "constant"}
            assert explanation.probability == model.predict_proba_one(rows[190][0])[label][True]
            adds_up(explanation)
            for name, mixture in (("old mixture", model._mixture.old), ("young mixture", model._mixture.young)):
                p = mixture.block(model._door.predicted_one(rows[190][0]), learn=False)[0, model.labels.index(label)]
                total = explanation.expert(name).evidence[0].total
                assert 1 / (1 + math.exp(-min(max(total, -7), 7))) == pytest.approx(p, abs=1e-4)
            assert Explanation.from_json(explanation.to_json()) == explanation
            assert max(map(len, str(explanation).splitlines())) <= 100


def test_remembered_rows_are_those_instances():
    model = IHOMER(preset="balanced")
    for i in range(40):
        model.learn_one({f"only {i}": 1, "all": 1}, {"a"} if i % 2 else {"b"})
    nearest, _ = model.explain_one({"only 17": 1, "all": 1}, "a").expert("row memory").evidence
    assert (nearest.items[0].instance, nearest.items[0].ago, nearest.items[0].held) == (17, 23, True)
    assert nearest.items[0].similarity == pytest.approx(1, abs=0.1)
    nearest, _ = model.explain_one({"only 18": 1, "all": 1}, "a").expert("row memory").evidence
    assert (nearest.items[0].instance, nearest.items[0].held) == (18, False)


def test_mates_have_their_jaccard_similarity():
    model = IHOMER(preset="fast")
    for i in range(60):
        model.learn_one({"x": 1}, {"a", "b"} if i % 3 else {"a"} if i % 2 else {"c"})
    cluster = model.explain_one({"x": 1}, "a").cluster
    assert cluster.mates[0].label == "b"
    assert cluster.mates[0].jaccard == pytest.approx(40 / 50, abs=0.02)


def test_what_is_wrong_is_told():
    model = IHOMER(preset="fast")
    with pytest.raises(KeyError, match="label 'a' was never met"):
        model.explain_one({"x": 1}, "a")
    model.learn_one({"x": 1}, {"a"})
    with pytest.raises(KeyError, match="label 'b' was never met"):
        model.explain_one({"x": 1}, "b")
    with pytest.raises(ValueError, match="k must be at least 1, found 0"):
        model.explain_one({"x": 1}, "a", k=0)
    with pytest.raises(TypeError, match="x must be a dict"):
        model.explain_one([1], "a")
    explanation = model.explain_one({"x": 1, "y": 2, "z": "red"}, "a", k=1)
    assert (explanation.unknown, explanation.n_unknown) == (("y",), 2)
    with pytest.raises(KeyError, match="there is no expert 'trees'; there are"):
        explanation.expert("trees")
    with pytest.raises(ValueError, match="width must be at least 60, found 20"):
        explanation.text(20)
    for bad in ('{"kind": "Nothing"}', '{"kind": "Rule"}', "[1]", "3", "{"):
        with pytest.raises(ValueError, match=r"."):
            Explanation.from_json(bad)
