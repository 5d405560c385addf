"""Laws of batches: slices, picked rows, rows put together, and what `check` finds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import Batch, StreamError
from streams.concatenate import concatenate, in_batches_of
from streams.rows import RowBuilder
from streams.select import select_rows

x = st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.floats(-9, 9, width=32), st.none()), max_size=5)
nominal = st.dictionaries(st.sampled_from("XYZ"), st.sampled_from(["red", "green"]), max_size=2)
y = st.one_of(st.none(), st.sets(st.sampled_from("pqr")), st.dictionaries(st.sampled_from("pqr"), st.booleans()))
rows = st.lists(st.tuples(st.tuples(x, nominal).map(lambda parts: parts[0] | parts[1]), y), max_size=8)


def batch_of(pairs, *, dense=False):
    builder = RowBuilder()
    for i, (features, labels) in enumerate(pairs):
        builder.add(features, labels, key=i if i % 2 else None, time=float(i))
    batch = builder.take()
    if dense:
        ids = np.array([batch.features.add("v0"), batch.features.add("v1")], np.int32)
        block = np.arange(2 * len(batch), dtype=np.float32).reshape(-1, 2)
        batch = replace(batch, dense=block, dense_ids=ids)
    return batch


def whole(batch):
    """Everything that a batch says, by name."""
    n = len(batch)
    times = [None] * n if batch.times is None else batch.times.tolist()
    return list(zip(batch.pairs(), batch.keys or [None] * n, times, batch.places.tolist(), strict=True))


@settings(max_examples=40, deadline=None)
@given(rows, st.booleans(), st.data())
def test_a_slice_is_those_rows(pairs, dense, data):
    batch = batch_of(pairs, dense=dense)
    start = data.draw(st.integers(0, len(batch)))
    stop = data.draw(st.integers(start, len(batch)))
    part = batch.slice(start, stop)
    part.check()
    assert whole(part) == whole(batch)[start:stop]


@settings(max_examples=40, deadline=None)
@given(rows, st.booleans(), st.data())
def test_picked_rows_are_those_rows(pairs, dense, data):
    batch = batch_of(pairs, dense=dense)
    picked = data.draw(st.lists(st.integers(0, max(0, len(batch) - 1)), max_size=10 if len(batch) else 0))
    part = select_rows(batch, np.array(picked, np.int64))
    part.check()
    every = whole(batch)
    assert whole(part) == [every[i] for i in picked]


@settings(max_examples=40, deadline=None)
@given(rows, st.booleans(), st.lists(st.integers(0, 8), max_size=3))
def test_slices_put_together_are_the_batch(pairs, dense, cuts):
    batch = batch_of(pairs, dense=dense)
    at = [0, *sorted(min(cut, len(batch)) for cut in cuts), len(batch)]
    again = concatenate([batch.slice(start, stop) for start, stop in pairwise(at)])
    again.check()
    assert whole(again) == whole(batch)


@settings(max_examples=40, deadline=None)
@given(rows, st.lists(st.integers(0, 8), max_size=4), st.integers(1, 5))
def test_blocks_cut_anew_keep_the_rows(pairs, cuts, size):
    batch = batch_of(pairs)
    at = [0, *sorted(min(cut, len(batch)) for cut in cuts), len(batch)]
    parts = list(in_batches_of(size, (batch.slice(a, b) for a, b in pairwise(at))))
    assert [len(part) for part in parts[:-1]] == [size] * (len(parts) - 1)
    assert [row for part in parts for row in whole(part)] == whole(batch)


def test_rows_before_a_failure_come_first():
    batch = batch_of([({"a": 1.0}, None)] * 3)

    def blocks():
        yield batch
        raise StreamError("torn")

    got = []
    with pytest.raises(StreamError, match="torn"):
        got.extend(in_batches_of(2, blocks()))
    assert [len(part) for part in got] == [2, 1]


def test_only_batches_of_one_stream_go_together():
    one, other = batch_of([({"a": 1.0}, None)]), batch_of([({"a": 1.0}, None)])
    with pytest.raises(ValueError, match="share their vocabularies"):
        concatenate([one, other])
    with pytest.raises(ValueError, match="same dense columns"):
        concatenate([one, replace(one, dense=np.ones((1, 1), np.float32), dense_ids=np.zeros(1, np.int32))])
    with pytest.raises(ValueError, match="at least one batch"):
        concatenate([])


def test_a_slice_shares_its_arrays():
    batch = batch_of([({"a": 1.0, "b": 2.0}, {"p"})] * 3)
    assert np.shares_memory(batch.slice(1, 3).values, batch.values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.array([1, 0], np.float32)}, r"values\[1\] is 0.0: zeros are left out"),
        ({"values": np.array([1, np.inf], np.float32)}, r"values\[1\] is inf"),
        ({"values": np.array([1, 2], np.float64)}, "values must be float32"),
        ({"indices": np.array([1, 0], np.int32)}, "indices must be distinct and ascending within each row"),
        ({"indices": np.array([1, 1], np.int32)}, "indices must be distinct and ascending"),
        ({"indices": np.array([0, 2], np.int32)}, r"indices must lie in 0..1, found 0..2"),
        ({"indices": np.array([0, 1], np.int64)}, r"indices must be int32 of shape \(2,\), found int64"),
        ({"indptr": np.array([0, 1], np.int64)}, "offsets of indices must rise from 0 to 2"),
        ({"indptr": np.array([0, 2, 2], np.int64)}, r"offsets of indices must be int64 of shape \(2,\)"),
        ({"status": np.array([3], np.uint8)}, "status holds 3, expected 0"),
        ({"status": np.array([1], np.uint8)}, "a row is partial, but known_indptr or known_indices is None"),
        (
            {
                "status": np.array([1], np.uint8),
                "known_indptr": np.array([0, 0], np.int64),
                "known_indices": np.empty(0, np.int32),
            },
            "row 0: a label holds that is not among the known ones",
        ),
        ({"dense": np.ones((1, 1), np.float32)}, "dense and dense_ids go together"),
        (
            {"dense": np.full((1, 1), np.inf, np.float32), "dense_ids": np.zeros(1, np.int32)},
            "dense row 0 holds an infinity",
        ),
    ],
)
def test_check_finds_what_is_broken(change, message):
    batch = Batch.from_pairs([({"a": 1.0, "b": 2.0}, {"p"})])
    batch.check()
    with pytest.raises(ValueError, match=message):
        replace(batch, **change).check()


def test_rows_with_a_dense_block_by_name():
    batch = batch_of([({"a": 1.0}, {"p"}), ({}, {"q"})], dense=True)
    assert [batch.x(i) for i in range(2)] == [{"a": 1.0, "v1": 1.0}, {"v0": 2.0, "v1": 3.0}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dense_ids": np.array([4], np.int32)}, r"dense_ids must lie in 0..3, found 4..4"),
        ({"dense_ids": np.array([-1], np.int32)}, r"dense_ids must lie in 0..3, found -1..-1"),
        (
            {"dense": np.ones((3, 2), np.float32), "dense_ids": np.array([3, 3], np.int32)},
            "dense_ids must be distinct, found 3 twice",
        ),
        ({"dense_ids": np.array([1], np.int32)}, "feature 1 is a column of dense, expected it not to be among"),
        ({"dense": np.ones((3, 2), np.float32)[:, :1]}, "dense must be C-contiguous and writeable"),
        ({"keys": ["a"]}, "keys must be None or one for each of the 3 rows, found 1"),
        ({"times": np.zeros(2)}, r"times must be float64 of shape \(3,\)"),
        ({"places": np.zeros(3, np.int32)}, r"places must be int64 of shape \(3,\), found int32"),
        ({"status": np.array([2, 1, 0], np.uint8)}, "row 2 is unlabelled, expected no labels in it, found 1"),
        ({"status": np.array([2, 2, 2], np.uint8)}, "row 1 is not partial, expected no known labels of it"),
        ({"known_indptr": None}, "known_indptr and known_indices go together"),
        ({"values": np.array([1, 0, 2, 0, 3, 0], np.float32)[::2]}, "found an array that is with gaps"),
        ({"values": np.frombuffer(np.ones(3, np.float32).tobytes(), np.float32)}, "found an array that is read-only"),
        ({"values": [1.0, 2.0, 3.0]}, "values must be a numpy array, found list"),
    ],
)
def test_check_finds_what_goes_wrong_between_arrays(change, message):
    batch = Batch.from_pairs([({"a": 1.0}, {"p"}), ({"b": 2.0}, {"p": True}), ({"c": 3.0}, {"p"})])
    batch.features.add("v")
    batch = replace(batch, dense=np.ones((3, 1), np.float32), dense_ids=np.array([3], np.int32))
    batch.check()
    with pytest.raises(ValueError, match=message):
        replace(batch, **change).check()


def test_rows_before_any_failure_come_first():
    batch = batch_of([({"a": 1.0}, None)] * 3)

    def blocks():
        yield batch
        raise KeyError("lost")

    got = []
    with pytest.raises(KeyError, match="lost"):
        got.extend(in_batches_of(2, blocks()))
    assert [len(part) for part in got] == [2, 1]
