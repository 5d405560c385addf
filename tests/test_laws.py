"""Laws that every estimator of ours obeys."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from river import tree

from ihomer import IHOMER, MLHAT, LinearLearner, RiverLearner
from ihomer.estimator import ArrayEstimator
from streams import Batch

Make = Callable[[], ArrayEstimator]

MODELS: dict[str, Make] = {
    "IHOMER": IHOMER,
    "IHOMER fast": lambda: IHOMER(preset="fast"),
    "IHOMER paper": IHOMER.paper,
    "IHOMER with MLHAT": lambda: IHOMER(learner=MLHAT()),
    "IHOMER of LinearLearner": lambda: IHOMER(preset="none", learner=LinearLearner()),
    "LinearLearner": LinearLearner,
    "MLHAT": MLHAT,
    "RiverLearner": lambda: RiverLearner(tree.HoeffdingTreeClassifier(grace_period=20)),
}
OURS = {name: make for name, make in MODELS.items() if name != "RiverLearner"}

every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
every_own_model = pytest.mark.parametrize("make", OURS.values(), ids=OURS.keys())


def stream(n: int, seed: int = 0, partial_rows: bool = True) -> list[tuple[dict[Any, Any], Any]]:
    """Rows with numbers, categories, missing values, names of several types, labels and features that come later."""
    rng = np.random.default_rng(seed)
    rows = []
    for t in range(n):
        group = int(rng.integers(4))
        words = rng.choice(30, 8, replace=False).tolist()
        x: dict[Any, Any] = {f"w{j}": float(rng.normal(group == j % 4)) for j in words}
        x["colour"] = ["red", "green", "blue", "grey"][group] if rng.random() < 0.9 else None
        x[("pair", group)] = 1
        if t > n // 2:
            x[7] = float(rng.normal())
        y: Any = {f"l{group}", f"l{group}b"} if rng.random() < 0.7 else {f"l{group}"}
        if rng.random() < 0.1:
            y.add(100 + t // 20)
        if partial_rows and rng.random() < 0.2:
            known = [*sorted(y, key=str), f"l{(group + 1) % 4}"]
            y = {label: label in y for label in known if rng.random() < 0.8}
        elif partial_rows and rng.random() < 0.05:
            y = None
        rows.append((x, y))
    return rows


def same(one: ArrayEstimator, other: ArrayEstimator) -> bool:
    """Whether two models hold the same, to the last bit; river's own objects are pickled in no fixed order: asked."""
    if isinstance(one, RiverLearner):
        return all(told(one, x) == told(other, x) for x, _ in stream(20, seed=9))
    return pickle.dumps(one) == pickle.dumps(other)


def told(model: ArrayEstimator, x: Any) -> tuple[Any, Any]:
    return model.predict_proba_one(x), model.predict_set_one(x)


@every_model
@pytest.mark.parametrize("cut", [(1000,), (1, 2, 3, 60, 1000), (64, 64, 1000)])
def test_a_batch_is_its_rows(make: Make, cut: tuple[int, ...]) -> None:
    rows = stream(230)
    one, many = make(), make()
    singly = []
    for x, y in rows:
        singly.append((one.predict_set_one(x), one.rank_one(x, 5)))
        one.learn_one(x, y)
    together = []
    start = 0
    while start < len(rows):
        size = cut[min(len(together), len(cut) - 1)]
        together.append(many.predict_learn_many(Batch.from_pairs(rows[start : start + size])))
        start += size
    answers = [(a.label_set(i), a.ranking(i)) for a in together for i in range(len(a))]
    assert answers == singly
    assert same(one, many)


def test_events_are_the_same_however_rows_come() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for t in range(1400):
        x = {f"w{j}": float(rng.normal()) for j in range(6)}
        sign = 1 if t < 700 else -1
        rows.append((x, {f"l{j}" for j in range(6) if sign * x[f"w{j}"] > 0}))
    singly = IHOMER(preset="fast")
    for x, y in rows:
        singly.learn_one(x, y)
    assert any(event["kind"] == "alarm" for event in singly.events)
    for size in (7, 64, 1400):
        model = IHOMER(preset="fast")
        for start in range(0, len(rows), size):
            model.learn_many(Batch.from_pairs(rows[start : start + size]))
        assert model.events == singly.events
        assert pickle.dumps(model) == pickle.dumps(singly)


BROKEN: dict[str, dict[str, Any]] = {
    "a feature beyond the vocabulary": {"indices": np.array([0, 9], np.int32)},
    "a negative feature": {"indices": np.array([-1, 0], np.int32)},
    "offsets past the end": {"indptr": np.array([0, 1, 7])},
    "an infinite value": {"values": np.array([1, np.inf], np.float32)},
    "values of another type": {"values": np.array([1.0, 2.0])},
    "a label beyond the vocabulary": {"label_indices": np.array([0, 5], np.int32)},
    "an unknown status": {"status": np.array([2, 9], np.uint8)},
    "partial without known labels": {"status": np.array([2, 1], np.uint8)},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_batch_that_breaks_its_promises_is_refused(broken: dict[str, Any]) -> None:
    good = Batch.from_pairs([({"a": 1.0}, {"x"}), ({"b": 2.0}, {"x"})])
    model = IHOMER()
    model.learn_many(good)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=r".+"):
        model.learn_many(replace(good, **broken))
    assert pickle.dumps(model) == before


@every_model
def test_predictions_in_between_change_nothing(make: Make) -> None:
    asked, left = make(), make()
    other = stream(150, seed=1)
    for (x, y), (unseen, _) in zip(stream(150), other, strict=True):
        asked.predict_one(unseen)
        asked.predict_proba_one({**unseen, "never seen": 2.0, "colour": "orange"})
        asked.predict_many(Batch.from_pairs([(unseen, None), ({"also never seen": 1.0}, None)]))
        asked.learn_one(x, y)
        left.learn_one(x, y)
    assert same(asked, left)


@every_model
def test_predicting_is_what_predict_learn_does_first(make: Make) -> None:
    model = make()
    for x, y in stream(100):
        batch = Batch.from_pairs([(x, y)])
        before = model.predict_many(Batch.from_pairs([(x, None)]))
        during = model.predict_learn_many(batch)
        assert before.label_set(0) == during.label_set(0)
        assert before.ranking(0) == during.ranking(0)


@every_model
@pytest.mark.parametrize("at", [0, 1, 40, 64, 100, 128, 190])
def test_saved_and_loaded_goes_on_as_if_never_stopped(make: Make, at: int, tmp_path: Path) -> None:
    rows = stream(230)
    never, stopped = make(), make()
    pickled = isinstance(never, RiverLearner)
    for x, y in rows[:at]:
        never.learn_one(x, y)
        stopped.learn_one(x, y)
    stopped.save(tmp_path / "model", allow_pickle=pickled)
    stopped = type(never).load(tmp_path / "model", allow_pickle=pickled)
    for x, y in rows[at:]:
        assert told(never, x) == told(stopped, x)
        never.learn_one(x, y)
        stopped.learn_one(x, y)
    assert same(never, stopped)


@every_own_model
def test_order_of_dicts_does_not_matter(make: Make) -> None:
    forward, backward = make(), make()
    for x, y in stream(150):
        forward.learn_one(x, y)
        turned = dict(reversed(y.items())) if isinstance(y, dict) else y
        backward.learn_one(dict(reversed(x.items())), turned)
    assert pickle.dumps(forward) == pickle.dumps(backward)


def test_the_hash_seed_of_the_process_does_not_matter(tmp_path: Path) -> None:
    script = (
        "import sys; from tests.test_laws import MODELS, stream\n"
        "for i, (name, make) in enumerate(MODELS.items()):\n"
        "    model = make()\n"
        "    for x, y in stream(150): model.learn_one(x, y)\n"
        "    model.save(f'{sys.argv[1]}/{i}', allow_pickle=name == 'RiverLearner')\n"
    )
    root = Path(__file__).parent.parent
    for hash_seed in ("1", "2"):
        (tmp_path / hash_seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / hash_seed)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=root,
            check=True,
        )
    for i, name in enumerate(MODELS):
        if name != "RiverLearner":  # river's own objects hold sets
            assert (tmp_path / "1" / str(i)).read_bytes() == (tmp_path / "2" / str(i)).read_bytes(), name


@every_own_model
def test_unknown_is_not_absent(make: Make) -> None:
    """A label of which nothing is known for long is believed as before; one that is absent for long is not."""
    unknown, absent = make(), make()
    x = {"a": 1.0, "b": 2.0}
    for _ in range(60):
        for model in (unknown, absent):
            model.learn_one(x, {"p": True, "q": True})
    before = unknown.predict_proba_one(x)["p"][True]
    for _ in range(60):
        unknown.learn_one(x, {"q": True})
        absent.learn_one(x, {"p": False, "q": True})
    after = unknown.predict_proba_one(x)["p"][True]
    assert after == pytest.approx(before, abs=0.1)
    assert absent.predict_proba_one(x)["p"][True] < after - 0.2


@every_own_model
def test_rows_without_labels_teach_nothing_about_labels(make: Make) -> None:
    model = make()
    for x, y in stream(80, partial_rows=False):
        model.learn_one(x, y)
    labels = model.labels
    model.learn_one({"w1": 3.0}, None)
    assert model.labels == labels


@every_own_model
def test_two_copies_live_apart(make: Make) -> None:
    import copy

    model = make()
    rows = stream(120)
    for x, y in rows[:60]:
        model.learn_one(x, y)
    twin = copy.deepcopy(model)
    before = pickle.dumps(twin)
    for x, y in rows[60:]:
        model.learn_one(x, y)
    assert pickle.dumps(twin) == before


EDGES: dict[str, list[tuple[Any, Any]]] = {
    "no features": [({}, {"a"}), ({}, set()), ({}, {"b"})],
    "no labels": [({"x": 1.0}, set())] * 3,
    "one label": [({"x": float(i)}, {"a"} if i % 2 else set()) for i in range(100)],
    "all missing": [({"x": None, "y": float("nan")}, {"a"})] * 5 + [({"x": 1.0}, {"a"}), ({"x": None}, {"b"})],
    "huge values": [({"x": 3e38, "y": -3e38, "z": 1e-38}, {"a"} if i % 2 else {"b"}) for i in range(80)],
    "constant": [({"x": 5.0}, {"a"})] * 80,
    "ten thousand new labels": [({"x": 1.0}, {"a"}), ({"x": 1.0}, set(range(10_000))), ({"x": 1.0}, {"a"})],
}


@pytest.mark.parametrize("rows", EDGES.values(), ids=EDGES.keys())
@pytest.mark.parametrize("make", [IHOMER, partial(IHOMER, preset="paper"), LinearLearner, MLHAT])
def test_edges(make: Make, rows: list[tuple[Any, Any]]) -> None:
    model = make()
    for x, y in rows:
        model.predict_one(x)
        model.learn_one(x, y)
    for x, _ in rows:
        for answer in model.predict_proba_one(x).values():
            assert 0 <= answer[True] <= 1


BAD: list[tuple[Any, Any, type[Exception], str]] = [
    ({"x": float("inf")}, {"a"}, ValueError, "feature 'x' must be a finite number"),
    ({"new": 1e39}, {"a"}, ValueError, "feature 'new' must be a finite number"),
    ({"x": [1]}, {"a"}, TypeError, "feature 'x' must be a number, a string"),
    ({None: 1.0}, {"a"}, TypeError, "a name must be a str, int"),
    ({"x": 1.0}, {"a": 2}, TypeError, "label 'a' must be True, False or None, found 2"),
    ({"x": 1.0}, "a", TypeError, "y must be a set or list of labels"),
    ({"x": 1.0}, {None}, TypeError, "a name must be a str, int"),
    ([1.0], {"a"}, TypeError, "x must be a dict of features or an array of numbers, found list"),
]


@pytest.mark.parametrize(("x", "y", "error", "message"), BAD)
def test_bad_input_is_named_and_changes_nothing(x: Any, y: Any, error: type[Exception], message: str) -> None:
    model = IHOMER()
    for good, truth in stream(70):
        model.learn_one(good, truth)
    model.learn_one({"x": 1.0}, {"a"})
    before = pickle.dumps(model)
    with pytest.raises(error, match=message.replace("(", r"\(")):
        model.learn_one(x, y)
    assert pickle.dumps(model) == before
