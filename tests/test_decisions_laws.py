"""Laws that every decision obeys: causality, batch = loop, states, bounds, a long life."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from ihomer.checkpoint import dumps
from ihomer.decision import make_decision
from ihomer.decision.choice import Choice
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.rules import RULES
from ihomer.decision.subset_accuracy import SeenSets
from ihomer.decision.threshold import FixedThreshold
from ihomer.kernels.decide_choice import SCALE
from ihomer.kernels.decide_seen import ROWS
from tests.decision_streams import as_sets, probabilities, random_labels, rows_of

every_rule = pytest.mark.parametrize("name", RULES)


def bits(decision):
    return dumps(decision.state(), kind="state")


def in_pieces(decision, rows, p, cuts):
    sets = []
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        block = rows.slice(start, stop)
        q = np.ascontiguousarray(p[start:stop, : block.n_labels])
        sets += as_sets(decision.block(q, block, learn=True))
    return sets


@every_rule
def test_batch_is_loop(name):
    for seed in range(3):
        rows = rows_of(random_labels(seed, n=200, n_labels=40))
        p = probabilities(seed, rows)
        whole, singly, pieces = make_decision(name), make_decision(name), make_decision(name)
        sets = as_sets(whole.block(p, rows, learn=True))
        assert in_pieces(singly, rows, p, range(1, 200)) == sets
        assert in_pieces(pieces, rows, p, [1, 2, 50, 64, 150]) == sets
        assert bits(whole) == bits(singly) == bits(pieces)


@every_rule
def test_the_future_changes_nothing(name):
    labels = [set(range(6)), *random_labels(0, n=120)]
    other = [*labels[:100], *random_labels(1, n=21)]
    rows, changed = rows_of(labels), rows_of(other)
    p = probabilities(0, rows)
    assert as_sets(make_decision(name).block(p, rows, learn=True))[:101] == (
        as_sets(make_decision(name).block(p, changed, learn=True))[:101]
    )


@every_rule
def test_only_labels_that_there_are(name):
    rows = rows_of([{0}, {1}, {2}, {0, 3}, set(), {4: True}, *random_labels(3, n=100, n_labels=30)])
    p = np.full((len(rows), rows.n_labels), 0.9, np.float32)  # even if the probabilities knew better
    for i, labels in enumerate(as_sets(make_decision(name).block(p, rows, learn=True))):
        assert labels == sorted(set(labels))
        assert all(k < rows.limits[i] for k in labels)


@every_rule
def test_predicting_changes_nothing_and_is_what_learning_says(name):
    rows = rows_of(random_labels(5, n=150))
    p = probabilities(5, rows)
    decision = make_decision(name)
    decision.block(p[:100], rows.slice(0, 100), learn=True)
    before = bits(decision)
    row = rows.slice(100, 101)
    predicted = as_sets(decision.block(p[100:101], row, learn=False))
    decision.block(p[100:], rows.slice(100, 150), learn=False)
    assert bits(decision) == before
    assert as_sets(decision.block(p[100:101], row, learn=True)) == predicted


@every_rule
def test_a_restored_decision_goes_on_as_if_never_stopped(name):
    rows = rows_of(random_labels(7, n=300, n_labels=20))
    p = probabilities(7, rows)
    decision, restored = make_decision(name), make_decision(name)
    first, second = rows.slice(0, 150), rows.slice(150, 300)
    decision.block(np.ascontiguousarray(p[:150, : first.n_labels]), first, learn=True)
    restored.restore(copy.deepcopy(decision.state()))
    assert bits(restored) == bits(decision)
    assert as_sets(restored.block(p[150:], second, learn=True)) == as_sets(decision.block(p[150:], second, learn=True))
    assert bits(restored) == bits(decision)


@every_rule
def test_rows_without_labels_teach_nothing(name):
    rows = rows_of(random_labels(9, n=60))
    p = probabilities(9, rows)
    decision = make_decision(name)
    decision.block(p, rows, learn=True)
    before = bits(decision)
    unknown = rows_of([set(range(6)), *[None] * 20]).slice(1, 21)
    decision.block(p[:20], unknown, learn=True)
    assert bits(decision) == before


@pytest.mark.parametrize("name", ["example_f1", "subset_accuracy"])
def test_partial_rows_teach_nothing_where_the_whole_set_matters(name):
    rows = rows_of([set(range(6)), {0: True}, {1: True, 2: False}])
    p = probabilities(9, rows)
    decision = make_decision(name)
    decision.block(p[:1], rows.slice(0, 1), learn=True)
    before = bits(decision)
    decision.block(p[1:], rows.slice(1, 3), learn=True)
    assert bits(decision) == before


def test_unknown_labels_keep_their_thresholds():
    rows = rows_of([{0, 1, 2}, {0: True, 1: False}])
    decision = MacroF1()
    decision.block(np.zeros((1, 3), np.float32), rows.slice(0, 1), learn=True)
    before = decision.state()
    decision.block(np.full((1, 3), 0.4, np.float32), rows.slice(1, 2), learn=True)
    after = decision.state()
    assert (after["hits"] != before["hits"]).tolist() == [True, True, False]
    assert (after["mass"] != before["mass"]).tolist() == [True, True, False]
    assert after["empties"].tolist() == before["empties"].tolist()


def test_memory_is_bounded():
    rng = np.random.default_rng(0)
    rows = rows_of([set(rng.choice(200, rng.integers(0, 90), replace=False).tolist()) for _ in range(300)])
    decision = SeenSets(100)
    p = probabilities(0, rows)
    in_pieces(decision, rows, p, range(7, 300, 7))
    assert decision.sets.shape == (100, 64)
    assert all(len(array) == 100 for array in (decision.lengths, decision.log_counts, decision.stamps))


@pytest.mark.parametrize("late", [2**24 - 10, 2**31 - 10, 10**12])
def test_seen_sets_do_not_age(late):
    rows = rows_of(random_labels(11, n=400, n_labels=12))
    p = probabilities(11, rows)
    young, old = SeenSets(30), SeenSets(30)
    first, second = rows.slice(0, 200), rows.slice(200, 400)
    q = np.ascontiguousarray(p[:200, : first.n_labels])
    young.block(q, first, learn=True)
    old.block(q, first, learn=True)
    old.clock[ROWS] += late
    old.stamps += late
    assert as_sets(old.block(p[200:], second, learn=True)) == as_sets(young.block(p[200:], second, learn=True))


def test_a_label_long_gone_comes_back():
    rows = rows_of([{"a", "b"}, *[{"a"}] * 999])
    p = np.zeros((1000, 2), np.float32)
    p[:, 0] = 0.9
    decision = MacroF1()
    decision.block(p, rows, learn=True)
    for _ in range(1000):  # a million rows: a faded count alone would be gone
        decision.block(p[:0], rows.slice(0, 0), learn=True)
        decision.block(p[1:], rows.slice(1, 1000), learn=True)
    assert decision.mass[1] > 0
    back = np.full((1, 2), 0.9, np.float32)
    assert as_sets(decision.block(back, rows.slice(999, 1000), learn=False)) == [[0, 1]]


def test_the_scale_of_a_choice_is_taken_out_in_time():
    rows = rows_of(random_labels(13, n=300))
    p = probabilities(13, rows)

    def choice():
        return Choice([FixedThreshold(0.9), FixedThreshold(0.5)], "macro_f1")

    fresh, old = choice(), choice()
    old.totals[SCALE] = 0.99e100
    assert as_sets(old.block(p, rows, learn=True)) == as_sets(fresh.block(p, rows, learn=True))
    assert old.totals[SCALE] < 10
    assert old.hits == pytest.approx(fresh.hits, rel=1e-12)


def score(name, p, rows):
    """Micro-F1, macro-F1, example-F1 and subset accuracy of a rule."""
    indptr, ids = make_decision(name).block(p, rows, learn=True)
    held, predicted = np.zeros(p.shape, bool), np.zeros(p.shape, bool)
    held[np.repeat(np.arange(len(p)), np.diff(rows.label_indptr)), rows.label_indices[rows.label_indptr[0] :]] = True
    predicted[np.repeat(np.arange(len(p)), np.diff(indptr)), ids] = True
    both, sizes = held & predicted, held.astype(int) + predicted
    return {
        "micro_f1": 2 * both.sum() / sizes.sum(),
        "macro_f1": (2 * both.sum(0) / np.maximum(sizes.sum(0), 1)).mean(),
        "example_f1": np.where(sizes.sum(1) > 0, 2 * both.sum(1) / np.maximum(sizes.sum(1), 1), 1).mean(),
        "subset_accuracy": (held == predicted).all(1).mean(),
    }


@pytest.mark.parametrize("target", ["micro_f1", "macro_f1", "example_f1"])
def test_rules_are_best_for_their_targets_where_probabilities_are_true(target):
    rng = np.random.default_rng(0)
    p = (rng.beta(0.3, 1.2, (4000, 8)) * np.linspace(0.2, 1, 8)).astype(np.float32)
    labels = [set(np.flatnonzero(row).tolist()) for row in rng.random(p.shape) < p]
    rows = rows_of([set(range(8)), *labels]).slice(1, 4001)
    scores = {name: score(name, p, rows)[target] for name in ("micro_f1", "macro_f1", "example_f1", "hamming")}
    assert max(scores, key=lambda name: scores[name]) == target


def test_seen_sets_are_best_for_subset_accuracy_where_labels_come_together():
    rows = rows_of(random_labels(17, n=2000, n_labels=8, partial=False))
    p = probabilities(17, rows)
    scores = {name: score(name, p, rows)["subset_accuracy"] for name in ("subset_accuracy", "example_f1", "hamming")}
    assert scores["subset_accuracy"] > 1.2 * max(scores["example_f1"], scores["hamming"])


@pytest.mark.parametrize("how", [True, -0.1, 1.5, "best", None, float("nan")])
def test_no_such_decision(how):
    with pytest.raises(ValueError, match=r"decision must be .* found"):
        make_decision(how)
