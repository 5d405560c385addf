"""Numpy arrays and scipy matrices as batches and streams."""

from __future__ import annotations

import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

import streams
from streams import Batch, StreamError, Vocabulary
from streams.concatenate import concatenate
from streams.errors import BadRows
from streams.invariants import check_batch
from tests.broken import read_into

DTYPES = ("float16", "float32", "float64", "int8", "uint64", "bool", ">f8")
NUMBERS = {"float16": 6e4, "float32": 3e38, "float64": 3e38, ">f8": 3e38}


@st.composite
def features(draw):
    """Rows of any dtype in any layout."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    elements = arrays.from_dtype(dtype)
    if dtype.kind == "f":
        bound = float(np.float32(NUMBERS[dtype.name if dtype.isnative else ">f8"]))
        width = min(8 * dtype.itemsize, 64)
        elements = st.one_of(st.floats(-bound, bound, width=width), st.sampled_from([0.0, -0.0, np.nan]))
    x = draw(arrays.arrays(dtype, st.tuples(st.integers(0, 9), st.integers(0, 5)), elements=elements))
    layout = draw(st.sampled_from(("C", "F", "strided", "reversed")))
    if layout == "strided":
        return np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3]
    return x[::-1][::-1] if layout == "reversed" else np.asarray(x, order=layout)


def pairs(x, sets):
    return [({j: v for j, v in enumerate(row) if v}, y) for row, y in zip(x.tolist(), sets, strict=True)]


def same(batch, other):
    check_batch(batch)
    assert str(list(batch.pairs())) == str(list(other.pairs()))  # NaN is not NaN
    for name in ("indptr", "values", "dense", "label_indptr", "label_indices", "status", "known_indices"):
        np.testing.assert_array_equal(getattr(batch, name), getattr(other, name))


@settings(max_examples=150, deadline=None)
@given(features(), st.data())
def test_arrays_are_the_dicts_of_their_rows(x, data):
    truth = st.one_of(st.none(), st.sets(st.integers(0, 3)), st.dictionaries(st.integers(0, 3), st.booleans()))
    sets = data.draw(st.lists(truth, min_size=len(x), max_size=len(x)))
    batch = Batch.from_arrays(x, sets)
    check_batch(batch)
    expected = Batch.from_pairs(pairs(x, sets))
    assert str([sorted(r[0].items()) for r in batch.pairs()]) == str([sorted(r[0].items()) for r in expected.pairs()])
    assert [y for _, y in batch.pairs()] == [y for _, y in expected.pairs()]
    assert batch.labels.names == expected.labels.names
    if x.dtype != "float16" and x.dtype.isnative:  # scipy has none of these
        for matrix in (sparse.csr_array(x), sparse.coo_matrix(x), sparse.csc_array(x)):
            thin = Batch.from_arrays(matrix, sets)
            check_batch(thin)
            assert str(list(thin.pairs())) == str(list(batch.pairs()))
    assert (batch.values if batch.dense is None else batch.dense).dtype == np.float32


@settings(max_examples=80, deadline=None)
@given(features(), st.integers(1, 12), st.data())
def test_the_size_of_batches_does_not_matter(x, rows, data):
    y = data.draw(arrays.arrays(data.draw(st.sampled_from(("bool", "uint8"))), (len(x), 3), elements=st.integers(0, 1)))
    sets = [set(np.flatnonzero(row).tolist()) for row in y]
    whole = Batch.from_arrays(x, y)
    assert [held for _, held in whole.pairs()] == sets
    for labels in (y, sparse.csr_array(y), sparse.lil_matrix(y), sets):
        stream = streams.from_arrays(x, labels)
        for _ in range(2):
            parts = list(stream.batches(rows))
            assert [len(part) for part in parts[:-1]] == [rows] * (len(parts) - 1)
            if parts:
                joined = concatenate(parts)
                assert list(joined.pairs()) == list(whole.pairs()) or np.isnan(x.astype(float)).any()
                assert joined.places.tolist() == list(range(1, len(x) + 1))
                if labels is not sets:
                    same(joined, whole)
        assert (stream.length, stream.progress(), len(stream.features)) == (len(x), 1, x.shape[1])


def test_names():
    x, y = np.array([[1, 0], [2, 3]]), np.array([[True], [False]])
    batch = Batch.from_arrays(x, y, ["size", "weight"], ["red"])
    assert list(batch.pairs()) == [({"size": 1}, {"red"}), ({"size": 2, "weight": 3}, set())]
    labels = Vocabulary(["blue"])
    stream = streams.from_arrays(x, [{"red"}, None], features=["a", "b"], labels=labels)
    assert (stream.declared_labels, [y for _, y in stream.sets()], labels.names) == (1, [{"red"}, None], ["blue", "red"])
    assert streams.from_arrays(x).declared_labels is None
    assert [y for _, y in streams.from_arrays(x).sets()] == [None, None]
    assert [y for _, y in streams.from_arrays(x, np.array([{1}, ()], object)).sets()] == [{1}, set()]


X = np.zeros((3, 2))
WRONG = [
    ([[1.0]], None, TypeError, "x must be a numpy array or a scipy sparse matrix, found list"),
    (np.zeros(3), None, ValueError, r"x must have two dimensions, rows and features, found the shape \(3,\)"),
    (X.astype(complex), None, TypeError, "x must be an array of .* found complex128"),
    (X.astype(object), None, TypeError, "found object"),
    (np.ma.masked_array(X, X == 0), None, TypeError, "found a masked one"),
    (sparse.csr_array(X.astype(complex)), None, TypeError, "found complex128"),
    (X, [()], ValueError, "x has 3 rows, y has 1: they must have the same"),
    (X, np.zeros((2, 2), bool), ValueError, "x has 3 rows, y has 2"),
    (X, sparse.csr_array((4, 2), dtype=bool), ValueError, "x has 3 rows, y has 4"),
    (X, np.zeros((3, 2)), TypeError, "y must be an array of booleans or of 0 and 1 as whole numbers, found float64"),
    (X, np.zeros(3, int), TypeError, r"y must be a list of label sets, .* found an array of int64, shape \(3,\)"),
    (X, "abc", TypeError, "y must be a list of label sets, .* found str"),
    (X, iter([()] * 3), TypeError, "y must be a list of label sets"),
    (X, np.full((3, 2), 2), ValueError, r"row 0: label 0 must be 0 or 1, found 2, at \[0\]"),
    (X, sparse.csr_array(np.array([[0, 0], [0, -1], [0, 0]])), ValueError, r"row 1: label 1 must be 0 or 1, found -1"),
    (X, [(), "ab", ()], ValueError, r"row 1: y must be a set or list of labels, .* found str, at \[1\]"),
    (np.array([[0, 1], [2, np.inf]]), None, ValueError, r"row 1: feature 1 must be a finite .* found inf, at \[1, 1\]"),
    (np.array([[0, -1e39]]), None, ValueError, "row 0: feature 1 must be a finite number that fits float32, found -1e"),
    (sparse.csr_array([[0, 1], [2, 1e39]]), None, ValueError, "row 1: feature 1 must be a finite number"),
]


@pytest.mark.parametrize(("x", "y", "error", "message"), WRONG)
def test_what_is_wrong_is_told(x, y, error, message):
    with pytest.raises(error, match=message):
        Batch.from_arrays(x, y)


def test_bad_rows():
    x = np.ones((9, 2))
    x[2, 1], x[5, 0], x[5, 1] = np.inf, 1e39, -np.inf
    y = [{"a"}] * 8 + ["b"]
    for rows in (1, 2, 9):
        seen: list[object] = []
        with pytest.raises(StreamError, match=re.escape("x:3: feature 1 must be a finite number that fits float32, found inf")):
            read_into(seen, lambda: streams.from_arrays(x, y), rows)
        assert len(seen) == 2
        bad = BadRows(skip=True)
        stream = streams.from_arrays(x, y, bad_rows=bad)
        assert [place for batch in stream.batches(rows) for place in batch.places.tolist()] == [1, 2, 4, 5, 7, 8]
        assert [str(error)[:12] for error in bad.first] == ["x:3: feature", "x:6: feature", "y:9: y must "]


def test_a_large_array_is_never_copied_whole(tmp_path, monkeypatch):
    # 128 MB on the disk, of which next to nothing is there.
    for order in ("C", "F"):
        path = tmp_path / f"{order}.npy"
        x = np.lib.format.open_memmap(path, "w+", np.float16, (1 << 16, 1 << 10), order == "F")
        x[12_345, 678] = 1.5
        x.flush()
        del x
        stream = streams.from_arrays(np.load(path, mmap_mode="r"), np.zeros((1 << 16, 4), bool))
        tracemalloc.start()
        try:
            found = [(b.places[r], c) for b in stream.batches(512) for r, c in np.argwhere(b.dense).tolist()]
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert found == [(12_346, 678)]
        assert peak < 16 << 20
    monkeypatch.setattr("streams.arrays.CELLS", 3000)
    assert [len(b) for b in streams.from_arrays(np.zeros((7, 1024), bool)).batches(5)] == [5, 2]


def test_a_batch_is_a_copy():
    x = np.ones((2, 2), np.float32)
    batch = Batch.from_arrays(x, [()] * 2)
    batch.dense[0, 0] = 9
    assert x[0, 0] == 1
    matrix = sparse.csr_array(x)
    Batch.from_arrays(matrix, [()] * 2).values[:] = 9
    assert matrix.data.tolist() == [1] * 4
