"""The count memory against its twin, in both of its forms, and what its counts must bear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.kernels.feature_counts import WINDOW
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.rows import no_rows
from tests import label_streams as streams
from tests.naive import feature_counts as naive

few = settings(max_examples=30, deadline=None)


def compare(rows, expert: FeatureCounts, twin: naive.FeatureCounts) -> None:
    """Go through `rows` with both; the twin is cut to its slots as soon as the expert has left its table."""
    in_table = expert.table_bytes
    met = 0
    for i in range(len(rows)):
        got = expert.block(streams.views_of(rows.slice(i, i + 1)), learn=True)
        for k in range(rows.limits[i], rows.limits[i + 1]):
            twin.enter(k, rows.status[i] == 2)
        x = streams.features_of(rows, i)
        for k in range(rows.limits[i + 1]):
            assert got[:, 0, k] == pytest.approx(twin.scores(x, k), abs=2e-4)
        met = max([met, *(j + 1 for j in x)])
        if in_table and 4 * met * rows.limits[i + 1] > in_table:
            in_table = 0
            twin.slots = expert.slots
            twin.cut()
        if rows.status[i]:
            known = None if rows.status[i] == 2 else streams.known_of(rows, i)
            twin.learn(x, streams.held_of(rows, i), known)
    assert (expert.table is None) == (not in_table)


@few
@given(st.integers(0, 10_000), st.booleans())
def test_twin(seed: int, partial: bool) -> None:
    compare(streams.rows_of(streams.pairs(seed, partial=partial)), FeatureCounts(), naive.FeatureCounts())


@few
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 4))
def test_touched_cells_only(seed: int, partial: bool, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 90, labels=12, partial=partial))
    compare(rows, FeatureCounts(table_bytes=0, slots=slots), naive.FeatureCounts(slots))


@few
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 4))
def test_a_table_that_grows_too_large(seed: int, partial: bool, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 90, labels=12, partial=partial))
    compare(rows, FeatureCounts(table_bytes=4 * 10 * 6, slots=slots), naive.FeatureCounts())


@few
@given(st.integers(0, 10_000), st.booleans(), st.integers(0, 400))
def test_both_forms_say_the_same_while_nothing_is_dropped(seed: int, partial: bool, table_bytes: int) -> None:
    views = streams.views_of(streams.rows_of(streams.pairs(seed, 90, labels=12, partial=partial)))
    table, cells = FeatureCounts(), FeatureCounts(table_bytes=table_bytes, slots=12)
    assert np.array_equal(table.block(views, learn=True), cells.block(views, learn=True))


@pytest.mark.parametrize("table_bytes", [0, 1 << 20])
def test_counts_go_on_for_ever(table_bytes: int) -> None:
    """A change is learned after 100,000 rows about as fast as after 10,000."""
    needed = []
    for before in (10_000, 100_000):
        labels = np.where(np.arange(before + 20_000) < before, 0, 1)
        rows = streams.rows_from_arrays(np.zeros(len(labels)), labels, 1, 2)
        scores = FeatureCounts(table_bytes=table_bytes).block(streams.views_of(rows), learn=True)[0, before:]
        needed.append(int(np.argmax(scores[:, 1] > scores[:, 0])))
    assert 0 < needed[1] < 2 * needed[0]


@pytest.mark.parametrize("table_bytes", [0, 1 << 20])
def test_halving(table_bytes: int) -> None:
    n = int(WINDOW) + 50
    labels = np.random.default_rng(0).integers(-1, 3, n)
    rows = streams.rows_from_arrays(np.zeros(n), labels, 1, 3)
    scores = FeatureCounts(table_bytes=table_bytes).block(streams.views_of(rows), learn=True)
    twin = naive.FeatureCounts()
    for k in range(3):
        twin.enter(k, through_complete=True)
    for i in range(n):
        if i > WINDOW - 3:
            assert scores[:, i, 1] == pytest.approx(twin.scores({0: 1.0}, 1), abs=1e-3)
        twin.learn({0: 1.0}, {int(labels[i])} - {-1}, None)
    assert twin.seen[0] < WINDOW


def test_a_dense_stream_is_left_alone() -> None:
    views = streams.views_of(streams.rows_of(streams.pairs(0)), dense=True)
    expert = FeatureCounts()
    assert not expert.block(views, learn=True).any()
    assert expert.n_bytes == FeatureCounts().n_bytes


@pytest.mark.parametrize("table_bytes", [0, 1 << 20])
def test_reopening_keeps_shares_and_learns_faster(table_bytes: int) -> None:
    labels = np.where(np.arange(3000) % 4 == 0, 1, 0)
    rows = streams.rows_from_arrays(np.zeros(3000), labels, 1, 2)
    views = streams.views_of(rows)
    expert = FeatureCounts(table_bytes=table_bytes)
    expert.block(views, learn=True)
    one = streams.views_of(rows.slice(0, 1))
    before = expert.block(one, learn=False)
    expert.reopen(np.array([1], np.int32))
    assert np.array_equal(expert.block(one, learn=False), before)
    expert.reopen()
    assert expert.block(one, learn=False) == pytest.approx(before, abs=0.05)
    for i in range(0, 400, 4):
        expert.block(streams.views_of(rows.slice(i, i + 1)), learn=True)
    after = expert.block(one, learn=False)
    assert after[0, 0, 1] - before[0, 0, 1] > 0.4  # a quarter of the rows before, five eighths now


def test_touched_cells_cost_what_they_should() -> None:
    rng = np.random.default_rng(0)
    n, d, labels = 20_000, 2000, 3000
    ids = (d * rng.random(n) ** 3).astype(np.int64)
    rows = streams.rows_from_arrays(ids, (ids * 7 + rng.integers(0, 90, n)) % labels, d, labels)
    expert = FeatureCounts(table_bytes=0)
    expert.block(streams.views_of(rows), learn=True)
    touched = len(expert.state(d, labels)["cells"])
    assert touched == sum(min(64, len(set(rows.label_indices[ids == j].tolist()))) for j in range(d))
    assert expert.n_bytes <= 1.5 * (8 * touched + 32 * d + 16 * labels) + 1000


@few
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=5))
def test_every_feature_has_a_line_in_the_table_while_they_come_and_go(sizes: list[tuple[int, int]]) -> None:
    expert = FeatureCounts()
    for met, stay in sizes:
        for d in range(expert.n_features, met):
            expert.make_room(no_rows(d + 1, 2))
            expert.meet(d + 1, 2)
            assert expert.table is not None
            assert len(expert.table) >= len(expert.seen) == len(expert.quality)  # kernels trust it
        expert.keep_features(np.arange(stay))
