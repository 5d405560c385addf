"""Sparse rows of unit length: the plain view of `Inputs`, bit for bit, in a tenth of the memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.door import Door
from ihomer.kernels.inputs import SPARSE
from ihomer.learners.inputs import Inputs
from ihomer.learners.unit_rows import UnitRows
from streams import Batch

values = st.one_of(st.floats(-(2.0**99), 2.0**99, width=32).filter(bool), st.just(float("nan")), st.just(1.0))
some_rows = st.lists(st.dictionaries(st.integers(0, 9), values, max_size=6), min_size=2, max_size=20)


@settings(max_examples=100, deadline=None)
@given(some_rows, st.integers(1, 19))
def test_it_is_the_plain_view(xs, cut):
    door = Door()
    rows = door.learned(Batch.from_pairs([(x, None) for x in xs]))
    cut = min(cut, len(rows) - 1)
    whole, inputs = Inputs(SPARSE), Inputs(SPARSE)
    inputs.block(rows.slice(0, cut), learn=True)
    units = UnitRows.of(inputs)
    expected = whole.block(rows, learn=True).plain
    found = units.block(rows.slice(cut, len(rows)), learn=True).plain
    first = expected.indptr[cut]
    np.testing.assert_array_equal(found.indptr, expected.indptr[cut:] - first)
    np.testing.assert_array_equal(found.indices, expected.indices[first:])
    np.testing.assert_array_equal(found.values, expected.values[first:])
    np.testing.assert_array_equal(units.largest, whole.largest)
    again = UnitRows.from_state(units.state())
    unmet = door.predicted(Batch.from_pairs([({0: 2.0, 77: -3.0}, None)]))
    for one in (units, again):
        plain = one.block(unmet, learn=False).plain
        np.testing.assert_array_equal(plain.values, whole.block(unmet, learn=False).plain.values)
    assert again.counters[0] == len(rows)


def test_features_that_go_take_their_scale_along():
    units = UnitRows(np.array([1, 2, 4], np.float32), 3)
    units.keep_features(np.array([0, 2]))
    assert units.largest[:2].tolist() == [1, 4]
    assert units.n_bytes < 100


@pytest.mark.parametrize("now", [0.5, 1e-6, 1e-30])
def test_a_row_has_unit_length_however_large_its_features_were_once(now):
    units = UnitRows(np.array([3e38], np.float32), 1)
    rows = Door().learned(Batch.from_pairs([({"a": now}, None)]))
    length = float(np.sum(units.block(rows, learn=False).plain.values.astype(np.float64) ** 2))
    assert length == pytest.approx(float(np.float32(now) / np.float32(3e38) != 0))
