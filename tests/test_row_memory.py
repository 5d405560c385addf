"""The cosine memory: against its twin, its bounds, and what it stores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.learners import row_memory
from ihomer.learners.row_memory import RowMemory
from tests.expert_streams import cut, dicts, new_labels, random_pairs, run, truths, views_of
from tests.naive import memory as naive

few = settings(max_examples=25, deadline=None)


@few
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from(["idf", "plain"]), st.sampled_from([0.0, 0.5]))
def test_twin(seed: int, dense: bool, view: str, partial: float) -> None:
    views = views_of(random_pairs(seed, 150, partial=partial), dense=dense)
    expert = RowMemory(64, view=view, dense=dense)
    got = run(expert, views)
    expert.invariants()
    twin = naive.RowMemory(64)
    rows = views.idf if view == "idf" else views.plain
    for i, x in enumerate(dicts(rows)):
        limit = rows.limits[i]  # what it says of labels that enter with the row, nobody asks
        expected = np.array([twin.scores(x, k) for k in range(limit)]).T.reshape(5, limit)
        np.testing.assert_allclose(got[:, i, :limit], expected, atol=1e-3)
        assert not got[:, i, rows.limits[i + 1] :].any()
        twin.memory.enter(new_labels(rows, i), complete=rows.status[i] == 2)
        if rows.status[i]:
            twin.learn(x, *truths(rows, i))


def test_chunks_bound_a_sparse_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_memory, "MOST_CHUNKS", 20)
    views = views_of(random_pairs(1, 400, partial=0.0), dense=False)
    expert = RowMemory(256)
    for start in range(0, 400, 20):
        run(expert, views, start, start + 20)
        expert.invariants()
        assert expert.index.n_chunks <= 20
    assert 0 < len(expert.store) < 256


def test_a_row_longer_than_the_bound_is_held_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_memory, "MOST_CHUNKS", 4)
    long = dict.fromkeys(range(30), 1.0)
    views = views_of([({0: 1.0}, {"a"}), (long, {"b"}), (long, {"c"})], dense=False)
    expert = RowMemory()
    scores = run(expert, views)
    expert.invariants()
    assert len(expert.store) == 1
    assert scores[2, 2].round(3).tolist() == [-2, 2, -2]


def test_a_dense_memory_is_halved_as_features_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_memory, "MOST_CELLS", 128 * 8)
    pairs = random_pairs(2, 600, partial=0.0, features=20)
    views = views_of(pairs, dense=True)
    expert = RowMemory(512, dense=True)
    run(expert, views)
    expert.invariants()
    assert expert.store.size == 64
    assert len(expert.store) == 64


def test_at_a_tie_the_newest_rows_are_nearest() -> None:
    views = views_of([({"x": 1.0}, {"old"})] * 40 + [({"x": 1.0}, {"new"})] * 31, dense=False)
    expert = RowMemory()
    scores = run(expert, views)[:, -1]
    assert scores[[0, 1, 2, 4], 1] == pytest.approx([3.72, 3.72, 2.0, 3.72], abs=0.01)
    assert scores[0, 0] == pytest.approx(-2.72, abs=0.01)
    assert scores[3, 1] > scores[3, 0]


def test_rows_leave_and_their_room_is_used_again() -> None:
    views = views_of(random_pairs(3, 500, partial=0.2) * 6, dense=False)
    expert = RowMemory(64)
    run(expert, views, 0, 1000)
    room = expert.n_bytes
    run(expert, views, 1000, 3000)
    expert.invariants()
    assert len(expert.store) == 64
    assert expert.n_bytes <= 1.1 * room


def test_numbers_of_rows_never_wear_out() -> None:
    views = views_of(random_pairs(4, 300), dense=False)
    young, old = RowMemory(64), RowMemory(64)
    run(young, views, 0, 200)
    state = young.state(14, 6)
    # 64 * 10^12 more rows before these: every row stands where it stood.
    state["store"]["next"] += 64 * 10**12
    state["store"]["since"] += 64 * 10**12
    state["t"] += 64 * 10**12
    old.restore(state)
    old.invariants()
    np.testing.assert_array_equal(run(old, views, 200, 300), run(young, views, 200, 300))
    old.invariants()


def test_labels_that_are_kept_keep_their_scores() -> None:
    views = views_of(random_pairs(5, 200), dense=False)
    expert = RowMemory(64)
    run(expert, views, 0, 190)
    rest = cut(views, 190, 200)
    before = expert.block(rest, learn=False)
    kept = np.array([0, 2, 3])
    expert.keep(kept)
    expert.invariants()
    columns = rest.idf.of_labels(kept)
    after = expert.block(type(rest)(columns, columns, dense=False), learn=False)
    np.testing.assert_array_equal(after, before[:, :, kept])


@pytest.mark.parametrize("arguments", [{"rows": 63}, {"rows": 65_537}, {"view": "tf"}])
def test_bad_arguments(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="found"):
        RowMemory(**arguments)  # type: ignore[arg-type]
