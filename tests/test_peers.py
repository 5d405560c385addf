"""One conformance suite for every learner that has a name, and what is particular to some of the others'."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest
from river import base, neighbors, tree

from ihomer.evaluation.catalogue import make_model
from ihomer.evaluation.learners import CATALOGUE
from ihomer.evaluation.river_model import as_array_model
from ihomer.peers.binary_relevance import BinaryRelevance
from ihomer.peers.inputs import Inputs, MarkedInputs, NumericInputs, ScaledInputs
from ihomer.peers.label_sets import PrunedSets
from ihomer.peers.label_statistics import LabelStatistics
from ihomer.peers.label_tree import MLHT
from ihomer.peers.mlbels import MLBELS
from ihomer.peers.neighbours import NearestNeighbours
from ihomer.peers.quantizer import Quantizer
from ihomer.peers.vw import VowpalWabbit
from streams import Batch, Vocabulary

HAS_VW = importlib.util.find_spec("vowpalwabbit") is not None
NAMES = [name for name, learner in CATALOGUE.items() if learner.extra is None or HAS_VW]
#: What makes the slow ones quick to split and to vote, without making them something else.
SETTINGS = {
    **{name: {"grace_period": 20} for name in ("ht", "hat", "efdt", "mlht", "mlhtps", "isoupt", "mlhat")},
    "sgt": {"grace_period": 20, "warm_start": 20},
    "amr": {"n_min": 20},
    "arf": {"n_models": 3, "grace_period": 10},
    "amf": {"n_estimators": 3},
    "abalr": {"n_models": 3},
    "abolr": {"n_models": 3},
    "mlbels": {"chunk": 20, "windows": 5},
    "lr": {"lr": 0.3},
    "cc": {"lr": 0.3},
    "mcc": {"lr": 0.3, "m": 3},
}


def made(name, seed=3):
    return make_model(name, SETTINGS.get(name), seed)[0]


def rows(n=90, seed=0):
    """Rows whose labels follow from their features; later ones bring new labels and features, and know less."""
    rng = np.random.default_rng(seed)
    pairs = []
    for i in range(n):
        a, b = rng.normal(size=2)
        x = {"a": a, "b": b, "colour": "red" if a > 0 else "green", "constant": 1.0, "flag": float(b > 0)}
        y = {name for name, holds in (("up", a > 0), ("down", a <= 0), ("right", b > 0)) if holds}
        if i >= n // 2:
            x |= {"late": b, ("tuple" if i % 7 == 0 else "text"): 2.0}
            y |= {"new"} if b > 0.5 else set()
        if i % 9 == 4:
            x["a"] = None
        if i % 11 == 5:
            x["colour"] = math.nan
        known = None if i % 13 == 6 else {name: name in y for name in ("up", "right")} if i % 5 == 3 else y
        pairs.append((x, known))
    return pairs


def batches(pairs, rows=40, labels=()):
    features, labels = Vocabulary(), Vocabulary(labels)
    for start in range(0, len(pairs), rows):
        yield Batch.from_pairs(pairs[start : start + rows], features, labels)


def run(name, pairs, rows=40, labels=(), seed=3):
    """Label sets and rankings of a fresh learner, prequentially."""
    model = as_array_model(made(name, seed), labels)
    parts = [model.predict_learn_many(batch) for batch in batches(pairs, rows, labels)]
    return (
        [part.label_set(i) for part in parts for i in range(len(part))],
        [part.ranking(i) for part in parts for i in range(len(part))],
        model,
    )


@pytest.mark.parametrize("name", NAMES)
def test_predicts_what_it_met_and_is_the_same_again(name):
    """New labels, partial and unlabelled rows, missing values, categories; a seed says all that follows."""
    pairs = rows()
    sets, rankings, model = run(name, pairs)
    assert len(sets) == len(pairs)
    met = set()
    for predicted, ranking, (_, y) in zip(sets, rankings, pairs, strict=True):
        assert predicted <= met
        assert {label for label, _ in ranking} <= met
        assert all(math.isfinite(score) for _, score in ranking)
        met |= set(y or ())
    assert set().union(*sets)
    again = run(name, pairs, rows=1)
    assert again[:2] == (sets, rankings)
    # predict_many changes nothing
    [batch] = batches(pairs[:20], 20)
    first = model.predict_many(batch)
    second = model.predict_many(batch)
    assert [first.label_set(i) for i in range(20)] == [second.label_set(i) for i in range(20)]


@pytest.mark.parametrize("name", [name for name in NAMES if CATALOGUE[name].family != "trivial"])
def test_learns(name):
    """One label follows from a feature, another holds nearly always, a third hardly ever."""
    rng = np.random.default_rng(1)
    pairs = []
    for i in range(240):
        a = float(rng.normal())
        y = {name for name, holds in (("often", i % 12), ("up", a > 0), ("seldom", i % 12 == 5)) if holds}
        pairs.append(({"a": 3 * a, "b": float(rng.normal())}, y))
    sets, _, _ = run(name, pairs, labels=("often", "up", "seldom"))
    truths = [y for _, y in pairs]
    late = range(140, 240)
    assert np.mean([("often" in sets[i]) for i in late]) > 0.9
    assert np.mean([("seldom" in sets[i]) for i in late]) < 0.2  # it holds in a twelfth; plain gradient descent wavers
    right = np.mean([("up" in sets[i]) == ("up" in truths[i]) for i in late])
    assert right > 0.7


@pytest.mark.parametrize("name", NAMES)
def test_begins_with_anything(name):
    """Nothing known, one row, rows without features, one label, one value."""
    for pairs in ([({}, set())] * 3, [({"a": 1.0}, {"x"})] * 30, [({}, None)], [({"a": None}, {"x": False})] * 3):
        sets, _, _ = run(name, pairs)
        assert all(predicted <= {"x"} for predicted in sets)


@pytest.mark.parametrize("name", [name for name in NAMES if CATALOGUE[name].family != "trivial"])
def test_a_clone_has_learned_nothing_and_is_otherwise_the_same(name):
    pairs = rows(60)
    model = made(name)
    fresh = model.clone()
    expected = run_model(model, pairs)
    assert run_model(fresh, pairs) == expected
    assert run_model(model.clone(), pairs) == expected


def run_model(model, pairs):
    model = as_array_model(model)
    parts = [model.predict_learn_many(batch) for batch in batches(pairs)]
    return [part.label_set(i) for part in parts for i in range(len(part))]


@pytest.mark.parametrize("name", NAMES)
def test_says_where_it_comes_from(name):
    learner = CATALOGUE[name]
    module, _, attribute = learner.factory.partition(":")
    factory = getattr(importlib.import_module(module), attribute)
    assert factory.__doc__
    assert learner.what
    if learner.family in ("global", "local"):
        for part in learner.source.replace(" et al.", "").replace(" & ", " ").split()[:-1]:
            assert part.casefold() in factory.__doc__.casefold() or learner.source == "river"
        assert isinstance(made(name), base.MultiLabelClassifier)


def test_all_of_the_paper_are_there():
    paper = "mlhat knn nb amr ht hat efdt sgt mt arf amf abalr abolr mlbels mlht mlhtps isoupt"
    assert set(paper.split()) <= set(CATALOGUE)


# ------------------------------------------------------------------ inputs


def test_zeros_are_filled_where_a_stream_is_dense():
    inputs, sparse = Inputs(), Inputs()
    for i in range(10):
        inputs.learn_one({"a": 1.0, "b": 2.0} if i else {"a": 1.0})
        sparse.learn_one({f"f{i}": 1.0})
    assert inputs.dense
    assert inputs.transform_one({"new": 1.0}) == {"a": 0.0, "b": 0.0, "new": 1.0}
    assert inputs.transform_one({"a": math.nan}) == {"b": 0.0}
    assert not sparse.dense
    assert sparse.transform_one({"f1": 2.0}) == {"f1": 2.0}


def test_categories_are_columns_of_ones():
    numeric, marked = NumericInputs(), MarkedInputs()
    for inputs in (numeric, marked):
        for colour in ("red", "green"):
            inputs.learn_one({"colour": colour, "a": 1.0})
    assert numeric.transform_one({"colour": "red"}) == {"colour=red": 1.0, "colour=green": 0.0, "a": 0.0}
    assert numeric.transform_one({"colour": None, "a": 2.0}) == {"a": 2.0}
    assert marked.transform_one({"colour": None, "a": 2.0}) == {"a": 2.0, "colour=red": None, "colour=green": None}


def test_sparse_features_that_are_always_one_stay():
    inputs = ScaledInputs()
    for i in range(10):
        inputs.learn_one({f"f{i}": 4.0})
    assert inputs.transform_one({"f3": 4.0}) == {"f3": 1.0}


# ------------------------------------------------------------------ some of them


def test_neighbours_are_those_of_river_label_by_label():
    pairs = [({"a": x["a"] or 0.0, "b": x["b"]}, y) for x, y in rows(80) if isinstance(y, set)]
    ours = as_array_model(NearestNeighbours(3, 30), ("up", "down", "right", "new"))
    model = neighbors.KNNClassifier(3, engine=neighbors.LazySearch(30))
    river = as_array_model(BinaryRelevance(model), ("up", "down", "right", "new"))
    for batch in batches(pairs, labels=("up", "down", "right", "new")):
        first, second = ours.predict_learn_many(batch), river.predict_learn_many(batch)
        assert [first.label_set(i) for i in range(len(batch))] == [second.label_set(i) for i in range(len(batch))]
        assert np.allclose(first.top_scores, second.top_scores)


def test_binary_relevance_is_a_model_for_every_label():
    pairs = rows(100)
    ours = BinaryRelevance(tree.HoeffdingTreeClassifier(grace_period=20))
    alone = tree.HoeffdingTreeClassifier(grace_period=20)
    inputs = Inputs()
    for x, y in pairs:
        known = dict.fromkeys(("up", "down", "right"), False) | dict.fromkeys(y, True) if isinstance(y, set) else y or {}
        expected = alone.predict_proba_one(inputs.transform_one(x)).get(True, 0.0) if inputs.dense else None
        if expected is not None and "up" in ours._models:
            assert ours.predict_proba_one(x)["up"][True] == expected
        ours.learn_one(x, known)
        inputs.learn_one(x)
        if "up" in known:
            alone.learn_one(inputs.transform_one(x), known["up"])


def test_observers_count_zeros_and_what_is_missing():
    """Mean and variance with zeros that follow from the counts are those of the whole column."""
    rng = np.random.default_rng(0)
    values = np.where(rng.random((60, 3)) < 0.5, rng.normal(size=(60, 3)), 0.0)
    labels = rng.random((60, 2)) < 0.5
    missing = rng.random((60, 3)) < 0.1
    statistics = LabelStatistics()
    for row, held, gone in zip(values, labels, missing, strict=True):
        there = np.flatnonzero((row != 0) & ~gone)
        statistics.update(there, row[there], np.flatnonzero(gone), np.flatnonzero(held))
    known, mean, m2, low, high, _ = statistics._with_zeros(np.arange(3))
    for j in range(3):
        for kind, chosen in enumerate([np.ones(60, bool), labels[:, 0], labels[:, 1]]):
            column = values[chosen & ~missing[:, j], j]
            assert known[j, kind] == len(column)
            assert mean[j, kind] == pytest.approx(column.mean())
            assert m2[j, kind] == pytest.approx(((column - column.mean()) ** 2).sum())
        assert (low[j], high[j]) == (values[~missing[:, j], j].min(), values[~missing[:, j], j].max())


def test_a_split_on_a_flag_is_exact():
    statistics = LabelStatistics()
    for i in range(40):
        flag = np.flatnonzero(np.array([i % 2]))
        statistics.update(flag, np.ones(len(flag)), np.empty(0, np.int64), np.flatnonzero(np.array([i % 2, 1 - i % 2])))
    [split] = statistics.best_splits()
    assert split.merit == pytest.approx(2.0)  # two labels, a bit each
    assert 0 < split.threshold < 1


def test_the_tree_splits_sends_missing_values_the_heavy_way_and_keeps_its_bound():
    model, bounded = MLHT(grace_period=40), MLHT(grace_period=40, max_bytes=100)
    for i in range(300):
        x = {"a": 1.0 if i % 3 else -1.0, "b": float(i % 5)}
        y = {"up": bool(i % 3), "down": not i % 3}
        model.learn_one(x, y)
        bounded.learn_one(x, y)
    assert model.n_leaves > 1
    assert bounded.n_leaves == 1
    assert model.predict_one({"a": None, "b": 1.0}) == {"up": True, "down": False}
    assert model.predict_one({"a": -1.0, "b": 1.0}) == {"up": False, "down": True}


def test_rare_sets_are_learned_as_their_parts():
    sets = PrunedSets(tree.HoeffdingTreeClassifier(), prune=2, parts=1)
    for _ in range(5):
        sets.learn({"a": 0.0}, frozenset("x"))
    sets.learn({"a": 0.0}, frozenset("xy"))
    assert sets.score({"a": 0.0}) == {"x": 1.0}
    for _ in range(20):
        sets.learn({"a": 9.0}, frozenset("xy"))
    scores = sets.score({"a": 9.0})
    assert scores["x"] == pytest.approx(1.0)
    assert scores["y"] > 0.5


def test_the_quantizer_waits_for_a_second_value():
    from river.tree.utils import GradHess

    quantizer = Quantizer(n_bins=4, warm_start=5)
    for _ in range(50):
        quantizer.update(1.0, GradHess(0.1, 0.1), 1.0)
    assert len(quantizer) == 0
    quantizer.update(3.0, GradHess(0.1, 0.1), 1.0)
    assert [edge for edge, _ in quantizer] == [1.5, math.inf]


def test_mlbels_predicts_after_its_first_chunk_and_never_nothing():
    model = MLBELS(chunk=10, windows=4)
    for i in range(35):
        answer = model.predict_one({"a": float(i % 2), "b": 1.0})
        assert any(answer.values()) == (i >= 10)
        model.learn_one({"a": float(i % 2), "b": 1.0}, {"odd": i % 2 == 1, "even": i % 2 == 0, "rare": i == 3})


@pytest.mark.skipif(not HAS_VW, reason="vowpalwabbit is not installed (extra peers)")
def test_vw_makes_room_for_more_labels():
    model = VowpalWabbit()
    for i in range(200):
        model.learn_one({"a": float(i % 3 + 1), f"f{i % 3}": 1.0}, {f"l{k}": i % 3 == k % 3 for k in range(3 + i // 10)})
    answer = model.predict_one({"a": 1.0, "f0": 1.0})
    assert len(answer) == 22
    assert answer["l0"]
    assert not answer["l1"]


def test_vw_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "vowpalwabbit", None)
    with pytest.raises(ValueError, match=r"pip install 'ihomer\[peers\]'"):
        make_model("vw")
