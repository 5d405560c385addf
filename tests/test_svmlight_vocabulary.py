"""A vocabulary of integers behaves like any other."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.batch import Batch
from streams.vocabulary import Vocabulary
from streams.vocabulary_range import RangeVocabulary


def same(a, b):
    assert len(a) == len(b)
    assert list(a) == a.names == b.names
    assert dict(a.ids) == dict(b.ids) == dict(a.ids.items())
    assert list(a.ids.values()) == list(b.ids.values())
    assert a.ids == b.ids
    for name in [*b.names, -1, len(b), "x", 2.5, True, 1.0, np.int64(1), (1,), float("nan"), float("inf")]:
        assert a.get(name) == b.get(name), name
        assert (name in a) == (name in b), name
        assert (name in a.ids) == (name in b.ids), name
    for what in ("name", "kind", "attribute", "category"):
        assert [getattr(a, what)(i) for i in range(len(b))] == [getattr(b, what)(i) for i in range(len(b))]
    assert a.kinds().tolist() == b.kinds().tolist()


names = st.one_of(st.integers(-1, 8), st.sampled_from(["a", 2.5, True, 1.0, (1, "b")]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.lists(names, max_size=6))
def test_it_is_the_vocabulary_of_these_integers(n, added):
    ours, plain = RangeVocabulary(n), Vocabulary(range(n))
    for name in added:
        assert ours.add(name) == plain.add(name)
    same(ours, plain)
    same(ours.copy(), plain)
    same(pickle.loads(pickle.dumps(ours)), plain)
    assert ours.add_category("hue", "red") == plain.add_category("hue", "red")
    same(ours, plain)


def test_a_copy_is_independent():
    ours = RangeVocabulary(2)
    ours.copy().add(2)
    assert len(ours) == 2
    with pytest.raises(KeyError):
        ours.ids[2]


def test_it_grows_and_never_shrinks():
    ours = RangeVocabulary(2)
    ours.grow(10**9)
    ours.grow(5)
    assert (len(ours), ours.name(10**9 - 1), ours.get(10**9)) == (10**9, 10**9 - 1, -1)


def test_rows_of_dicts_use_it():
    features, labels = RangeVocabulary(3), RangeVocabulary(2)
    known = labels.ids
    batch = Batch.from_pairs([({0: 1.0, 2: 2.0, "new": 3.0}, {1, 5}), ({1: "red"}, {0})], features, labels)
    assert batch.features.names == [0, 1, 2, "new", "1=red"]
    assert batch.labels.names == [0, 1, 5]
    assert [y for _, y in batch.pairs()] == [{1, 5}, {0}]
    assert batch.labels.ids is known
    other = Vocabulary()
    assert [other.add_like(RangeVocabulary(5), i) for i in (3, 4)] == [0, 1]
    assert other.get_like(RangeVocabulary(5), 4) == 1
