"""Naive Bayes: against its twins, and that it counts for ever in bounded room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.blocks import is_boundary
from ihomer.kernels.naive_bayes import MET, NON_ZEROS
from ihomer.learners.naive_bayes import NaiveBayes
from ihomer.learners.protocol import Views
from tests import expert_laws as laws
from tests.expert_streams import Pairs, dicts, random_pairs, run, truths, views_of
from tests.naive import naive_bayes as naive

few = settings(max_examples=25, deadline=None)
fewer = settings(max_examples=5, deadline=None)
seeds = st.integers(0, 10_000)
regimes = pytest.mark.parametrize("dense", [False, True], ids=["sparse", "dense"])


def maker(dense: bool) -> Any:
    # Halved and folded within the tests' rows.
    return lambda: NaiveBayes(horizon=100, table_bytes=160, dense=dense)


@few
@given(seeds, st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([64, 1000]))
def test_twin(seed: int, dense: bool, partial: float, horizon: int) -> None:
    views = views_of(random_pairs(seed, 300, partial=partial), dense=dense)
    expert = NaiveBayes(horizon=horizon, dense=dense)
    got = run(expert, views)
    expert.invariants()
    twin = naive.Dense() if dense else naive.Sparse()
    rows, fresh = views.plain, 0
    for i, x in enumerate(dicts(rows)):
        limit = int(rows.limits[i + 1])
        np.testing.assert_allclose(got[0, i, :limit], [twin.score(x, k) for k in range(limit)], atol=2e-4)
        assert not got[0, i, limit:].any()
        if rows.status[i]:
            twin.learn(x, truths(rows, i)[0])
            fresh += 1
        if is_boundary(i + 1) and fresh >= horizon:
            twin.halve()
            fresh = 0


@few
@given(seeds)
def test_a_folded_table_against_the_twin(seed: int) -> None:
    views = views_of(random_pairs(seed, 300), dense=False)
    expert = NaiveBayes(table_bytes=100)
    got = run(expert, views)
    expert.invariants()
    twin, rows, met = naive.Sparse(), views.plain, 0
    for i, x in enumerate(dicts(rows)):
        limit, met = int(rows.limits[i + 1]), max([met, *(j + 1 for j in x)])
        np.testing.assert_allclose(got[0, i, :limit], [twin.score(x, k) for k in range(limit)], atol=2e-4)
        if rows.status[i]:
            twin.learn(x, truths(rows, i)[0])
        if is_boundary(i + 1):
            lines = min(twin.lines or met, met)
            while lines > 1 and 4 * lines * limit > 100:
                lines = max(n for n in (1, 2, 4, 8) if n < lines)
                twin.fold(lines)
    assert expert.modulus == twin.lines == 4
    assert expert.sums.nbytes <= 2 * 100


@regimes
class TestLaws:
    @fewer
    @given(seed=seeds, most=st.integers(1, 9))
    def test_a_batch_is_a_loop(self, dense: bool, seed: int, most: int) -> None:
        laws.a_batch_is_a_loop(maker(dense), seed, most, dense=dense)

    @fewer
    @given(seed=seeds, at=st.integers(0, 380))
    def test_a_copy_goes_on_with_the_same_bits(self, dense: bool, seed: int, at: int) -> None:
        laws.a_copy_goes_on_with_the_same_bits(maker(dense), seed, at, dense=dense)

    @fewer
    @given(seed=seeds)
    def test_looking_changes_nothing(self, dense: bool, seed: int) -> None:
        laws.looking_changes_nothing(maker(dense), seed, dense=dense)

    @fewer
    @given(seed=seeds, n=st.integers(1, 390))
    def test_no_score_knows_the_future(self, dense: bool, seed: int, n: int) -> None:
        laws.no_score_knows_the_future(maker(dense), seed, n, dense=dense)

    @fewer
    @given(seed=seeds)
    def test_rows_without_labels_teach_nothing(self, dense: bool, seed: int) -> None:
        laws.rows_without_labels_teach_nothing(maker(dense), seed, dense=dense)

    def test_fewer_labels(self, dense: bool) -> None:
        laws.asked_for_fewer_labels_it_says_the_same_of_them(maker(dense), dense=dense)

    def test_labels_that_stay_do_not_notice_others_go(self, dense: bool) -> None:
        laws.what_it_says_of_labels_that_stay_does_not_change(maker(dense), dense=dense)

    def test_bytes(self, dense: bool) -> None:
        laws.it_says_how_many_bytes_it_holds(lambda: NaiveBayes(dense=dense), dense=dense)


@regimes
def test_a_label_that_enters_late_was_absent_before(dense: bool) -> None:
    """The same scores, to the bit, as if all labels had been there from the first row."""
    views = views_of(random_pairs(5, 400, partial=0.0), dense=dense)
    there = replace(views.plain, limits=np.full_like(views.plain.limits, views.plain.n_labels))
    late, early = (NaiveBayes(horizon=128, dense=dense) for _ in range(2))
    got, expected = run(late, views), run(early, Views(there, there, dense=dense))
    for i in range(400):
        limit = views.plain.limits[i + 1]
        np.testing.assert_array_equal(got[:, i, :limit], expected[:, i, :limit])


@regimes
def test_nothing_learned_is_nothing_said(dense: bool) -> None:
    views = views_of(random_pairs(8, 20), dense=dense)
    assert not NaiveBayes(dense=dense).block(views, learn=False).any()


def change(flip: bool, n: int, rng: np.random.Generator) -> Pairs:
    """Rows with label "a", which have feature 0 or (flip) feature 1, and rows without a label that have the other."""
    return [
        ({int(held ^ (not flip)): 1.0, 2 + int(rng.integers(20)): 1.0}, {"a"} if held else set())
        for held in rng.random(n) < 0.5
    ]


def test_after_many_rows_a_change_is_learned_as_fast() -> None:
    rng = np.random.default_rng(0)
    horizon, old_rows = 512, 20_000
    views = views_of(change(False, old_rows, rng) + change(True, 3000, rng), dense=False)
    old, young = NaiveBayes(horizon=horizon), NaiveBayes(horizon=horizon)
    late = run(old, views)[0, old_rows:, 0]
    old.invariants()
    start = old_rows - 1000
    early = run(young, Views(views.plain, views.idf, dense=False), start)[0, 1000:, 0]
    held = np.array([bool(truths(views.plain, i)[0]) for i in range(old_rows, old_rows + 3000)])

    def turned(scores: np.ndarray) -> int:
        """Rows until the scores of the last 100 are right."""
        right = np.where(held, scores > 0, scores < 0)
        return int(np.flatnonzero(np.convolve(right, np.ones(100), "valid") > 95)[0])

    assert turned(late) < 2 * turned(early)


@regimes
def test_sums_are_bounded_for_ever(dense: bool) -> None:
    rng = np.random.default_rng(1)
    horizon = 100
    x = rng.normal(size=(320, 6)) + 1 if dense else (rng.random((320, 6)) < 0.5).astype(float)
    pairs: Pairs = [({j: float(v) for j, v in enumerate(row) if v}, {int(row[0] > 0)}) for row in x]
    views = views_of(pairs, dense=dense)
    expert = NaiveBayes(horizon=horizon, dense=dense)
    for _ in range(100):
        run(expert, views)
        assert expert.features.max() <= 2 * (horizon + 64)
        assert expert.totals[NON_ZEROS] <= 6 * 2 * (horizon + 64)
        assert expert.labels.max() <= 6 * 2 * (horizon + 64)
        expert.invariants()


def test_what_is_gone_ends_at_zero() -> None:
    pairs: Pairs = [({"gone": 1.0}, {"gone"})] + [({"x": 1.0}, {"a"})] * 3000
    expert = NaiveBayes(horizon=64)
    run(expert, views_of(pairs, dense=False))
    assert expert.features[0] == 0
    assert expert.labels[0] == 0
    assert expert.sums[0, 0] == 0
    assert expert.totals[MET] == 1


def test_far_in_the_stream() -> None:
    views = views_of(random_pairs(4, 400), dense=False)
    young, old = NaiveBayes(horizon=64), NaiveBayes(horizon=64)
    run(young, views, 0, 256)
    old.restore({**young.state(14, 6), "t": 64 * 10**12})
    np.testing.assert_array_equal(run(old, views, 256, 400), run(young, views, 256, 400))


@pytest.mark.parametrize("arguments", [{"horizon": 0}, {"horizon": 2**23}, {"table_bytes": 0}])
def test_bad_arguments(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="found"):
        NaiveBayes(**arguments)
