"""An even pace, and how well it was held."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

#: Lateness is counted in classes, each so many times as wide as the one before: memory is bounded, and a percentile is at most
#: 5% too large. The first class ends here, in seconds.
_STEP, _FIRST = 1.05, 1e-6


class Pace:
    """Says when the next of a row of evenly spaced things is due.

    Each has its time on one schedule: who is late has less to wait for the next ones, so the mean rate is held.

    Parameters
    ----------
    per_second
        How many a second.
    clock
        Seconds that never go back.

    Examples
    --------
    >>> now = 5.0
    >>> pace = Pace(4, clock=lambda: now)
    >>> pace.sent()
    >>> pace.seconds_left()
    0.25
    >>> now = 5.3
    >>> pace.sent()
    >>> round(pace.seconds_left(), 2), round(pace.lateness(), 2)
    (0.2, 0.05)
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        if not 0 < per_second < math.inf:
            raise ValueError(f"per_second must be above 0, found {per_second}")
        self.per_second, self._clock = per_second, clock
        self._n = 0
        self._first = self._last = math.nan
        self._late: dict[int, int] = {}

    def seconds_left(self) -> float:
        """Return how long it is until the next one is due; less than 0 if that has passed."""
        return self._due() - self._clock() if self._n else 0.0

    def sent(self) -> None:
        """Note that the next one is done now."""
        now = self._clock()
        if not self._n:
            self._first = now
        late = max(now - self._due(), 0.0)
        kind = math.ceil(math.log(max(late, _FIRST) / _FIRST, _STEP))
        self._late[kind] = self._late.get(kind, 0) + 1
        self._n += 1
        self._last = now

    @property
    def achieved(self) -> float:
        """How many a second it were, from the first to the last; NaN before the second."""
        return (self._n - 1) / (self._last - self._first) if self._last > self._first else math.nan

    def lateness(self, share: float = 0.99) -> float:
        """Return the seconds that `share` of all were late at most; NaN before the first."""
        left = share * self._n
        for kind in sorted(self._late):
            left -= self._late[kind]
            if left <= 0:
                return _FIRST * _STEP**kind
        return math.nan

    def _due(self) -> float:
        return self._first + self._n / self.per_second
