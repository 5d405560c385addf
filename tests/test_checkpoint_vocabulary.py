"""Vocabularies in checkpoints: the same ids, kinds and categories; few bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.checkpoint import CheckpointError, dumps, loads
from ihomer.checkpoint.vocabulary import vocabulary_from_state, vocabulary_state
from streams import Vocabulary


def through_bytes(vocabulary):
    return vocabulary_from_state(loads(dumps(vocabulary_state(vocabulary), kind="names")))


def assert_same(a, b):
    assert a.names == b.names
    assert list(map(type, a)) == list(map(type, b))
    assert a.ids == b.ids
    assert a.kinds().tolist() == b.kinds().tolist()
    for i in range(len(a)):
        assert (a.attribute(i), a.category(i)) == (b.attribute(i), b.category(i))
        assert type(a.attribute(i)) is type(b.attribute(i))
        assert list(a.indicators(a.attribute(i))) == list(b.indicators(b.attribute(i)))
        if a.category(i) is not None:
            assert b.get_category(a.attribute(i), a.category(i)) == i


strings = st.text(st.characters(), max_size=6)
names = strings | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
names |= st.tuples(names, names)
columns = st.tuples(names) | st.tuples(names, strings)


@given(st.lists(columns, max_size=20) | st.lists(st.tuples(strings)) | st.lists(st.tuples(st.integers())))
@settings(max_examples=50, deadline=None)
def test_round_trip(columns):
    vocabulary = Vocabulary()
    for column in columns:
        try:
            vocabulary.add_category(*column) if len(column) == 2 else vocabulary.add(*column)
        except ValueError:  # a name that is taken
            continue
    assert_same(through_bytes(vocabulary), vocabulary)


@pytest.mark.parametrize(
    "names",
    [[], ["a"], [""], ["", "a"], [True, "a"], [-(2**63), 2**63 - 1], [2**63], [0, 1.5], ["\ud83d", "\ude00", "😀"]],
)
def test_names_of_every_kind(names):
    assert_same(through_bytes(Vocabulary(names)), Vocabulary(names))


def test_it_goes_on_as_before():
    vocabulary = Vocabulary(["age"])
    vocabulary.add_category("colour", "red")
    back = through_bytes(vocabulary)
    assert back.add_category("colour", "blue") == 2
    assert back.add("age") == 0
    assert list(back.indicators("colour")) == [1, 2]
    with pytest.raises(ValueError, match="rename one"):
        back.add("colour=red")


def test_attributes_that_are_equal_and_not_the_same():
    vocabulary = Vocabulary()
    for attribute in (0, False, 0.0, "0", (0,), (False,)):
        vocabulary.add_category(attribute, repr(attribute))
    assert_same(through_bytes(vocabulary), vocabulary)


def test_many_names_are_few_bytes():
    assert len(dumps(vocabulary_state(Vocabulary(range(10_000))), kind="names")) < 81_000
    names = [f"f{i:05}" for i in range(10_000)]
    assert len(dumps(vocabulary_state(Vocabulary(names)), kind="names")) < 101_000


@pytest.mark.parametrize(
    "change",
    [
        {"names": ["a", "a"]},
        {"names": [None]},
        {"names": {"text": np.frombuffer(b"ab", np.uint8), "lengths": np.array([1], np.uint32)}},
        {"names": {"text": np.frombuffer(b"\xff", np.uint8), "lengths": np.array([1], np.uint32)}},
        {"names": {}},
        {"names": None},
        {"indicators": np.array([7], np.int32)},
        {"indicators": None},
        {"attribute_of": np.array([5], np.int32)},
        {"attribute_of": np.array([], np.int32)},
        {"categories": ["red", "blue"]},
    ],
)
def test_a_state_that_is_none(change):
    vocabulary = Vocabulary(["age"])
    vocabulary.add_category("colour", "red")
    state = vocabulary_state(vocabulary)
    assert_same(vocabulary_from_state(state), vocabulary)
    with pytest.raises(CheckpointError, match="not the names of a vocabulary"):
        vocabulary_from_state(state | change)
