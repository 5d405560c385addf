"""Laws of the slot index: batch = loop, causality, saving, what teaches nothing, labels that go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import checkpoint
from ihomer.door import Door
from ihomer.kernels.slot_index import LINEAR
from ihomer.learners.inputs import Inputs
from ihomer.learners.slot_index import FIRST_SHARED, SlotIndex
from ihomer.memory import bytes_of
from ihomer.rows import Rows
from streams import Batch
from tests import label_streams as streams

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10_000)
some_slots = st.sampled_from([2, 64])


def learned(expert: SlotIndex, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=True)


def said(expert: SlotIndex, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=False)


def state_of(expert: SlotIndex) -> bytes:
    return checkpoint.dumps(expert.state(0, 0), kind="expert")


def restored(expert: SlotIndex, slots: int) -> SlotIndex:
    other = SlotIndex(slots=slots)
    other.restore(checkpoint.loads(state_of(expert)))
    return other


@few
@given(seed=seeds, slots=some_slots)
def test_a_batch_is_its_rows(seed: int, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 90, labels=30))
    one, many, cut = (SlotIndex(slots=slots) for _ in range(3))
    together = learned(many, rows)
    for i in range(90):
        singly = learned(one, rows.slice(i, i + 1))
        assert np.array_equal(singly[:, 0], together[:, i, : singly.shape[2]])
    for start, stop in ((0, 7), (7, 50), (50, 90)):
        learned(cut, rows.slice(start, stop))
    assert state_of(one) == state_of(cut) == state_of(many)
    assert one.n_scores == len(one.first_weights) == len(together)


@few
@given(seed=seeds, slots=some_slots)
def test_predicting_says_what_learning_says_first_and_changes_nothing(seed: int, slots: int) -> None:
    door, inputs = Door(), Inputs()
    asked, left = SlotIndex(slots=slots), SlotIndex(slots=slots)
    for x, y in streams.pairs(seed, 60, labels=30):
        met = len(door.labels)
        unseen = inputs.block(door.predicted(Batch.from_pairs([(x, None)])), learn=False).plain
        before = said(asked, unseen)
        stranger = door.predicted(Batch.from_pairs([({"never met": 1.0, 0: 2.0}, None)]))
        said(asked, inputs.block(stranger, learn=False).plain)
        row = inputs.block(door.learned(Batch.from_pairs([(x, y)])), learn=True).plain
        assert np.array_equal(learned(asked, row)[:, :, :met], before)
        learned(left, row)
        assert state_of(asked) == state_of(left)


@few
@given(seed=seeds, slots=some_slots)
def test_no_score_knows_labels_that_come_later(seed: int, slots: int) -> None:
    n = 40
    pairs, others = streams.pairs(seed, 80), streams.pairs(seed + 1, 80)
    changed = [(x, y if i <= n else z) for i, ((x, y), (_, z)) in enumerate(zip(pairs, others, strict=True))]
    one, other = streams.rows_of(pairs), streams.rows_of(changed)
    assert not np.array_equal(one.label_indices, other.label_indices)
    there = one.limits[n + 1]
    scores, again = learned(SlotIndex(slots=slots), one), learned(SlotIndex(slots=slots), other)
    assert np.array_equal(scores[:, : n + 1, :there], again[:, : n + 1, :there])
    assert not scores[:, 0, one.limits[1] :].any()


@few
@given(seed=seeds, slots=some_slots)
def test_saved_and_restored_goes_on_as_if_never_stopped(seed: int, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 120, labels=30))
    for at in (0, 1, 40, 100):
        never = SlotIndex(slots=slots)
        learned(never, rows.slice(0, at))
        stopped = restored(never, slots)
        assert state_of(stopped) == state_of(never)
        assert stopped.n_bytes <= never.n_bytes
        rest = rows.slice(at, 120)
        assert np.array_equal(learned(never, rest), learned(stopped, rest))
        assert state_of(stopped) == state_of(never)


@few
@given(seed=seeds)
def test_rows_without_labels_teach_nothing(seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 60))
    with_them, without = SlotIndex(), SlotIndex()
    for i in range(60):
        scores = learned(with_them, rows.slice(i, i + 1))
        if rows.status[i]:
            assert np.array_equal(learned(without, rows.slice(i, i + 1)), scores)
        else:
            assert np.array_equal(said(without, rows.slice(i, i + 1)), scores)


def test_labels_not_known_in_rows_are_believed_as_before() -> None:
    """After many rows that do not know a label little speaks against it; after many without it, all does."""
    x = {"a": 1.0, "b": 2.0}
    both = [(x, {"p": True, "q": True})] * 100
    unknown = streams.rows_of([*both, *[(x, {"q": True})] * 100])
    absent = streams.rows_of([*both, *[(x, {"p": False, "q": True})] * 100])
    one, other = SlotIndex(), SlotIndex()
    learned(one, unknown)
    learned(other, absent)
    assert said(one, unknown.slice(199, 200))[0, 0, 0] > 1
    assert said(other, unknown.slice(199, 200))[0, 0, 0] < -1


@few
@given(seed=seeds, slots=some_slots)
def test_a_label_that_enters_through_a_complete_row_was_absent_before(seed: int, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 80, labels=30, partial=False))
    late = learned(SlotIndex(slots=slots), rows)
    early = learned(SlotIndex(slots=slots), streams.without_new_labels(rows))
    for i in range(80):
        assert np.array_equal(late[:, i, : rows.limits[i + 1]], early[:, i, : rows.limits[i + 1]])


@few
@given(seed=seeds, slots=some_slots)
def test_what_is_said_of_kept_labels_does_not_change(seed: int, slots: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 120, labels=30))
    first, rest = rows.slice(0, 70), rows.slice(70, 120)
    positions = np.flatnonzero(np.random.default_rng(seed).random(first.n_labels) < 0.6)
    whole, part = SlotIndex(slots=slots), SlotIndex(slots=slots)
    learned(whole, first)
    learned(part, first)
    part.keep(positions)
    columns = np.concatenate((positions, np.arange(first.n_labels, rows.n_labels)))
    mine = rest.of_labels(columns)
    assert np.array_equal(said(whole, rest)[:, :, columns], said(part, mine))
    learned(part, mine)
    again = restored(part, slots)
    assert np.array_equal(said(again, mine), said(part, mine))


def test_asked_for_fewer_labels_it_says_the_same_of_them() -> None:
    rows = streams.rows_of(streams.pairs(3, 90))
    expert = SlotIndex()
    learned(expert, rows)
    fewer = replace(rows.of_labels(np.arange(2)), status=np.zeros(90, np.uint8), limits=np.full(91, 2, np.int32))
    whole = said(expert, streams.without_new_labels(rows))
    assert np.array_equal(said(expert, fewer), whole[:, :, :2])


@pytest.mark.parametrize("labels", [np.array([1, 2], np.int32), None], ids=["some", "all"])
def test_reopening_forgets_nothing(labels: Any) -> None:
    rows = streams.rows_of(streams.pairs(5, 90))
    expert = SlotIndex()
    learned(expert, rows)
    before = said(expert, rows)
    expert.reopen(labels)
    assert np.array_equal(said(expert, rows), before)  # so short a past is as open as at the start


def test_bytes() -> None:
    expert = SlotIndex()
    learned(expert, streams.rows_of(streams.pairs(7, 2000, features=300, labels=60)))
    assert expert.n_bytes == pytest.approx(bytes_of(expert), rel=0.1, abs=8000)


def test_a_model_saved_with_less_evidence_goes_on_as_it_was() -> None:
    """The weights of what it did not know begin where they change nothing."""
    rows = streams.rows_of(streams.pairs(1, 60))
    expert = SlotIndex()
    learned(expert, rows)
    expert.shared[0, LINEAR:] = FIRST_SHARED[LINEAR:]
    state = expert.state(0, 0)
    state["shared"] = state["shared"][:, :LINEAR]
    older = SlotIndex()
    older.restore(state)
    assert older.shared.shape == expert.shared.shape
    assert np.array_equal(said(older, rows), said(expert, rows))
    learned(older, rows)


def test_evidence_that_nothing_taught_for_very_long_stays_a_number() -> None:
    """Sums of squares fade with every row: 10^7 rows without an error leave none."""
    expert = SlotIndex()
    expert.shared[1] = 0.0
    learned(expert, streams.rows_of([({"x": 1.0}, set())]))  # no candidate, so nothing is taught
    assert np.isfinite(expert.shared).all()
