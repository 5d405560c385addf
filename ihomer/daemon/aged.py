"""What is kept for a while: bytes under keys, of which the oldest leave where there is no room or time left."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

#: Bytes of an entry beside its key and parts: slot of the dict, place in the queue, and the objects themselves.
ENTRY = 600
#: So many more places of the queue than twice the entries are let be: below, tidying up would cost more than it frees.
_SPARE = 64

Key = str | int | float
#: What is kept: a few strings of bytes, the same number for each.
Parts = tuple[bytes, ...]


class Aged:
    """Parts under keys, at most so many and so large in all; the oldest by their time leave first, of equals the earlier.

    O(log n) a call, whatever the order of the times.

    Parameters
    ----------
    most
        Entries at most.
    most_bytes
        Bytes at most, see `bytes`.

    Examples
    --------
    >>> kept = Aged(2, 10_000)
    >>> for time, key in [(2.0, "b"), (1.0, "a"), (3.0, "c")]:
    ...     kept.put(key, (b"parts",), time)
    ...     left = kept.expire(before=0.0)
    >>> left, len(kept), kept.get("a"), kept.get("b")
    (1, 2, None, (b'parts',))
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes = most, most_bytes
        #: What is held takes about so many bytes; never less than it does.
        self.bytes = 0
        self._entries: dict[Key, tuple[float, int, Parts]] = {}
        self._queue: list[tuple[float, int, Key]] = []  # of each entry its place, and places of entries that are gone
        self._put = 0  # entries so far: of the same time, the one with the smaller number is older

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Parts | None:
        """Return what is kept under `key`, or None."""
        entry = self._entries.get(key)
        return None if entry is None else entry[2]

    def time(self, key: Key) -> float:
        """Return the time of what is kept under `key`."""
        return self._entries[key][0]

    def put(self, key: Key, parts: Parts, time: float) -> None:
        """Keep `parts` under `key`, which is not in use; call `expire` after it."""
        self._put += 1
        self._entries[key] = time, self._put, parts
        self.bytes += _size(key, parts)
        heappush(self._queue, (time, self._put, key))

    def change(self, key: Key, parts: Parts) -> None:
        """Keep other parts under a key that is in use, at their old age; call `expire` after it."""
        time, number, before = self._entries[key]
        self._entries[key] = time, number, parts
        self.bytes += _size(key, parts) - _size(key, before)

    def pop(self, key: Key) -> Parts:
        """Let what is kept under `key` go, and return it."""
        parts = self._entries.pop(key)[2]
        self.bytes -= _size(key, parts)
        if len(self._queue) > 2 * len(self._entries) + _SPARE:
            self._queue = [(time, number, key) for key, (time, number, _) in self._entries.items()]
            heapify(self._queue)
        return parts

    def expire(self, before: float) -> int:
        """Let go what is older than `before`, and the oldest beyond the bounds; return how many entries that was."""
        gone, entries, queue = 0, self._entries, self._queue
        while entries and (queue[0][0] < before or len(entries) > self.most or self.bytes > self.most_bytes):
            _, number, key = heappop(queue)
            entry = entries.get(key)
            if entry is not None and entry[1] == number:
                del entries[key]
                self.bytes -= _size(key, entry[2])
                gone += 1
        return gone

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        entries = self._entries.values()
        n = len(self._entries)
        width = len(next(iter(entries))[2]) if n else 0
        return {
            "keys": orjson.dumps(list(self._entries)),
            "times": np.fromiter((time for time, _, _ in entries), np.float64, n),
            "numbers": np.fromiter((number for _, number, _ in entries), np.int64, n),
            "parts": [_packed([parts[i] for _, _, parts in entries]) for i in range(width)],
            "put": self._put,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from; call `expire` after it if the bounds may be narrower now."""
        keys = orjson.loads(state["keys"])
        columns = [_unpacked(column) for column in state["parts"]]
        numbers = state["numbers"].tolist()
        rows = zip(state["times"].tolist(), numbers, zip(*columns, strict=True), strict=True)
        self._entries = dict(zip(keys, rows, strict=True))
        self.bytes = sum(_size(key, parts) for key, (_, _, parts) in self._entries.items())
        self._queue = [(time, number, key) for key, (time, number, _) in self._entries.items()]
        heapify(self._queue)
        self._put = state["put"]


def _size(key: Key, parts: Parts) -> int:
    # A character takes up to four bytes as soon as one of them is not ASCII.
    named = 0 if type(key) is not str else len(key) if key.isascii() else 4 * len(key)
    return ENTRY + named + sum(map(len, parts))


def _packed(strings: list[bytes]) -> dict[str, npt.NDArray[Any]]:
    """Return strings of bytes as two arrays: a checkpoint of a million of them takes as long as that of one."""
    ends = np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)))
    return {"bytes": np.frombuffer(b"".join(strings), np.uint8), "ends": ends}


def _unpacked(packed: dict[str, npt.NDArray[Any]]) -> list[bytes]:
    whole = packed["bytes"].tobytes()
    return [whole[start:end] for start, end in pairwise([0, *packed["ends"].tolist()])]
