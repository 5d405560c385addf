"""Rows are the same by every door."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.door import Door
from ihomer.rows import Rows, compact, rows_from_state, rows_state
from streams import Batch, Vocabulary

NAMES = st.one_of(
    st.sampled_from(["a", "b", "c", "colour"]), st.integers(0, 5), st.tuples(st.just("t"), st.integers(0, 2))
)
VALUES = st.one_of(
    st.floats(-10, 10, width=32), st.sampled_from([0, 1, True, math.nan, None]), st.sampled_from(["red", "green"])
)
LABELS = st.sampled_from(["l", "m", 3, ("p", 1), 7])
TRUTHS = st.one_of(st.none(), st.sets(LABELS), st.dictionaries(LABELS, st.booleans()))
STREAMS = st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=6), TRUTHS), max_size=12)


def plain(rows: Rows) -> list[Any]:
    """Everything the rows say, as lists."""
    n = len(rows)
    return [
        [
            (int(j), None if math.isnan(v) else float(v))
            for j, v in zip(
                rows.indices[rows.indptr[i] : rows.indptr[i + 1]],
                rows.values[rows.indptr[i] : rows.indptr[i + 1]],
                strict=True,
            )
        ]
        + rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist()
        + rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist()
        + [int(rows.status[i]), int(rows.limits[i]), int(rows.limits[i + 1])]
        for i in range(n)
    ]


@settings(max_examples=60, deadline=None)
@given(STREAMS)
def test_dicts_and_batches_give_the_same_rows(stream: list[tuple[Any, Any]]) -> None:
    by_row, by_batch = Door(), Door()
    one: list[Any] = []
    many: list[Any] = []
    for x, y in stream:
        batch = Batch.from_pairs([(x, y)])
        assert plain(by_row.predicted_one(x)) == plain(by_batch.predicted(batch))
        one += plain(by_row.learned_one(x, y))
        many += plain(by_batch.learned(batch))
    assert one == many
    assert list(by_row.features) == list(by_batch.features)
    assert list(by_row.labels) == list(by_batch.labels)
    assert by_row.kinds().tolist() == by_batch.kinds().tolist()


@settings(max_examples=60, deadline=None)
@given(STREAMS, st.integers(0, 12))
def test_one_batch_or_two(stream: list[tuple[Any, Any]], cut: int) -> None:
    whole = Batch.from_pairs(stream)
    cut = min(cut, len(stream))
    at_once, in_two = Door(), Door()
    parts = [in_two.learned(whole.slice(0, cut)), in_two.learned(whole.slice(cut, len(stream)))]
    rows = at_once.learned(whole)
    assert plain(rows) == [row for part in parts for row in plain(part)]
    assert plain(rows.slice(cut, len(stream))) == plain(parts[1])
    assert plain(rows_from_state(rows_state(compact(rows.slice(cut, len(stream)))))) == plain(parts[1])


def test_predicting_grows_nothing_and_gives_the_ids_that_learning_would() -> None:
    door = Door()
    door.learned_one({"b": 1.0}, {"l"})
    asked = door.predicted_one({"z": 1.0, "b": 2.0, "a": 3.0})
    assert (asked.indices.tolist(), asked.values.tolist()) == ([0, 1, 2], [2.0, 3.0, 1.0])
    assert len(door.features) == 1
    learned = door.learned_one({"z": 1.0, "b": 2.0, "a": 3.0}, {"l"})
    assert learned.indices.tolist() == asked.indices.tolist()


def test_dense_blocks_are_features_like_others() -> None:
    door, twin = Door(), Door()
    dense = np.array([[1.0, 0.0, math.nan], [0.0, 2.0, 3.0]], np.float32)
    sparse = Batch.from_pairs([({9: 4.0}, {"l"}), ({}, {"m"})], features=Vocabulary([0, 1, 2, 9]))
    from dataclasses import replace

    rows = door.learned(replace(sparse, dense=dense, dense_ids=np.arange(3, dtype=np.int32)))
    expected = twin.learned_one({0: 1.0, 2: None, 9: 4.0}, {"l"})
    assert plain(rows)[0] == plain(expected)[0]
    assert plain(rows)[1] == plain(twin.learned_one({1: 2.0, 2: 3.0}, {"m"}))[0]


def test_a_clash_of_kinds_leaves_no_trace() -> None:
    door = Door()
    door.learned_one({"colour=red": 1.0}, {"l"})
    bad = Batch.from_pairs([({"new": 1.0}, {"m"}), ({"colour": "red"}, {"l"})])
    with pytest.raises(ValueError, match="would be named 'colour=red'"):
        door.learned(bad)
    assert list(door.features) == ["colour=red"]
    assert list(door.labels) == ["l"]
    # and goes on as if nothing had been asked
    assert plain(door.learned_one({"newer": 1.0}, {"m"})) == [[(1, 1.0), 1, 2, 1, 2]]


def test_labels_of_rows_as_a_cluster_sees_them() -> None:
    door = Door()
    rows = door.learned(Batch.from_pairs([({}, {"a", "c"}), ({}, {"b": True, "d": False}), ({}, {"d", "e"})]))
    assert list(door.labels) == ["a", "c", "b", "d", "e"]
    mine = rows.of_labels(np.array([1, 3], np.int32))
    assert plain(mine) == [[0, 2, 0, 1], [1, 1, 1, 2], [1, 2, 2, 2]]
