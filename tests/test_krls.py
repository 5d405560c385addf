"""The kernel RLS tracker: against its twin, and that it neither winds up nor wears out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.blocks import is_boundary
from ihomer.learners.krls import KernelRLS
from tests.expert_streams import Pairs, cut, dicts, random_pairs, run, truths, views_of
from tests.naive import krls as naive

few = settings(max_examples=25, deadline=None)


@few
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([64, 1000]))
def test_twin(seed: int, dense: bool, partial: float, horizon: int) -> None:
    views = views_of(random_pairs(seed, 260, partial=partial), dense=dense)
    expert = KernelRLS(12, gamma=1.0, mix=0.5, horizon=horizon, dense=dense)
    got = run(expert, views)
    expert.invariants()
    twin = naive.KernelRLS(12, 1.0, 0.5, horizon)
    rows = views.plain
    for i, x in enumerate(dicts(rows)):
        limit = int(rows.limits[i + 1])
        means = twin.step(x, limit, *truths(rows, i), labelled=bool(rows.status[i]))
        np.testing.assert_allclose(got[0, i, :limit], [naive.score(mean) for mean in means], atol=5e-3)
        assert not got[0, i, limit:].any()
        if is_boundary(i + 1):
            twin.boundary()


def pairs_of(rng: np.random.Generator, n: int, shift: int, *, flip: bool = False) -> Pairs:
    """Rows of 20 features from `shift` on; the labels follow the first six of them, or (flip) the next six."""
    pairs: Pairs = []
    for _ in range(n):
        ids = rng.choice(20, 5, replace=False)
        held = {int(j) % 6 for j in ids if 6 * flip <= j < 6 * (flip + 1)}
        pairs.append(({shift + int(j): 1.0 + float(rng.random()) for j in ids}, held))
    return pairs


def loss(scores: np.ndarray, views: object, start: int, stop: int) -> float:
    rows = views.plain  # type: ignore[attr-defined]
    truth = np.zeros((stop - start, rows.n_labels))
    for i in range(start, stop):
        truth[i - start, list(truths(rows, i)[0])] = 1
    return float(np.square(scores[0] / 4 + 0.4 - truth).mean())


@pytest.mark.parametrize("dense", [False, True])
def test_after_many_rows_it_is_sound_and_learns_a_change_as_fast(dense: bool) -> None:
    rng = np.random.default_rng(0)
    young_rows, old_rows = 1000, 12_000
    pairs = pairs_of(rng, old_rows, 0) + pairs_of(rng, 600, 0, flip=True)
    views = views_of(pairs, dense=dense)
    old = KernelRLS(30, horizon=256, dense=dense)
    run(old, views, 0, old_rows)
    old.invariants()
    after = loss(run(old, views, old_rows, old_rows + 600)[:, 300:], views, old_rows + 300, old_rows + 600)

    early = views_of(pairs[old_rows - young_rows :], dense=dense)
    young = KernelRLS(30, horizon=256, dense=dense)
    run(young, early, 0, young_rows)
    fresh = loss(run(young, early, young_rows, young_rows + 600)[:, 300:], early, young_rows + 300, young_rows + 600)
    assert after < 1.5 * fresh
    assert after < 0.2  # what it says after the change is of use


def test_the_dictionary_follows_the_features() -> None:
    rng = np.random.default_rng(1)
    pairs = pairs_of(rng, 1024, 0) + pairs_of(rng, 2048, 20)
    expert = KernelRLS(24, horizon=128)
    views = views_of(pairs, dense=False)
    run(expert, views)
    expert.invariants()
    ids = expert.store.features()[1]
    assert np.mean(ids >= 20) > 0.5


def test_reopened_it_is_as_unsure_as_at_the_start() -> None:
    views = views_of(random_pairs(2, 400, partial=0.0), dense=False)
    expert = KernelRLS(20)
    run(expert, views, 0, 390)
    before = expert.block(cut(views, 390, 400), learn=False)
    expert.reopen(np.array([0], np.int32))
    expert.invariants()
    np.testing.assert_array_equal(expert.block(cut(views, 390, 400), learn=False), before)
    m = len(expert.store)
    np.testing.assert_allclose(expert.S[:m, :m], np.linalg.inv(expert.Q[:m, :m].astype(float)), atol=2e-2)


def test_labels_that_go_leave_a_sound_posterior() -> None:
    views = views_of(random_pairs(3, 400), dense=False)
    expert = KernelRLS(20, horizon=64)
    run(expert, views, 0, 256)
    kept = np.array([1, 2, 4])
    means = expert.mu[: len(expert.store)][:, kept].copy()
    expert.keep(kept)
    np.testing.assert_array_equal(expert.mu[: len(expert.store), :3], means)
    columns = views.plain.of_labels(kept)
    run(expert, type(views)(columns, columns, dense=False), 256, 400)
    expert.invariants()


def test_far_in_the_stream() -> None:
    views = views_of(random_pairs(4, 400), dense=False)
    young, old = KernelRLS(20, horizon=64), KernelRLS(20, horizon=64)
    run(young, views, 0, 256)
    old.restore({**young.state(14, 6), "t": 64 * 10**12})
    np.testing.assert_array_equal(run(old, views, 256, 400), run(young, views, 256, 400))


@pytest.mark.parametrize("arguments", [{"size": 3}, {"horizon": 0}, {"gamma": 0.0}, {"mix": 1.0}])
def test_bad_arguments(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="found"):
        KernelRLS(**arguments)  # type: ignore[arg-type]
