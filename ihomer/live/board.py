"""What the live page shows: written by the thread that learns, read by the threads that answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import orjson

#: Seconds between two snapshots, and of interest after somebody asked.
PERIOD: Final = 2.0
INTEREST: Final = 10.0
#: The most of the learner's time that snapshots may take.
SHARE: Final = 0.01

_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


class Board:
    """Holds the latest snapshot as JSON.

    A snapshot is made only if somebody asked in the last 10 seconds, at most every 2 seconds, and so seldom that all of them
    together take at most a hundredth of the time: one that takes long is followed by a longer pause. Answering only hands
    bytes out.

    Parameters
    ----------
    clock
        Seconds of a monotonic clock.

    Examples
    --------
    >>> board = Board(clock=lambda: 100.0)
    >>> board.due()
    False
    >>> board.asked()
    b'{}'
    >>> board.due()
    True
    >>> board.put(lambda: {"instances": 7})
    >>> board.asked(), board.due()
    (b'{"instances":7}', False)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked = self._next = float("-inf")
        self._json = b"{}"

    def asked(self) -> bytes:
        """Return the latest snapshot; the next one will be made soon. May be called from any thread."""
        self._asked = self._clock()
        return self._json

    def due(self) -> bool:
        """Return whether a snapshot is wanted; costs less than a microsecond."""
        now = self._clock()
        return now >= self._next and now - self._asked <= INTEREST

    def put(self, make: Callable[[], dict[str, Any]]) -> None:
        """Take a snapshot."""
        begun = self._clock()
        self._json = orjson.dumps(make(), option=_OPTIONS, default=str)
        now = self._clock()
        self._next = now + max(PERIOD, (now - begun) / SHARE)
