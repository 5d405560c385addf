"""Laws of the experts that count and remember: batch = loop, causality, saving, what teaches nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ihomer.door import Door
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.inputs import Inputs
from ihomer.learners.protocol import SharedExpert
from ihomer.learners.recent_rows import RecentRows
from ihomer.rows import Rows
from streams import Batch
from tests import label_streams as streams

EXPERTS: dict[str, Callable[[], SharedExpert]] = {
    "history": LabelHistory,
    "counts in a table": FeatureCounts,
    "counts of touched cells": lambda: FeatureCounts(table_bytes=0, slots=3),
    "counts that leave their table": lambda: FeatureCounts(table_bytes=4 * 10 * 5, slots=3),
    "recent rows": RecentRows,
    "recent rows of a dense stream": lambda: RecentRows(dense=True),
}
every_expert = pytest.mark.parametrize("make", EXPERTS.values(), ids=EXPERTS.keys())
few = settings(max_examples=10, deadline=None)
seeds = given(seed=st.integers(0, 10_000))


def learned(expert: SharedExpert, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=True)


def said(expert: SharedExpert, rows: Rows) -> np.ndarray:
    return expert.block(streams.views_of(rows), learn=False)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[key], other[key]) and np.asarray(one[key]).dtype == np.asarray(other[key]).dtype
        for key in one
    )


def state_of(expert: SharedExpert, rows: Rows) -> dict[str, Any]:
    return expert.state(rows.n_features, rows.n_labels)


@every_expert
@few
@seeds
def test_a_batch_is_its_rows(make: Callable[[], SharedExpert], seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 90))
    one, many, cut = make(), make(), make()
    together = learned(many, rows)
    for i in range(90):
        singly = learned(one, rows.slice(i, i + 1))
        assert np.array_equal(singly[:, 0], together[:, i, : singly.shape[2]])
    for start, stop in ((0, 7), (7, 50), (50, 90)):
        learned(cut, rows.slice(start, stop))
    assert same(state_of(one, rows), state_of(many, rows))
    assert same(state_of(cut, rows), state_of(many, rows))
    assert one.n_scores == len(one.first_weights) == len(together)


@every_expert
@few
@example(seed=785)  # lines once had less room than what is known of features
@seeds
def test_predicting_says_what_learning_says_first_and_changes_nothing(
    make: Callable[[], SharedExpert], seed: int
) -> None:
    door, inputs = Door(), Inputs()
    asked, left = make(), make()
    for x, y in streams.pairs(seed, 60):
        met = len(door.labels)
        unseen = inputs.block(door.predicted(Batch.from_pairs([(x, None)])), learn=False).plain
        before = said(asked, unseen)
        stranger = door.predicted(Batch.from_pairs([({"never met": 1.0, 0: 2.0}, None)]))
        said(asked, inputs.block(stranger, learn=False).plain)
        row = inputs.block(door.learned(Batch.from_pairs([(x, y)])), learn=True).plain
        assert np.array_equal(learned(asked, row)[:, :, :met], before)
        learned(left, row)
        assert same(state_of(asked, row), state_of(left, row))


@every_expert
@few
@seeds
def test_no_score_knows_labels_that_come_later(make: Callable[[], SharedExpert], seed: int) -> None:
    n = 40
    pairs, others = streams.pairs(seed, 80), streams.pairs(seed + 1, 80)
    changed = [(x, y if i <= n else z) for i, ((x, y), (_, z)) in enumerate(zip(pairs, others, strict=True))]
    one, other = streams.rows_of(pairs), streams.rows_of(changed)
    assert not np.array_equal(one.label_indices, other.label_indices)
    there = one.limits[n + 1]
    scores, again = learned(make(), one), learned(make(), other)
    assert np.array_equal(scores[:, : n + 1, :there], again[:, : n + 1, :there])


@every_expert
@few
@seeds
def test_saved_and_restored_goes_on_as_if_never_stopped(make: Callable[[], SharedExpert], seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 120))
    for at in (0, 1, 40, 100):
        never, stopped = make(), make()
        first, rest = rows.slice(0, at), rows.slice(at, 120)
        learned(never, first)
        stopped.restore(state_of(never, first))
        assert same(state_of(stopped, first), state_of(never, first))
        assert stopped.n_bytes <= never.n_bytes
        assert np.array_equal(learned(never, rest), learned(stopped, rest))
        assert same(state_of(stopped, rows), state_of(never, rows))


@every_expert
@few
@seeds
def test_rows_without_labels_teach_nothing_about_labels(make: Callable[[], SharedExpert], seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 60))
    with_them, without = make(), make()
    for i in range(60):
        scores = learned(with_them, rows.slice(i, i + 1))
        if rows.status[i]:
            assert np.array_equal(learned(without, rows.slice(i, i + 1)), scores)
        else:
            assert np.array_equal(said(without, rows.slice(i, i + 1)), scores)


@every_expert
def test_labels_not_known_in_rows_are_believed_as_before(make: Callable[[], SharedExpert]) -> None:
    """After many rows that do not know a label little speaks against it; after many without it, all does."""
    x = {"a": 1.0, "b": 2.0}
    both = [(x, {"p": True, "q": True})] * 100
    unknown = streams.rows_of([*both, *[(x, {"q": True})] * 100])
    absent = streams.rows_of([*both, *[(x, {"p": False, "q": True})] * 100])
    one, other = make(), make()
    learned(one, unknown)
    learned(other, absent)
    p = unknown.slice(199, 200)
    if isinstance(one, RecentRows):  # none of the rows kept knows it: no votes are 0, and no recent votes -1
        assert said(one, p)[:, 0, 0].tolist() == [0, 0, -1]
    else:
        assert (said(one, p)[:, 0, 0] > 1).all()
    assert (said(other, p)[:, 0, 0] < 0.6).all()


@every_expert
@few
@seeds
def test_a_label_that_enters_through_a_complete_row_was_absent_before(
    make: Callable[[], SharedExpert], seed: int
) -> None:
    rows = streams.rows_of(streams.pairs(seed, 80, partial=False))
    from_the_start = streams.without_new_labels(rows)
    if isinstance(make(), FeatureCounts):  # the table is left at another row
        make = FeatureCounts
    late, early = learned(make(), rows), learned(make(), from_the_start)
    for i in range(80):
        assert np.array_equal(late[:, i, : rows.limits[i + 1]], early[:, i, : rows.limits[i + 1]])


@every_expert
@few
@seeds
def test_what_is_said_of_kept_labels_does_not_change(make: Callable[[], SharedExpert], seed: int) -> None:
    rows = streams.rows_of(streams.pairs(seed, 120))
    first, rest = rows.slice(0, 70), rows.slice(70, 120)
    positions = np.flatnonzero(np.random.default_rng(seed).random(first.n_labels) < 0.6)
    whole, part = make(), make()
    learned(whole, first)
    learned(part, first)
    part.keep(positions)
    columns = np.concatenate((positions, np.arange(first.n_labels, rows.n_labels)))
    mine = rest.of_labels(columns)
    assert np.array_equal(said(whole, rest)[:, :, columns], said(part, mine))
    if not isinstance(whole, FeatureCounts):  # the quality of features follows the labels that are there
        assert np.array_equal(learned(whole, rest)[:, :, columns], learned(part, mine))
    learned(part, mine)
    again = make()
    again.restore(state_of(part, mine))
    assert np.array_equal(said(again, mine), said(part, mine))


@every_expert
def test_reopening_forgets_nothing(make: Callable[[], SharedExpert]) -> None:
    rows = streams.rows_of(streams.pairs(5, 90))
    expert = make()
    learned(expert, rows)
    before = said(expert, rows)
    for labels in (np.array([1, 2], np.int32), None):
        expert.reopen(labels)
        assert np.array_equal(said(expert, rows), before)  # so short a past is as open as at the start
