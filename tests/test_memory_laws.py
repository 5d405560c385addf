"""What every expert that holds rows promises: `ihomer.learners.protocol.SharedExpert`, on random streams."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import checkpoint
from ihomer.learners.extra_trees import ExtraTrees
from ihomer.learners.krls import KernelRLS
from ihomer.learners.protocol import Views
from ihomer.learners.row_memory import RowMemory
from ihomer.memory import bytes_of
from ihomer.rows import Rows
from tests.expert_streams import Pairs, cut, random_pairs, run, views_of

EXPERTS: dict[str, Any] = {
    "memory": lambda *, dense: RowMemory(64, dense=dense),
    "trees": lambda *, dense: ExtraTrees(3, rows=64, dense=dense),
    "krls": lambda *, dense: KernelRLS(16, horizon=100, dense=dense),
}

few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 10_000)
all_experts = pytest.mark.parametrize("name", EXPERTS)
regimes = pytest.mark.parametrize("dense", [False, True], ids=["sparse", "dense"])


def plain_state(expert: Any) -> bytes:
    return checkpoint.dumps(expert.state(14, 6), kind="expert")


@all_experts
@regimes
@few
@given(seed=seeds, most=st.integers(1, 9))
def test_a_batch_is_a_loop(name: str, dense: bool, seed: int, most: int) -> None:
    views = views_of(random_pairs(seed, 300), dense=dense)
    whole, pieces = EXPERTS[name](dense=dense), EXPERTS[name](dense=dense)
    np.testing.assert_array_equal(run(whole, views), run(pieces, views, most=most))
    assert plain_state(whole) == plain_state(pieces)


@all_experts
@regimes
@few
@given(seed=seeds, at=st.integers(0, 260))
def test_a_copy_goes_on_with_the_same_bits(name: str, dense: bool, seed: int, at: int) -> None:
    views = views_of(random_pairs(seed, 300), dense=dense)
    first, second = EXPERTS[name](dense=dense), EXPERTS[name](dense=dense)
    run(first, views, 0, at)
    saved = plain_state(first)
    second.restore(checkpoint.loads(saved))
    second.invariants()
    assert plain_state(second) == saved
    np.testing.assert_array_equal(run(first, views, at, 300), run(second, views, at, 300))
    assert plain_state(second) == plain_state(first)


@all_experts
@regimes
@few
@given(seed=seeds)
def test_looking_changes_nothing(name: str, dense: bool, seed: int) -> None:
    views = views_of(random_pairs(seed, 300), dense=dense)
    expert = EXPERTS[name](dense=dense)
    run(expert, views, 0, 250)
    before = plain_state(expert)
    ahead = expert.block(cut(views, 250, 300), learn=False)
    assert plain_state(expert) == before
    # The first row after what was learned is predicted as it is when it is learned.
    first = run(expert, views, 250, 251)
    np.testing.assert_array_equal(ahead[:, :1, : views.plain.limits[250]], first[:, :, : views.plain.limits[250]])


@all_experts
@regimes
@few
@given(seed=seeds, n=st.integers(1, 250))
def test_no_score_knows_the_future(name: str, dense: bool, seed: int, n: int) -> None:
    pairs = random_pairs(seed, 300)
    others: Pairs = pairs[:n] + [(x, {0} if t % 2 else {1, 4}) for t, (x, _) in enumerate(pairs[n:])]
    one = run(EXPERTS[name](dense=dense), views_of(pairs, dense=dense))
    other = run(EXPERTS[name](dense=dense), views_of(others, dense=dense))
    there = views_of(pairs, dense=dense).plain.limits[n]
    np.testing.assert_array_equal(one[:, : n + 1, :there], other[:, : n + 1, :there])


@all_experts
@regimes
@few
@given(seed=seeds)
def test_rows_without_labels_teach_nothing(name: str, dense: bool, seed: int) -> None:
    views = views_of(random_pairs(seed, 200, partial=0.0), dense=dense)
    expert, twin = EXPERTS[name](dense=dense), EXPERTS[name](dense=dense)
    run(expert, views, 0, 192)
    run(twin, views, 0, 192)
    limit = views.plain.limits[192]
    expert.block(Views(_unlabelled(views.plain, limit), _unlabelled(views.idf, limit), views.dense), learn=True)
    rest = cut(views, 192, 200)
    np.testing.assert_array_equal(expert.block(rest, learn=False), twin.block(rest, learn=False))


def _unlabelled(rows: Rows, limit: int) -> Rows:
    """The first 30 rows as if nothing were known of their labels, in a label space of `limit` labels."""
    none, limits = np.zeros(31, np.int64), np.full(31, limit, np.int32)
    status = np.zeros(30, np.uint8)
    return replace(
        rows.slice(0, 30), label_indptr=none, known_indptr=none.copy(), status=status, limits=limits, n_labels=int(limit)
    )


@all_experts
@regimes
def test_asked_for_fewer_labels_it_says_the_same_of_them(name: str, dense: bool) -> None:
    views = views_of(random_pairs(9, 300), dense=dense)
    expert = EXPERTS[name](dense=dense)
    run(expert, views, 0, 256)
    limit = int(views.plain.limits[256])
    whole, few_labels = (
        expert.block(Views(_unlabelled(views.plain, n), _unlabelled(views.idf, n), views.dense), learn=False)
        for n in (limit, 2)
    )
    np.testing.assert_array_equal(few_labels, whole[:, :, :2])


@all_experts
@regimes
def test_bytes(name: str, dense: bool) -> None:
    views = views_of(random_pairs(7, 2000, features=60), dense=dense)
    expert = EXPERTS[name](dense=dense)
    run(expert, views)
    assert expert.n_bytes == pytest.approx(bytes_of(expert), rel=0.1, abs=8000)


@all_experts
def test_nothing_learned_is_nothing_said(name: str) -> None:
    views = views_of(random_pairs(8, 20), dense=False)
    expert = EXPERTS[name](dense=False)
    scores = expert.block(views, learn=False)
    assert scores.shape == (expert.n_scores, 20, views.plain.n_labels)
    assert len(expert.first_weights) == expert.n_scores
    if name != "krls":  # a regression says "absent" of what it knows nothing of
        assert not scores.any()
