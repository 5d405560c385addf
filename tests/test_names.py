"""Names: what may be one, whatever library it comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streams import Batch, Vocabulary
from streams.names import plain_name, shortened, sort_key


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (np.int64(5), 5),
        (np.uint8(5), 5),
        (np.float64(2.5), 2.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        ((np.int64(1), (np.str_("a"), 2)), (1, ("a", 2))),
    ],
)
def test_numpy_scalars_are_the_values_that_they_equal(name, plain):
    assert plain_name(name) == plain
    assert type(plain_name(name)) is type(plain)
    for vocabulary in (Vocabulary([name]), Vocabulary([plain])):
        assert vocabulary.add(name) == vocabulary.add(plain) == 0
        assert type(vocabulary.name(0)) is type(plain)
    batch = Batch.from_pairs([({name: 2.0, (0, "z"): 1.0}, {name}), ({plain: 3.0}, {plain: True})])
    assert list(batch.pairs())[1] == ({plain: 3.0}, {plain: True})
    assert repr(batch.label_set(0)) == repr({plain})


def test_categories_are_pythons_own_too():
    batch = Batch.from_pairs([({np.str_("hue"): np.str_("red")}, None)])
    assert repr(batch.x(0)) == "{'hue': 'red'}"


@pytest.mark.parametrize("name", [math.inf, np.nan, np.float64(math.inf), np.datetime64("2026-01-01"), None, b"a"])
def test_other_things_are_no_names(name):
    with pytest.raises(TypeError, match="a name must be a str, int, bool, finite float or a tuple of these, found"):
        Vocabulary([name])


def test_whole_numbers_of_any_size_are_names():
    huge = 10**400
    assert sorted([huge, 0.5, -huge, "a"], key=sort_key) == [-huge, 0.5, huge, "a"]
    assert Batch.from_pairs([({huge: 1.0, 0.5: 2.0}, {huge})]).x(0) == {0.5: 2.0, huge: 1.0}


@pytest.mark.parametrize("digits", [401, 5001])
def test_messages_do_not_write_out_huge_numbers(digits):
    value, said = 10 ** (digits - 1), f"found a whole number of {digits:,} digits"
    assert f"found {shortened(-value)}" == said
    with pytest.raises(ValueError, match=f"feature 'a' must be a finite number that fits float32, {said}"):
        Batch.from_pairs([({"a": value}, None)])
    with pytest.raises(TypeError, match=f"must be True, False or None, {said}"):
        Batch.from_pairs([({}, {"a": value})])
