"""How many new names a minute of message time may bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

SECONDS = 60.0
#: After so many messages in a row that are earlier than the minute, or have no time, theirs is the minute: one wrong clock
#: far in the future must not end it for years.
PATIENCE = 1_000


class Minute:
    """The present minute of message time, and the names that came in it.

    It begins with the first message, the next one with the first message that is a minute later. Earlier messages belong to it:
    time does not run backwards, except that after `PATIENCE` of them in a row a minute begins with the last.

    Parameters
    ----------
    features, labels
        So many new ones a minute.

    Examples
    --------
    >>> minute = Minute(features=3, labels=1)
    >>> minute.note([0.0, 59.0, 12.0])
    >>> minute.why_not(2, 1), minute.count(2, 1), minute.why_not(2, 0)
    ('', None, '2 new features after 2 others in the same minute of message time, expected at most 3 a minute')
    >>> minute.note([60.0])
    >>> minute.why_not(2, 0)
    ''
    """

    def __init__(self, features: int, labels: int) -> None:
        self._most = features, labels
        self._start, self._behind = math.nan, 0
        self._came = [0, 0]

    def note(self, times: Sequence[float]) -> None:
        """Take note of messages with these times, in order; NaN has none."""
        start, behind = self._start, self._behind
        for t in times:
            if start <= t < start + SECONDS:
                behind = 0
            elif t >= start + SECONDS or (start != start and t == t) or behind + 1 >= PATIENCE:  # noqa: PLR0124 (NaN)
                start, behind, self._came = t, 0, [0, 0]
            else:
                behind += 1
        self._start, self._behind = start, behind

    def why_not(self, features: int, labels: int) -> str:
        """Return why a message of now must not bring so many new names; nothing if it may."""
        for new, came, most, what in zip((features, labels), self._came, self._most, ("feature", "label"), strict=True):
            if new and came + new > most:
                others = f" after {came:,} others in the same minute of message time" if came else ""
                return f"{new:,} new {what}{'s' * (new > 1)}{others}, expected at most {most:,} a minute"
        return ""

    def count(self, features: int, labels: int) -> None:
        """Let so many new names have come."""
        self._came[0] += features
        self._came[1] += labels

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"start": self._start, "behind": self._behind, "came": np.array(self._came, np.int64)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self._start, self._behind, self._came = state["start"], state["behind"], state["came"].tolist()
