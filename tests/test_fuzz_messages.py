"""A small part of `python -m benchmarks.fuzz_messages`: strange messages are learned or bad, and nothing raises."""

from __future__ import annotations

import pytest

from benchmarks.fuzz_messages import Fuzzer, run


@pytest.mark.parametrize(("seed", "good"), [(1, 500), (2, 500), (5, 10)])  # the first instance of seed 5 is a vector
def test_strange_messages_are_learned_or_bad(seed, good):
    seen = run(1500, seed, large=20_000)
    assert sum(seen.values()) == 1500
    assert seen["good"] > good
    assert seen["json"] > 200
    assert seen["instance"] > 200


def test_the_fuzzer_makes_the_same_messages_again():
    one, other = Fuzzer(4, 10), Fuzzer(4, 10)
    assert [one.value() for _ in range(300)] == [other.value() for _ in range(300)]
