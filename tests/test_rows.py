"""The door: dicts and sets of names become rows."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import Batch, Vocabulary
from streams.batch import COMPLETE, PARTIAL, UNLABELLED
from streams.rows import RowBuilder

names = st.one_of(
    st.text(max_size=4),
    st.integers(-5, 5),
    st.floats(-2, 2, width=16),
    st.tuples(st.text(max_size=2), st.integers(0, 3)),
)
numbers = st.one_of(st.integers(-1000, 1000), st.floats(-(2.0**100), 2.0**100, width=32), st.booleans())
xs = st.dictionaries(names, numbers, max_size=8)
ys = st.one_of(st.none(), st.sets(names, max_size=4), st.dictionaries(names, st.booleans(), max_size=4))


def as_read_back(x):
    """What `Batch.x` gives for a dict of numbers: zeros left out, float32."""
    return {name: float(np.float32(value)) for name, value in x.items() if np.float32(value) != 0}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(xs, ys), max_size=5))
def test_pairs_come_back(pairs):
    batch = Batch.from_pairs(pairs)
    batch.check()
    assert list(batch.pairs()) == [(as_read_back(x), y) for x, y in pairs]
    assert batch.status.tolist() == [
        UNLABELLED if y is None else PARTIAL if isinstance(y, dict) else COMPLETE for _, y in pairs
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(xs, ys), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_a_dict_changes_nothing(pairs, random):
    def shuffled(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    turned = [(shuffled(x), shuffled(y) if isinstance(y, dict) else y) for x, y in pairs]
    one, other = Batch.from_pairs(pairs), Batch.from_pairs(turned)
    assert one.features.names == other.features.names
    assert one.labels.names == other.labels.names
    for array in ("indptr", "indices", "values", "label_indptr", "label_indices", "status"):
        np.testing.assert_array_equal(getattr(one, array), getattr(other, array))


def test_new_names_of_a_row_get_ids_in_sorted_order():
    batch = Batch.from_pairs([({("b", 1): 1, "a": 1, 2: 1, "B": 1, 1.5: 1, ("a", 2): 1}, ["y", "x", 3])])
    assert batch.features.names == [1.5, 2, "B", "a", ("a", 2), ("b", 1)]
    assert batch.labels.names == [3, "x", "y"]


@pytest.mark.parametrize(
    "value",
    [2, 2.0, True, np.float32(2), np.float64(2), np.int8(2), np.uint64(2), np.bool_(True), Decimal(2), Fraction(4, 2)],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("company", [{}, {"colour": "red"}], ids=["alone", "beside a category"])
def test_every_kind_of_number_is_a_number(value, company):
    builder = RowBuilder()
    for _ in range(2):  # a new name, then a known one
        builder.add({"a": value} | company, None)
    batch = builder.take()
    for i in range(2):
        assert batch.x(i) == {"a": float(value)} | company


@pytest.mark.parametrize("value", [None, math.nan, np.float32("nan"), np.float64("nan"), Decimal("nan")])
def test_none_and_nan_are_missing(value):
    batch = Batch.from_pairs([({"a": 1, "c": "red"}, None), ({"a": value, "c": value}, None), ({"new": value}, None)])
    assert batch.x(1) == {"a": None, "c": None}
    assert batch.x(2) == {"new": None}, "whoever reads it may know whether it is a number or a category"


def added_and_taken(builder, value):
    builder.add({"a": value}, None)
    return builder.take()


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e39, -1e300, 10**400, np.float64("inf"), Decimal("1e50")])
@pytest.mark.parametrize("known", [False, True])
def test_what_does_not_fit_float32_is_refused(value, known):
    builder = RowBuilder(Vocabulary(["a"] if known else []))
    with pytest.raises(ValueError, match="feature 'a' must be a finite number that fits float32, found"):
        added_and_taken(builder, value)


def test_the_largest_float32_fits():
    assert Batch.from_pairs([({"a": 3.4028234663852886e38}, None)]).x(0) == {"a": 3.4028234663852886e38}


@pytest.mark.parametrize("value", [[1], {}, b"red", 1j, object])
@pytest.mark.parametrize("known", [False, True])
def test_other_values_are_refused(value, known):
    builder = RowBuilder(Vocabulary(["a"] if known else []))
    with pytest.raises(TypeError, match=r"feature 'a' must be a number, a string \(a category\) or None, found"):
        builder.add({"a": value}, None)
    assert len(builder) == 0


@pytest.mark.parametrize("name", [None, math.nan, math.inf, b"a", frozenset(), ("a", None)])
def test_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(TypeError, match="a name must be a str, int, bool, finite float or a tuple of these, found"):
        Batch.from_pairs([({name: 1.0}, None)])
    with pytest.raises(TypeError, match="a name must be"):
        Batch.from_pairs([({}, [name])])


def test_a_category_and_a_number_cannot_share_a_column():
    with pytest.raises(ValueError, match="feature 'c=red' is a number here, but stands for category 'red'"):
        Batch.from_pairs([({"c": "red"}, None), ({"c=red": 1.0, "new": 1.0}, None)])
    with pytest.raises(ValueError, match="would be named 'c=red', but another feature has that name"):
        Batch.from_pairs([({"c=red": 1.0}, None), ({"c": "red"}, None)])


@pytest.mark.parametrize("y", ["red", 3, b"red"])
def test_y_must_be_a_collection_or_a_dict(y):
    with pytest.raises(TypeError, match="y must be a set or list of labels, a dict label -> bool, or None, found"):
        Batch.from_pairs([({}, y)])


@pytest.mark.parametrize("truth", [2, "yes", 0.5, math.nan])
def test_a_truth_must_be_one(truth):
    with pytest.raises(TypeError, match="label 'a' must be True, False or None, found"):
        Batch.from_pairs([({}, {"a": truth})])


def test_truth_values():
    y = {"a": True, "b": 0, "c": None, "d": np.bool_(True), "e": 1.0}
    batch = Batch.from_pairs([({}, y)])
    assert batch.y(0) == {"a": True, "b": False, "d": True, "e": True}
    assert "c" not in batch.labels


def test_a_bad_row_leaves_the_others():
    bad = []
    builder = RowBuilder(on_bad_row=lambda place, why: bad.append((place, why)))
    for i, value in enumerate([1.0, 1e39, 3.0]):
        builder.add({"a": value} if i != 1 else {"a": 1.0}, {"y"}, key=i, time=float(i), place=10 * i)
    builder.add({"a": float("inf")}, {"y"}, key="bad", place=99)
    batch = builder.take()
    assert bad == [(99, "feature 'a' must be a finite number that fits float32, found an infinite or larger one")]
    assert batch.keys == [0, 1, 2]
    assert batch.places.tolist() == [0, 10, 20]
    batch.check()


def test_take_begins_anew():
    builder = RowBuilder()
    builder.add({"a": 1}, {"y"})
    assert len(builder.take()) == 1
    assert len(builder.take()) == 0
    builder.add({"b": 1}, None)
    assert list(builder.take().pairs()) == [({"b": 1.0}, None)]
