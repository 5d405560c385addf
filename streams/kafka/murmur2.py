"""Which partition a key belongs to, as all Kafka clients have it: the hash murmur2."""

from __future__ import annotations

_M = 0x5BD1E995
_BITS = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 of `data` with the seed of Kafka's Java client, as an unsigned number.

    Examples
    --------
    >>> murmur2(b"21") == -973932308 % 2**32  # a test of Kafka's own
    True
    """
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _BITS
        k = (k ^ k >> 24) * _M & _BITS
        h = h * _M & _BITS ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _BITS
    h = (h ^ h >> 13) * _M & _BITS
    return h ^ h >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Return the number of the partition, of so many, that records with `key` go to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
