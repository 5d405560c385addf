"""Recursive least squares: against its twin, and that it neither winds up nor wears out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.blocks import is_boundary
from ihomer.kernels.rls import LEAST, USED, halve_evidence
from ihomer.learners.protocol import Views
from ihomer.learners.rls import RLS
from tests import expert_laws as laws
from tests.expert_streams import Pairs, cut, dicts, random_pairs, run, truths, views_of
from tests.naive import rls as naive

few = settings(max_examples=15, deadline=None)
fewer = settings(max_examples=5, deadline=None)
seeds = st.integers(0, 10_000)
regimes = pytest.mark.parametrize("dense", [False, True], ids=["sparse", "dense"])
forms = pytest.mark.parametrize("previous", [False, True], ids=["plain", "previous"])


def maker(previous: bool) -> Any:
    # Fewer columns than inputs, and rows enough for reviews and halvings.
    return lambda: RLS(9, previous=previous, horizon=100)


@few
@given(seeds, st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([(9, 100), (9, 5000), (50, 100)]))
def test_twin(seed: int, dense: bool, previous: bool, partial: float, bounds: tuple[int, int]) -> None:
    columns, horizon = bounds
    views = views_of(random_pairs(seed, 600, partial=partial), dense=dense)
    expert = RLS(columns, previous=previous, horizon=horizon)
    got = run(expert, views)
    expert.invariants()
    twin = naive.RLS(columns, previous=previous, horizon=horizon)
    rows = views.plain
    for i, x in enumerate(dicts(rows)):
        limit = int(rows.limits[i + 1])
        y = twin.step(x, limit, *truths(rows, i), labelled=bool(rows.status[i]))
        np.testing.assert_allclose(got[0, i, :limit], 4 * (np.clip(y, -0.3, 1.3) - 0.4), atol=1e-3)
        assert not got[0, i, limit:].any()
        if is_boundary(i + 1):
            twin.boundary()
    assert expert.marks[USED] == len(twin.inputs)


@forms
@regimes
class TestLaws:
    @fewer
    @given(seed=seeds, most=st.integers(1, 9))
    def test_a_batch_is_a_loop(self, previous: bool, dense: bool, seed: int, most: int) -> None:
        laws.a_batch_is_a_loop(maker(previous), seed, most, dense=dense)

    @fewer
    @given(seed=seeds, at=st.integers(0, 380))
    def test_a_copy_goes_on_with_the_same_bits(self, previous: bool, dense: bool, seed: int, at: int) -> None:
        laws.a_copy_goes_on_with_the_same_bits(maker(previous), seed, at, dense=dense)

    @fewer
    @given(seed=seeds)
    def test_looking_changes_nothing(self, previous: bool, dense: bool, seed: int) -> None:
        laws.looking_changes_nothing(maker(previous), seed, dense=dense)

    @fewer
    @given(seed=seeds, n=st.integers(1, 390))
    def test_no_score_knows_the_future(self, previous: bool, dense: bool, seed: int, n: int) -> None:
        laws.no_score_knows_the_future(maker(previous), seed, n, dense=dense)

    @fewer
    @given(seed=seeds)
    def test_rows_without_labels_teach_nothing(self, previous: bool, dense: bool, seed: int) -> None:
        laws.rows_without_labels_teach_nothing(maker(previous), seed, dense=dense)

    def test_fewer_labels(self, previous: bool, dense: bool) -> None:
        laws.asked_for_fewer_labels_it_says_the_same_of_them(maker(previous), dense=dense)

    def test_bytes(self, previous: bool, dense: bool) -> None:
        laws.it_says_how_many_bytes_it_holds(lambda: RLS(previous=previous), dense=dense)


@regimes
def test_labels_that_stay_do_not_notice_others_go(dense: bool) -> None:
    laws.what_it_says_of_labels_that_stay_does_not_change(maker(previous=False), dense=dense)


def test_labels_that_go_are_inputs_no_more() -> None:
    views = views_of(random_pairs(3, 400), dense=False)
    expert = RLS(previous=True)
    run(expert, views, 0, 256)
    n, kept = int(expert.marks[USED]), np.array([1, 2, 4])
    expert.keep(kept)
    expert.invariants()
    assert expert.marks[USED] == n - 2  # of five labels so far, all of which have been before some row
    columns = views.plain.of_labels(kept)
    run(expert, Views(columns, columns, dense=False), 256, 400)
    expert.invariants()


@regimes
@forms
def test_a_label_that_enters_late_was_absent_before(dense: bool, previous: bool) -> None:
    """The same scores, to the bit, as if all labels had been there from the first row."""
    views = views_of(random_pairs(5, 400, partial=0.0), dense=dense)
    there = replace(views.plain, limits=np.full_like(views.plain.limits, views.plain.n_labels))
    late, early = (RLS(previous=previous, horizon=128) for _ in range(2))
    got, expected = run(late, views), run(early, Views(there, there, dense=dense))
    assert len(set(views.plain.limits.tolist())) > 3
    for i in range(400):
        limit = views.plain.limits[i + 1]
        np.testing.assert_array_equal(got[:, i, :limit], expected[:, i, :limit])


def pairs_of(rng: np.random.Generator, n: int, *, flip: bool = False) -> Pairs:
    """Rows of 20 features; the labels follow the first six of them, or (flip) the next six."""
    pairs: Pairs = []
    for _ in range(n):
        ids = rng.choice(20, 5, replace=False)
        held = {int(j) % 6 for j in ids if 6 * flip <= j < 6 * (flip + 1)}
        pairs.append(({int(j): 1.0 + float(rng.random()) for j in ids}, held))
    return pairs


def loss(scores: np.ndarray, views: Any, start: int, stop: int) -> float:
    rows = views.plain
    truth = np.zeros((stop - start, rows.n_labels))
    for i in range(start, stop):
        truth[i - start, list(truths(rows, i)[0])] = 1
    return float(np.square(scores[0] / 4 + 0.4 - truth).mean())


@regimes
@forms
def test_after_many_rows_it_is_sound_and_learns_a_change_as_fast(dense: bool, previous: bool) -> None:
    rng = np.random.default_rng(0)
    young_rows, old_rows, later = 1000, 12_000, 1000
    pairs = pairs_of(rng, old_rows) + pairs_of(rng, later, flip=True)
    views = views_of(pairs, dense=dense)
    old = RLS(horizon=256, previous=previous)
    run(old, views, 0, old_rows)
    old.invariants()
    after = loss(run(old, views, old_rows, old_rows + later)[:, 500:], views, old_rows + 500, old_rows + later)

    early = views_of(pairs[old_rows - young_rows :], dense=dense)
    young = RLS(horizon=256, previous=previous)
    run(young, early, 0, young_rows)
    fresh = loss(run(young, early, young_rows, young_rows + later)[:, 500:], early, young_rows + 500, young_rows + later)
    assert after < 1.5 * fresh
    assert after < 0.12  # of .19 for the labels' shares: what it says after the change is of use


@pytest.mark.parametrize("kind", ["same row", "two rows", "noise"])
def test_positive_definite_for_ever(kind: str) -> None:
    """Rows all in one direction, nearly one, or in all: for a hundred horizons."""
    rng = np.random.default_rng(0)
    expert = RLS(horizon=512)
    n, d = 512, 40
    x = {
        "same row": np.ones((n, d)),
        "two rows": np.where(np.arange(n)[:, None] % 2, 1.0, 1 + 1e-3 * rng.normal(size=d)),
        "noise": rng.normal(size=(n, d)),
    }[kind]
    views = views_of([(dict(enumerate(map(float, row))), {int(row[0] > 0.5)}) for row in x], dense=False)
    for _ in range(100):
        run(expert, views)
    expert.invariants()
    values = np.linalg.eigvalsh(expert.P[: d + 1, : d + 1].astype(np.float64))
    # All of `horizon` rows of length sqrt 2 in one direction, after a halving, are the least there can be.
    assert values[0] > 0.9 / (1 / float(LEAST) + 2 * 512)
    assert np.isfinite(expert.W).all()


@pytest.mark.parametrize("n", [1, 5, 64, 150])
def test_half_of_the_evidence_goes(n: int) -> None:
    rng = np.random.default_rng(n)
    X = rng.normal(size=(40, n))
    before = np.linalg.inv(np.eye(n) + X.T @ X)
    P = np.eye(n + 3, dtype=np.float32)
    P[:n, :n] = before
    halve_evidence(P, n, np.arange(n, dtype=np.int32), np.zeros((n, n), np.float32))
    least = float(LEAST)
    np.testing.assert_allclose(P[:n, :n], (1 - least) * (2 * before - before @ before) + least * np.eye(n), atol=1e-5)
    assert (P[n:] == np.eye(n + 3)[n:]).all()
    evidence, left = (1 / np.linalg.eigvalsh(A.astype(np.float64)) - 1 for A in (before, P[:n, :n]))
    assert (left <= evidence / 2 + 1e-3).all()


def test_columns_go_to_the_inputs_that_are_used() -> None:
    pairs: Pairs = [({j: 1.0, j + 1: 2.0}, {j % 2}) for j in range(0, 40, 2)]
    pairs += [({100 + t % 7: 1.0, 200 + t % 3: 2.0}, {t % 2}) for t in range(700)]
    expert = RLS(11)
    run(expert, views_of(pairs, dense=False))
    expert.invariants()
    # Ids are given in the order of appearance: 0..39 for the first features, then the ten that are used.
    assert np.flatnonzero(expert.feature_columns >= 0).tolist() == list(range(40, 50))


def test_reopened_it_is_as_unsure_as_at_the_start() -> None:
    views = views_of(random_pairs(2, 400, partial=0.0), dense=False)
    expert = RLS()
    run(expert, views, 0, 390)
    before = expert.block(cut(views, 390, 400), learn=False)
    expert.reopen(np.array([0], np.int32))
    np.testing.assert_allclose(expert.block(cut(views, 390, 400), learn=False), before, atol=1e-4)
    np.testing.assert_array_equal(expert.P, np.eye(len(expert.P)))


def test_far_in_the_stream() -> None:
    views = views_of(random_pairs(4, 400), dense=False)
    young, old = RLS(horizon=64), RLS(horizon=64)
    run(young, views, 0, 256)
    old.restore({**young.state(14, 6), "t": 64 * 10**12})
    np.testing.assert_array_equal(run(old, views, 256, 400), run(young, views, 256, 400))


@pytest.mark.parametrize("n", [400, 3000])
def test_room_to_grow_is_less_than_half(n: int) -> None:
    expert = RLS()
    pairs: Pairs = [(dict.fromkeys(range(3 * t, 3 * t + 3), 1.0), {t % 90}) for t in range(n // 3)]
    run(expert, views_of(pairs, dense=False))
    c, labels = int(expert.marks[USED]), 90
    assert c == min(n // 3 * 3 + 1, 2000)
    d = n // 3 * 3
    assert expert.n_bytes <= 1.5 * (4 * c * (c + labels) + 128 * (c + labels) + 8 * d) + 20_000


@pytest.mark.parametrize("arguments", [{"columns": 1}, {"columns": 10**6}, {"horizon": 0}])
def test_bad_arguments(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="found"):
        RLS(**arguments)  # type: ignore[arg-type]
