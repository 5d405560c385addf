"""Every decision against its twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ihomer.decision.choice import Choice
from ihomer.decision.example_f1 import ExampleF1
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.subset_accuracy import SeenSets
from ihomer.decision.threshold import F1Threshold, FixedThreshold
from ihomer.kernels.decide_example import RATIO, Q, best_size
from ihomer.kernels.decide_sizes import MOST_SIZE
from tests.decision_streams import as_sets, probabilities, random_labels, rows_of, truth
from tests.naive import decide as naive

few = settings(max_examples=30, deadline=None)
seeds = st.integers(0, 10_000)


def against_twin(decision, twin, rows, p):
    got = as_sets(decision.block(p, rows, learn=True))
    for i in range(len(rows)):
        there = p[i, : rows.limits[i]]
        expected = twin.predict(there)
        assert got[i] == sorted(expected)
        if rows.status[i]:
            twin.learn(there, expected, *truth(rows, i))


@few
@given(seeds)
def test_macro_f1(seed):
    rows = rows_of(random_labels(seed))
    against_twin(MacroF1(), naive.MacroF1(), rows, probabilities(seed, rows))


@few
@example(236, 30)  # a label that is hardly possible would change the set
@given(seeds, st.sampled_from([6, 30]))
def test_example_f1(seed, n_labels):
    rows = rows_of(random_labels(seed, n_labels=n_labels))
    against_twin(ExampleF1(), naive.ExampleF1(), rows, probabilities(seed, rows))


def test_example_f1_with_large_label_sets():
    rng = np.random.default_rng(0)
    rows = rows_of([set(rng.choice(90, rng.integers(20, 80), replace=False).tolist()) for _ in range(30)])
    against_twin(ExampleF1(), naive.ExampleF1(), rows, probabilities(0, rows))


@few
@given(seeds, st.integers(1, 7))
def test_no_set_of_labels_has_a_larger_expected_f1(seed, n):
    rng = np.random.default_rng(seed)
    p = np.sort(rng.beta(0.5, 0.8, n).clip(1e-6, 1 - 1e-6))[::-1]
    work = np.zeros((4, MOST_SIZE + 1))
    work[Q, :n], work[RATIO, : n + 1] = p, rng.gamma(1, 1, n + 1) + 0.01
    k, f1, empty = best_size(n, work)
    assert (f1, empty) == pytest.approx(naive.best_f1_of_all(p, work[RATIO]), abs=1e-9)
    assert f1 == pytest.approx(naive.expected_f1(p, work[RATIO])[0][k - 1], abs=1e-9)


@pytest.mark.parametrize("p", [[0.5] * 64, [1 - 1e-6] * 64, [1e-6] * 64, [1 - 1e-6] * 32 + [1e-6] * 32])
def test_expected_f1_keeps_its_digits(p):
    work = np.ones((4, MOST_SIZE + 1))
    work[Q, :64] = p
    k, f1, _ = best_size(64, work)
    values, _ = naive.expected_f1(np.array(p), np.ones(65))
    assert f1 == pytest.approx(max(values), rel=1e-9)
    assert values[k - 1] == pytest.approx(max(values), rel=1e-9)


@few
@given(seeds, st.sampled_from([1, 4, 1500]), st.sampled_from([6, 10]))
def test_seen_sets(seed, most, n_labels):
    rows = rows_of(random_labels(seed, n=80, n_labels=n_labels))
    decision = SeenSets(most)
    twin = naive.SeenSets(most)
    against_twin(decision, twin, rows, probabilities(seed, rows))
    n = int(decision.clock[1])
    kept = [frozenset(decision.sets[j, : decision.lengths[j]].tolist()) for j in range(n)]
    assert kept == twin.seen
    assert decision.w == pytest.approx(twin.w, abs=1e-9)


def test_many_seen_sets_come_and_go():
    rng = np.random.default_rng(0)
    rows = rows_of([set(rng.choice(9, 3, replace=False).tolist()) for _ in range(600)])
    against_twin(SeenSets(40), naive.SeenSets(40), rows, probabilities(0, rows))


def test_sets_of_more_than_64_labels_are_not_kept():
    labels = [set(range(64)), set(range(65)), set(range(65)), set(range(64)), set(range(64))]
    rows = rows_of(labels)
    p = np.full((5, 65), 0.55, np.float32)
    p[np.arange(65) >= rows.limits[:-1, None]] = 0
    decision = SeenSets()
    against_twin(decision, naive.SeenSets(1500), rows, p)
    assert decision.state()["lengths"].tolist() == [64]


@few
@given(seeds, st.sampled_from(["micro_f1", "macro_f1", "example_f1", "subset_accuracy", "hamming"]))
def test_choice(seed, target):
    rows = rows_of(random_labels(seed, n=80))
    p = probabilities(seed, rows)

    def rules():
        return [FixedThreshold(0.97), FixedThreshold(0.6), F1Threshold()]

    got = as_sets(Choice(rules(), target).block(p, rows, learn=True))
    by_rule = [as_sets(rule.block(p, rows, learn=True)) for rule in rules()]
    twin = naive.Choice(3, target)
    for i in range(len(rows)):
        assert got[i] == by_rule[twin.rule()][i]
        if rows.status[i]:
            twin.past.append(([set(sets[i]) for sets in by_rule], *truth(rows, i)))
            twin.n_labels = int(rows.limits[i + 1])


@pytest.mark.parametrize("target", ["micro_f1", "macro_f1", "example_f1", "subset_accuracy", "hamming"])
def test_choice_leaves_a_bad_default_and_follows_a_change(target):
    rows = rows_of([{"a"}] * 3000)
    p = np.repeat(np.array([[0.6], [0.4]], np.float32), [1000, 2000], axis=0)
    rules = [FixedThreshold(0.9), FixedThreshold(0.5), FixedThreshold(0.3)]
    got = as_sets(Choice(rules, target).block(p, rows, learn=True))
    assert got[0] == []
    assert [i for i in range(20, 3000) if got[i] != [0]] == [1000]  # until it has seen that the second fails now


def test_choice_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"target must be one of 'micro_f1', .*, found 'speed'"):
        Choice([FixedThreshold()], "speed")
    with pytest.raises(ValueError, match="at least one rule"):
        Choice([], "micro_f1")
