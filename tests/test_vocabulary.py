"""Vocabularies: ids in order, categories as columns, clashes told."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import Vocabulary
from streams.names import sort_key
from streams.vocabulary import INDICATOR, NUMERIC

names = st.recursive(
    st.one_of(st.text(max_size=3), st.integers(-9, 9), st.floats(-2, 2, width=16), st.booleans()),
    lambda part: st.lists(part, max_size=2).map(tuple),
    max_leaves=3,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(names, max_size=10))
def test_ids_count_up_in_order_of_addition(given_names):
    vocabulary = Vocabulary(given_names)
    distinct = list(dict.fromkeys(given_names))
    assert vocabulary.names == distinct
    assert [vocabulary.get(name) for name in distinct] == list(range(len(distinct)))
    assert [vocabulary.add(name) for name in distinct] == list(range(len(distinct)))


@settings(max_examples=50, deadline=None)
@given(st.lists(names, max_size=10))
def test_names_have_one_order(given_names):
    turned = list(reversed(given_names))
    assert sorted(given_names, key=sort_key) == sorted(turned, key=sort_key)


def test_equal_names_are_one():
    vocabulary = Vocabulary([1])
    assert [vocabulary.add(name) for name in (1, 1.0, True)] == [0, 0, 0]


def test_categories_are_columns_of_their_own():
    vocabulary = Vocabulary(["size"])
    assert [vocabulary.add_category("hue", c) for c in ("red", "blue", "red")] == [1, 2, 1]
    assert vocabulary.kinds().tolist() == [NUMERIC, INDICATOR, INDICATOR]
    assert vocabulary.kinds(2).tolist() == [INDICATOR]
    assert [vocabulary.attribute(i) for i in range(3)] == ["size", "hue", "hue"]
    assert [vocabulary.category(i) for i in range(3)] == [None, "red", "blue"]
    assert list(vocabulary.indicators("hue")) == [1, 2]
    assert list(vocabulary.indicators("size")) == []
    assert vocabulary.get_category("hue", "green") == -1


def test_clashes_of_kinds_are_told():
    vocabulary = Vocabulary(["a=b"])
    with pytest.raises(ValueError, match="category 'b' of attribute 'a' would be named 'a=b'"):
        vocabulary.add_category("a", "b")
    vocabulary.add_category("c", "d")
    with pytest.raises(ValueError, match="feature 'c=d' is a number here"):
        vocabulary.add("c=d")
    vocabulary.add_category("x", "y=z")
    with pytest.raises(ValueError, match="would be named 'x=y=z'"):
        vocabulary.add_category("x=y", "z")


def test_columns_of_another_vocabulary():
    one, other = Vocabulary(["size"]), Vocabulary()
    one.add_category("hue", "red")
    assert [other.get_like(one, i) for i in range(2)] == [-1, -1]
    assert [other.add_like(one, i) for i in (1, 0)] == [0, 1]
    assert [other.get_like(one, i) for i in range(2)] == [1, 0]
    assert other.category(0) == "red"


def test_a_number_is_not_found_as_a_category():
    one, other = Vocabulary(["hue=red"]), Vocabulary()
    other.add_category("hue", "red")
    assert other.get_like(one, 0) == -1


@pytest.mark.parametrize("how", [Vocabulary.copy, lambda v: pickle.loads(pickle.dumps(v))], ids=["copy", "pickle"])
def test_copies_grow_apart(how):
    vocabulary = Vocabulary(["size"])
    vocabulary.add_category("hue", "red")
    twin = how(vocabulary)
    twin.add("new")
    twin.add_category("hue", "blue")
    assert vocabulary.names == ["size", "hue=red"]
    assert list(vocabulary.indicators("hue")) == [1]
    assert twin.names == ["size", "hue=red", "new", "hue=blue"]
