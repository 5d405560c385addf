"""A model that takes its labels for many: the laws of every model, what it costs, and when it is one."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import IHOMER, MLHAT, label_space
from ihomer.kernels.slot_index import BIAS
from ihomer.label_space import FEW, MANY, NEAR
from ihomer.learners import many_labels
from ihomer.learners.dense_labels import DenseLabels
from ihomer.learners.many_labels import ManyLabels
from ihomer.learners.slot_index import SlotIndex
from streams import Batch
from tests import label_streams as streams


def words(seed, n, n_labels, *, first=0):
    """Return n rows of words that foretell one of `n_labels` labels, and sometimes the next one."""
    rng = np.random.default_rng(seed)
    rows = []
    for label in rng.integers(first, first + n_labels, n).tolist():
        x = {f"w{label}": 1.0, f"v{label // 2}": 1.0, f"u{rng.integers(50)}": 0.5}
        rows.append((x, {f"l{label}"} | ({f"l{label + 1}"} if rng.random() < 0.3 else set())))
    return rows


def same(one, other):
    assert pickle.dumps(one) == pickle.dumps(other)


def in_a_loop_and_in_batches(pairs, cut):
    """Learn row by row, and in two batches with saving between; both say and are the same. Return one of them."""
    loop, batch = IHOMER(label_space="many"), IHOMER(label_space="many")
    answers = []
    for x, y in pairs:
        answers.append(loop.predict_set_one(x))
        loop.learn_one(x, y)
    whole = Batch.from_pairs(pairs)
    said = batch.predict_learn_many(whole.slice(0, cut))
    batch = pickle.loads(pickle.dumps(batch))
    after = batch.predict_learn_many(whole.slice(cut, len(whole)))
    assert [*map(said.label_set, range(cut)), *map(after.label_set, range(len(pairs) - cut))] == answers
    same(loop, batch)
    return loop


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 90))
def test_batch_is_loop_and_saved_is_running(seed, partial, cut):
    pairs = streams.pairs(seed, 200, features=30, labels=12, partial=partial)
    in_a_loop_and_in_batches(pairs, cut)


def test_it_ranks_and_says_only_what_it_touches():
    model = IHOMER(label_space="many")
    for x, y in words(1, 3000, 300):
        model.learn_one(x, y)
    x = {"w7": 1.0, "v3": 1.0}
    best = model.rank_one(x, k=1000)
    assert best[0][0] == "l7"
    assert 5 < len(best) <= 64
    assert [p for _, p in best] == sorted((p for _, p in best), reverse=True)
    assert model.predict_one(x) == dict.fromkeys(model.predict_set_one(x), True)
    assert model.predict_one(x)["never seen"] is False
    proba = model.predict_proba_one(x)
    assert {label: p[True] for label, p in proba.items()} == dict(best)
    why = model.explain_one(x, "l7")
    assert why.probability == pytest.approx(best[0][1], abs=1e-3)
    assert [expert.name for expert in why.experts] == ["slot index"]
    assert model.explain_one(x, "l299").probability < 0.1
    nothing = IHOMER(label_space="many", decision=0.99)
    nothing.learn_one({"a": 1.0}, {"x", "y"})
    (answer,) = nothing.predict_one({"b": 1.0}).items()
    assert answer[0] in {"x", "y"}
    assert answer[1] is False
    assert IHOMER(label_space="many").predict_one({"b": 1.0}) == {}


def test_a_list_that_favours_the_tail():
    plain, tail = IHOMER(label_space="many"), IHOMER(label_space="many", rank="propensity")
    often = [({"w": 1.0, f"u{i % 7}": 1.0}, {"often"} if i % 3 else {"often", "seldom"}) for i in range(300)]
    for model in (plain, tail):
        for x, y in often:
            model.learn_one(x, y)
        for _ in range(2):
            model.learn_one({"w": 1.0, "z": 1.0}, {"twice"})
    x = {"w": 1.0, "z": 1.0}
    assert dict(plain.rank_one(x)) == dict(tail.rank_one(x))
    assert plain.predict_set_one(x) == tail.predict_set_one(x)
    orders = [[label for label, _ in model.rank_one(x)] for model in (plain, tail)]
    assert orders[0].index("twice") > orders[1].index("twice")
    batch = Batch.from_pairs([(x, set())] * 3)
    assert tail.rank_many(batch, k=2).ranking(1) == tail.rank_one(x, k=2)
    assert plain.rank_many(batch, k=9).ranking(2) == plain.rank_one(x, k=9)
    for one in (plain, tail, IHOMER(label_space="few")):
        assert one.rank_many(batch, k=10**12).top_ids.shape == (3, one.n_labels)
        with pytest.raises(ValueError, match="k must be at least 1, found 0"):
            one.rank_many(batch, k=0)
    with pytest.raises(ValueError, match=r'rank="propensity" takes label_space="many"'):
        IHOMER(rank="propensity")
    with pytest.raises(ValueError, match="'probability' or 'propensity', found 'luck'"):
        IHOMER(label_space="many", rank="luck")


def test_what_cannot_be_many_says_why():
    with pytest.raises(ValueError, match=r'label_space="many" cannot be: decisions for this target'):
        IHOMER(label_space="many", target="macro_f1")
    with pytest.raises(ValueError, match="learner of every cluster"):
        IHOMER(label_space="many", learner=MLHAT())
    with pytest.raises(ValueError, match="'auto', 'few' or 'many', found 'lots'"):
        IHOMER(label_space="lots")


def test_labels_that_become_many_and_few_again():
    model = IHOMER(preset="fast", max_labels=MANY + NEAR, silent_for=2000)
    model.learn_many(Batch.from_pairs(words(1, 6000, 40)))
    assert (model._space.many, len(model._space.learners)) == (None, 1)
    pairs = words(2, 6000, MANY + 200)
    model.learn_many(Batch.from_pairs(pairs))
    (event,) = [event for event in model.events if event["kind"] == "space"]
    assert (event["before"], event["after"]) == ("few", "many")
    assert event["n_labels"] > MANY
    assert model._mixture is None
    # Nothing is forgotten: what was learned before the change is known after it.
    right = sum(next(iter(y)) in {label for label, _ in model.rank_one(x, k=2)} for x, y in pairs[-500:])
    assert right > 400
    model.learn_many(Batch.from_pairs(words(3, 18_000, FEW // 4)))
    assert [event["after"] for event in model.events if event["kind"] == "space"] == ["many", "few"]
    assert model._space.many is None
    assert model.rank_one({"w7": 1.0, "v3": 1.0})[0][0] == "l7"


def test_what_was_decided_does_not_depend_on_how_rows_come():
    pairs = words(5, 3000, MANY + 400)
    models = [IHOMER(preset="fast") for _ in range(2)]
    whole = Batch.from_pairs(pairs)
    models[0].learn_many(whole)
    for start in range(0, len(pairs), 77):
        models[1].learn_many(whole.slice(start, min(start + 77, len(pairs))))
    assert models[0]._space.speaks_many
    same(*models)


@pytest.mark.parametrize("kind", ["sparse", "partly known", "dense"])
def test_labels_that_come_back_within_a_batch(kind):
    # 90 labels of which 60 are kept: many of every batch come back, each is given its share after its own row.
    pairs = [pair for first in (0, 45, 0, 30) for pair in words(first, 700, 45, first=first)]
    if kind == "dense":
        pairs = [(dense(i, 1, 90)[0][0], y) for i, (_, y) in enumerate(pairs)]
    if kind == "partly known":
        pairs = [(x, dict.fromkeys(y, True) if i % 3 else y) for i, (x, y) in enumerate(pairs)]
    models = [IHOMER(label_space="many", max_labels=60) for _ in range(3)]
    whole = Batch.from_pairs(pairs)
    models[0].learn_many(whole)
    for start in range(0, len(pairs), 77):
        models[1].learn_many(whole.slice(start, min(start + 77, len(pairs))))
    for x, y in pairs:
        models[2].learn_one(x, y)
    same(models[0], models[1])
    same(models[0], models[2])
    returned = [event for event in models[0].events if event["kind"] == "returned"]
    assert sum(event["n_labels"] for event in returned) > 30
    # What it had is more than what the few rows since it came back would say.
    index = models[0]._space.many.index
    assert index.counts[0, : index.n_labels].sum() > 1.02 * sum(len(y) for _, y in pairs[-1400:])


def dense(seed, n, n_labels, width=8):
    """Return n rows near the corner of one of `n_labels` labels, and sometimes of the next one."""
    rng = np.random.default_rng(seed)
    corners = np.random.default_rng(0).normal(size=(n_labels, width))
    rows = []
    for label in rng.integers(0, n_labels, n).tolist():
        x = corners[label] + 0.1 * rng.normal(size=width)
        rows.append((dict(enumerate(x.tolist())), {f"l{label}"} | ({f"l{label + 1}"} if rng.random() < 0.3 else set())))
    return rows


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 290))
def test_dense_streams_have_vectors_of_labels(seed, cut):
    pairs = dense(seed, 300, 120)
    loop = in_a_loop_and_in_batches(pairs, cut)
    assert isinstance(loop._space.many.index, DenseLabels)
    assert loop.n_labels > 64


def test_what_a_dense_model_says_can_be_explained():
    model = IHOMER(label_space="many")
    pairs = dense(3, 2000, 100)
    model.learn_many(Batch.from_pairs(pairs))
    x, y = pairs[-1]
    best = model.rank_one(x, k=30)
    assert best[0][0] in y
    why = model.explain_one(x, best[0][0])
    (expert,) = why.experts
    assert expert.name == "dense labels"
    assert 1 / (1 + np.exp(-expert.part)) == pytest.approx(best[0][1], abs=1e-4)
    assert expert.evidence[0].total == pytest.approx(expert.part, abs=1e-3)
    assert len({feature.name for feature in expert.evidence[0].items}) > 3


def test_dense_streams_become_many_later(monkeypatch):
    monkeypatch.setattr(label_space, "NEAR_DENSE", 150)
    monkeypatch.setattr(label_space, "MANY_DENSE", 250)
    models = [IHOMER(preset="fast") for _ in range(2)]
    pairs = dense(1, 6000, 400, width=32)
    whole = Batch.from_pairs(pairs)
    models[0].learn_many(whole.slice(0, 200))
    assert not models[0]._space.speaks_many
    models[0].learn_many(whole.slice(200, 6000))
    (event,) = [event for event in models[0].events if event["kind"] == "space"]
    assert (event["before"], event["after"]) == ("few", "many")
    assert event["n_labels"] > 250
    assert isinstance(models[0]._space.many.index, DenseLabels)
    right = sum(next(iter(y)) in {label for label, _ in models[0].rank_one(x, k=2)} for x, y in pairs[-300:])
    assert right > 240
    for start in range(0, 6000, 331):
        models[1].learn_many(whole.slice(start, min(start + 331, 6000)))
    same(*models)


def test_labels_of_dense_streams_come_and_go():
    model = IHOMER(label_space="many", max_labels=60, silent_for=1000)
    for seed, n_labels in ((1, 40), (2, 150), (3, 90)):
        model.learn_many(Batch.from_pairs(dense(seed, 2500, n_labels)))
    assert model.n_labels <= 60 + 32
    again = pickle.loads(pickle.dumps(model))
    pairs = dense(4, 600, 90)
    for one in (model, again):
        one.learn_many(Batch.from_pairs(pairs))
    same(model, again)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 9))
def test_the_best_are_the_best_of_all(seed, partial, k):
    rows = streams.rows_of(streams.pairs(seed, 80, features=30, labels=12, partial=partial))
    one, other, held = SlotIndex(), SlotIndex(), set()
    for i in range(len(rows)):
        row = rows.slice(i, i + 1)
        ids, scores, _ = one.best(row, k, learn=True)
        everything = other.block(streams.views_of(row), learn=True)[0, 0]
        there = ids[0][ids[0] >= 0]
        # There are few enough labels that all that held so far are candidates: none of them is left out.
        order = sorted(held & set(range(rows.limits[i])), key=lambda label: (-everything[label], label))
        held |= streams.held_of(rows, i)
        np.testing.assert_allclose(np.clip(scores[0, : len(there)], -7, 7), everything[there], atol=1e-6)
        np.testing.assert_allclose(everything[there], everything[order[:k]], atol=1e-6)


def test_a_row_costs_what_it_touches():
    # Arrays as long as there are labels may be grown, but nothing goes through them row by row: the same rows give
    # the same bits when a million other labels are there, too.
    pairs = words(7, 400, 50)
    model, crowded = ManyLabels(), ManyLabels()
    from ihomer.door import Door

    rows = Door().learned(Batch.from_pairs(pairs))
    model.block(rows.slice(0, 1), learn=True)
    crowded.block(rows.slice(0, 1), learn=True)
    crowded.index.counts = np.zeros((2, 1_000_000))
    crowded.index.place = np.zeros(1_000_000, np.int32)
    marks = crowded.index.counts[:, 1000:]
    marks[:] = np.nan  # whoever reads them says so
    for i in range(1, len(rows)):
        one, other = (many.block(rows.slice(i, i + 1), learn=True) for many in (model, crowded))
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_array_equal(one.p, other.p)
    assert np.isnan(crowded.index.counts[:, 1000:]).all()


def test_scores_beyond_all_measure_are_probabilities():
    model = IHOMER(label_space="many", target="micro_f1")
    for x, y in words(3, 200, 5):
        model.learn_one(x, y)
    model._space.many.index.traits[:3, BIAS] = -1e3, 1e3, -3e38
    x = {"w1": 1.0, "w2": 1.0}
    before = [p for _, p in model.rank_one(x, k=9)]
    assert before == sorted(before, reverse=True)
    assert 0 < before[-1] < 1e-9 < before[0] <= 1
    for _ in range(130):  # the monitors see them, too
        model.learn_one(x, {"l1"})
    assert all(np.isfinite(p) for _, p in model.rank_one(x, k=9))


def test_lines_that_become_shorter_keep_what_says_most():
    rows = streams.rows_of(streams.pairs(3, 400, features=6, labels=12, partial=False))
    index = SlotIndex()
    index.best(rows, 5, learn=True)
    before = index.state(6, 12)
    index.shorten(3)
    after = index.state(6, 12)
    for j in range(6):
        line, kept = (slice(state["indptr"][j], state["indptr"][j + 1]) for state in (before, after))
        excess = before["cells"][line, 0] - before["seen"][j] * before["counts"][0, before["labels"][line]] / before["rows"][0]
        best = np.sort(np.argsort(-excess, kind="stable")[:3])
        assert after["labels"][kept].tolist() == before["labels"][line][best].tolist()
        np.testing.assert_array_equal(after["cells"][kept], before["cells"][line][best])
    index.best(rows, 5, learn=True)
    assert np.diff(index.state(6, 12)["indptr"]).max() == 3


def test_fewer_slots_where_labels_are_more(monkeypatch):
    monkeypatch.setattr(many_labels, "FEWER_SLOTS", ((60, 5), (120, 2)))
    pairs = words(5, 900, 100)
    whole = Batch.from_pairs(pairs)
    models = [IHOMER(label_space="many") for _ in range(2)]
    models[0].learn_many(whole)
    for start in range(0, len(pairs), 31):
        models[1].learn_many(whole.slice(start, min(start + 31, len(pairs))))
        models[1] = pickle.loads(pickle.dumps(models[1]))
    same(*models)
    assert np.diff(models[0]._space.many.index.state(0, 101)["indptr"]).max() == 2
