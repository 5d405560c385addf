"""The slot index against its twin, what it must bear, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.kernels.feature_counts import LABEL_WINDOW, WINDOW
from ihomer.kernels.slot_index import LOG_HELD
from ihomer.learners.slot_index import CLIP, FIRST_SHARED, SlotIndex
from ihomer.rows import Rows
from tests import label_streams as streams
from tests.naive import slot_index as naive

few = settings(max_examples=30, deadline=None)


def learned(expert: SlotIndex, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=True)


def said(expert: SlotIndex, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=False)


def compare(rows: Rows, slots: int) -> None:
    """Go through `rows` with both, until rounding may decide something."""
    expert, twin = SlotIndex(slots=slots), naive.SlotIndex(slots, 0.3, FIRST_SHARED)
    for i in range(len(rows)):
        got = learned(expert, rows.slice(i, i + 1))
        for k in range(rows.limits[i], rows.limits[i + 1]):
            twin.enter(k, rows.status[i] == 2)
        x = streams.features_of(rows, i)
        for k in range(rows.limits[i + 1]):
            assert got[0, 0, k] == pytest.approx(np.clip(twin.score(x, k), -CLIP, CLIP), abs=2e-3)
        if rows.status[i]:
            held, known = streams.held_of(rows, i), None if rows.status[i] == 2 else streams.known_of(rows, i)
            twin.learn(x, held, known)
            if twin.close_calls:
                return
    assert {k for k in expert.frequent.tolist() if k >= 0} == set(twin.frequent)


@few
@given(st.integers(0, 10_000), st.booleans())
def test_twin(seed: int, partial: bool) -> None:
    compare(streams.rows_of(streams.pairs(seed, partial=partial)), 64)


@few
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 4))
def test_twin_with_full_lines(seed: int, partial: bool, slots: int) -> None:
    compare(streams.rows_of(streams.pairs(seed, 90, labels=12, partial=partial)), slots)


@few
@given(st.integers(0, 10_000))
def test_twin_with_more_labels_than_are_frequent(seed: int) -> None:
    compare(streams.rows_of(streams.pairs(seed, 250, features=40, labels=40, partial=False)), 2)


def test_halving() -> None:
    n = int(WINDOW) + 50
    labels = np.random.default_rng(0).integers(-1, 3, n)
    rows = streams.rows_from_arrays(np.zeros(n), labels, 1, 3)
    expert, twin = SlotIndex(), naive.SlotIndex(64, 0.3, FIRST_SHARED)
    learned(expert, rows)
    for k in range(3):
        twin.enter(k, through_complete=True)
    for label in labels.tolist():
        twin.learn({0: 1.0}, {label} - {-1}, None)
    assert twin.seen[0] == expert.seen[0] < WINDOW
    state = expert.state(1, 3)
    slots = dict(zip(state["labels"].tolist(), state["cells"].tolist(), strict=True))
    for k, slot in twin.lines[0].items():
        assert slots[k][0] == slot[0]
        assert slots[k][2] == pytest.approx(slot[2], rel=0.01)


def test_a_label_that_holds_no_more_becomes_rare() -> None:
    n = int(LABEL_WINDOW) + 20
    labels = np.random.default_rng(0).integers(0, 3, n)
    labels[n // 4 :] = np.minimum(labels[n // 4 :], 1)  # the last one ends
    expert = SlotIndex()
    learned(expert, streams.rows_from_arrays(np.arange(n) % 7, labels, 7, 3))
    assert expert.rows[0] < n
    np.testing.assert_allclose(expert.traits[:3, LOG_HELD], np.log(expert.counts[0, :3] + 0.5), atol=1e-4)


def test_a_dense_stream_is_left_alone() -> None:
    views = streams.views_of(streams.rows_of(streams.pairs(0)), dense=True)
    expert = SlotIndex()
    assert not expert.block(views, learn=True).any()
    assert expert.n_bytes == SlotIndex().n_bytes


def needed_after(before: int, clock: float | None = None) -> int:
    """Rows until a feature that meant one label and now means another says so; `clock` is set before the change."""
    labels = np.where(np.arange(before + 3000) < before, 0, 1)
    rows = streams.rows_from_arrays(np.arange(len(labels)) % 3, labels, 3, 2)
    expert = SlotIndex()
    learned(expert, rows.slice(0, before))
    if clock is not None:
        expert.rows[0] = clock
        expert.counts[0] *= clock / before
        expert.traits[:, 2] = np.log(expert.counts[0, : len(expert.traits)] + 0.5)
    scores = learned(expert, rows.slice(before, len(labels)))[0]
    return int(np.argmax(scores[:, 1] > scores[:, 0]))


@pytest.mark.parametrize("clock", [2**24 - 10.0, 2**31 - 10.0, 1e12])
def test_nothing_wears_out(clock: float) -> None:
    """A change is learned after very many rows about as fast as after 10,000."""
    first = needed_after(10_000)
    assert 0 < first < 1000
    assert 0 < needed_after(200_000) < 2 * first
    assert 0 < needed_after(200_000, clock) < 2 * first


def test_a_label_that_is_born_costs_the_row_that_brings_it_and_no_other() -> None:
    """What is learned of the others is the same to the bit, however many labels there are that never held."""
    rows = streams.rows_of(streams.pairs(3, 90, partial=False))
    wide = streams.rows_of(streams.pairs(3, 90, partial=False))
    wide.limits[:] += 1000
    more = Rows(*[getattr(wide, name) for name in Rows.__slots__[:-1]], wide.n_labels + 1000)
    few_labels, many_labels = SlotIndex(), SlotIndex()
    one, other = learned(few_labels, rows), learned(many_labels, more)
    for i in range(90):
        assert np.array_equal(one[:, i, : rows.limits[i + 1]], other[:, i, : rows.limits[i + 1]])
    mine, theirs = few_labels.state(0, 0), many_labels.state(0, 0)
    assert all(np.array_equal(mine[key], theirs[key]) for key in ("shared", "labels", "cells", "frequent"))


def test_it_costs_what_it_says() -> None:
    rng = np.random.default_rng(0)
    n, d, labels = 20_000, 2000, 3000
    ids = (d * rng.random(n) ** 3).astype(np.int64)
    rows = streams.rows_from_arrays(ids, (ids * 7 + rng.integers(0, 90, n)) % labels, d, labels)
    expert = SlotIndex()
    learned(expert, rows)
    touched = len(expert.state(d, labels)["cells"])
    assert touched == sum(min(64, len(set(rows.label_indices[ids == j].tolist()))) for j in range(d))
    assert expert.n_bytes <= 1.5 * (16 * touched + 32 * d + 32 * labels) + 1000


@pytest.mark.parametrize("labels", [None, np.array([0, 1], np.int32)])
def test_reopening_keeps_what_is_said_and_learns_faster(labels: np.ndarray | None) -> None:
    truth = (np.random.default_rng(0).random(4000) < 0.25).astype(np.int64)
    truth[3000:] = 1
    rows = streams.rows_from_arrays(np.zeros(4000), truth, 1, 2)
    needed = []
    for opened in (False, True):
        expert = SlotIndex()
        learned(expert, rows.slice(0, 3000))
        before = said(expert, rows.slice(0, 1))
        if opened:
            expert.reopen(labels)
            assert said(expert, rows.slice(0, 1)) == pytest.approx(before, abs=0.0 if labels is not None else 0.1)
        needed.append(int(np.argmax(learned(expert, rows.slice(3000, 4000))[0, :, 1] > 2)))
    assert 0 < needed[1] < needed[0]
