"""The hash of keys, against values from the tests of Kafka's own Java client."""

from __future__ import annotations

import pytest

from streams.kafka.murmur2 import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_as_java_has_it(key, expected):
    assert murmur2(key) == expected % 2**32
    assert partition_of(key, 10) == (expected & 0x7FFFFFFF) % 10
