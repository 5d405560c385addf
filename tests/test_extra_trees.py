"""Online extra trees: against their twin, and what holds in every tree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.blocks import is_boundary
from ihomer.kernels.row_store import NEXT
from ihomer.learners.extra_trees import ExtraTrees
from tests.expert_streams import dicts, new_labels, random_pairs, run, truths, views_of
from tests.naive import memory as naive

few = settings(max_examples=25, deadline=None)


@few
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([1.2, 2.0]))
def test_twin(seed: int, dense: bool, partial: float, growth: float) -> None:
    views = views_of(random_pairs(seed, 300, partial=partial), dense=dense)
    expert = ExtraTrees(3, proposals=5, rows=64, growth=growth, seed=seed)
    twin = naive.ExtraTrees([int(tree.state[0]) for tree in expert.trees], 5, 64, growth)
    got = run(expert, views)
    rows = views.plain
    for i, x in enumerate(dicts(rows)):
        limit = rows.limits[i]  # what it says of labels that enter with the row, nobody asks
        expected = [twin.score(x, k) for k in range(limit)]
        np.testing.assert_allclose(got[0, i, :limit], expected, atol=1e-4)
        assert not got[0, i, rows.limits[i + 1] :].any()
        twin.memory.enter(new_labels(rows, i), complete=rows.status[i] == 2)
        if rows.status[i]:
            twin.learn(x, *truths(rows, i))
        if is_boundary(i + 1):
            twin.boundary()
    expert.invariants()
    assert expert.due == twin.due


def test_every_tree_is_grown_anew_in_time() -> None:
    views = views_of(random_pairs(1, 2000, partial=0.0), dense=False)
    expert = ExtraTrees(5, rows=200, growth=1.25)
    grown_at: list[list[int]] = [[0] for _ in expert.trees]
    for start in range(0, 2000, 64):
        before = [id(tree.state) for tree in expert.trees], [int(tree.used[1]) for tree in expert.trees]
        run(expert, views, start, min(start + 64, 2000))
        expert.invariants()
        stored = int(expert.store.arrays.marks[NEXT])
        for i, tree in enumerate(expert.trees):
            if int(tree.used[1]) != before[1][i]:
                assert int(tree.used[1]) == max(0, stored - 200)
                grown_at[i].append(stored)
    for times in grown_at:
        waits = np.diff(times[times.index(next(t for t in times if t >= 400)) :])
        assert (waits <= 100 + 64).all()
    assert len({tuple(times) for times in grown_at}) > 1  # not all at once


def test_bounded() -> None:
    views = views_of(random_pairs(2, 3000, partial=0.2), dense=False)
    expert = ExtraTrees(3, rows=100)
    run(expert, views, 0, 1000)
    room = expert.n_bytes
    run(expert, views, 1000, 3000)
    assert len(expert.store) <= expert.store.size == 100 + 50 + 129
    assert expert.n_bytes <= 1.6 * room
    assert all(tree.used[0] < 2 * expert.store.size for tree in expert.trees)


def test_seeds_differ_and_repeat() -> None:
    views = views_of(random_pairs(3, 300), dense=False)
    one, again, other = (run(ExtraTrees(3, rows=100, seed=seed), views) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_labels_that_go_take_no_row_with_them() -> None:
    views = views_of(random_pairs(4, 400), dense=False)
    expert = ExtraTrees(4, rows=100)
    run(expert, views, 0, 256)
    kept = np.array([1, 3, 4])
    expert.keep(kept)
    expert.invariants()
    columns = views.plain.of_labels(kept)
    rest = type(views)(columns, columns, dense=False)
    run(expert, rest, 256, 400)
    expert.invariants()


def test_numbers_of_rows_never_wear_out() -> None:
    views = views_of(random_pairs(5, 400), dense=False)
    young, old = ExtraTrees(3, rows=64), ExtraTrees(3, rows=64)
    run(young, views, 0, 320)
    state = young.state(14, 6)
    more = young.store.size * 10**12
    state["store"]["next"] += more
    state["store"]["since"] += more
    for tree in state["trees"]:
        tree["used"][1] += more
    state["due"] = [due + more for due in state["due"]]
    old.restore(state)
    old.invariants()
    young.restore(young.state(14, 6))
    np.testing.assert_array_equal(run(old, views, 320, 400), run(young, views, 320, 400))
    old.invariants()


@pytest.mark.parametrize("arguments", [{"trees": 0}, {"proposals": 0}, {"rows": 10}, {"growth": 1.0}])
def test_bad_arguments(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="found"):
        ExtraTrees(**arguments)  # type: ignore[arg-type]
