"""The kernels of rows against their twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.kernels import rows as kernels
from streams.rows import sorting_scratch
from tests.naive import rows as naive

ids = st.integers(0, 20_000)
numbers = st.one_of(
    st.floats(width=64, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1e39, -1e39, 3.4028234663852886e38, 3.4028235677973366e38, 1e-50, math.nan]),
)


def packed(rows):
    indptr = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=indptr[1:])
    return indptr


@pytest.mark.parametrize("size", [0, 1, 2, 15, 16, 17, 300])
@pytest.mark.parametrize("repeat", [False, True])
def test_sort_row_agrees_with_its_twin(size, repeat):
    random = np.random.default_rng(size)
    for top in (size + 1, 5000, 300_000):
        row = random.choice(top, size, replace=False).astype(np.int32) if size <= top else np.empty(0, np.int32)
        if repeat and size > 1:
            row[-1] = row[0]
        values = random.normal(size=size).astype(np.float32)
        expected_ids, expected_values, expected_repeated = naive.sort_row(row.tolist(), values.tolist())
        bits, summary, scratch = sorting_scratch(top)
        repeated = kernels.sort_row(row, values, 0, size, bits, summary, scratch)
        assert not bits.any()
        assert not summary.any()
        assert repeated == expected_repeated
        if repeated < 0:
            assert row.tolist() == expected_ids
            assert values.tolist() == expected_values


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(ids, numbers), max_size=30), max_size=6))
def test_tidy_rows_agrees_with_its_twin(rows):
    indptr = packed(rows)
    flat = [cell for row in rows for cell in row]
    row_ids, raw = np.array([k for k, _ in flat], np.int32), np.array([v for _, v in flat], np.float64)
    values = np.empty(len(flat), np.float32)
    verdict, where = np.empty(len(rows), np.uint8), np.empty(len(rows), np.int64)
    faults = kernels.tidy_rows(indptr, row_ids, raw, values, *sorting_scratch(20_001), verdict, where)
    expected, verdicts = naive.tidy_rows(rows)
    assert verdict.tolist() == verdicts
    assert faults == sum(v != naive.FINE for v in verdicts)
    for i, row in enumerate(expected):
        span = slice(indptr[i], indptr[i + 1])
        assert row_ids[span].tolist() == [k for k, _ in row]
        np.testing.assert_array_equal(values[span], np.array([v for _, v in row], np.float32))
    for i in np.flatnonzero(verdict):
        assert where[i] in [k for k, _ in rows[i]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(ids, max_size=40, unique=True), max_size=5))
def test_sort_rows_sorts_every_row(rows):
    indptr = packed(rows)
    flat = np.array([k for row in rows for k in row], np.int32)
    values = flat.astype(np.float32)
    kernels.sort_rows(indptr, flat, values, *sorting_scratch(20_001))
    assert [flat[indptr[i] : indptr[i + 1]].tolist() for i in range(len(rows))] == [sorted(row) for row in rows]
    assert values.tolist() == flat.tolist()
