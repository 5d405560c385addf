"""The short memory against its twin, and the bounds of its memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.kernels.recent_rows import BUCKETS, PLACES, STORED
from ihomer.learners.recent_rows import SIZES, RecentRows
from tests import label_streams as streams
from tests.naive import recent_rows as naive


def compare(rows, expert: RecentRows) -> None:
    got = expert.block(streams.views_of(rows), learn=True)
    twin = naive.RecentRows(len(expert.ring))
    for i in range(len(rows)):
        for k in range(rows.limits[i], rows.limits[i + 1]):
            twin.enter(k, rows.status[i] == 2)
        x = streams.features_of(rows, i)
        for k in range(rows.limits[i + 1]):
            assert got[:, i, k] == pytest.approx(twin.scores(x, k), abs=1e-3)
        assert not got[:, i, rows.limits[i + 1] :].any()
        if rows.status[i]:
            twin.learn(x, streams.held_of(rows, i), streams.known_of(rows, i), rows.status[i] == 2)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_twin(seed: int, partial: bool) -> None:
    compare(streams.rows_of(streams.pairs(seed, 80, labels=5, partial=partial)), RecentRows())


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_twin_when_the_dense_memory_is_full(seed: int, partial: bool) -> None:
    compare(streams.rows_of(streams.pairs(seed, 290, labels=3, partial=partial)), RecentRows(dense=True))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_features_that_share_a_place(seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 80))
    where = np.arange(rows.n_features, dtype=np.int32)
    half = rows.n_features // 2
    where[half:] += 2 * BUCKETS - half  # the second half of the features share the places of the first
    expert = RecentRows()
    compare(replace(rows, indices=where[rows.indices], n_features=3 * BUCKETS), expert)
    assert len(expert.memory) == BUCKETS


def test_a_row_longer_than_the_memory_is_wide() -> None:
    n = BUCKETS + 3
    long = streams.rows_from_arrays(np.arange(n), np.full(n, -1), n, 1)
    ends = np.array([0, n, n + 1, 2 * n + 1], np.int64)  # a long row, a short one, a long one
    ids = np.concatenate((long.indices, [5], long.indices)).astype(np.int32)
    labels = np.array([0, 0, 1, 1], np.int64)
    rows = replace(
        long.slice(0, 3), indptr=ends, indices=ids, values=np.ones(len(ids), np.float32), label_indptr=labels,
        label_indices=np.zeros(1, np.int32),
    )  # fmt: skip
    expert = RecentRows()
    for _ in range(2 * SIZES[False] // 3 + 1):  # every stored row was replaced by a row of another length
        expert.block(streams.views_of(rows), learn=True)
    lengths = np.sqrt((expert.memory.astype(np.float64) ** 2).sum(0))
    shared = np.sqrt((n + 6) / n)  # the first three places hold two features each
    assert lengths.reshape(-1, 1).tolist() == [
        pytest.approx([1 if expert.ring[r, PLACES] == 1 else shared], abs=1e-3) for r in range(SIZES[False])
    ]


def test_rows_stored_long_ago_do_not_matter() -> None:
    rows = streams.rows_of(streams.pairs(3, 200))
    young, old = RecentRows(), RecentRows()
    for expert in (young, old):
        expert.block(streams.views_of(rows.slice(0, 100)), learn=True)
    old.clock[STORED] += SIZES[False] * 10**10
    rest = streams.views_of(rows.slice(100, 200))
    assert np.array_equal(young.block(rest, learn=True), old.block(rest, learn=True))


@pytest.mark.parametrize("dense", [False, True])
def test_size_and_weights_fit_the_regime(dense: bool) -> None:
    expert = RecentRows(dense=dense)
    expert.block(streams.views_of(streams.rows_of(streams.pairs(0))), learn=True)
    assert expert.memory.shape[1] == len(expert.ring) == (256 if dense else 64)
    assert len(expert.first_weights) == expert.n_scores == 3
