"""Whether too many messages are bad."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from ihomer.daemon.errors import TooManyBadError

#: Messages over which the share is taken.
WINDOW = 1000


class BadWatch:
    """Watches the share of bad messages among the last 1,000, and the run of them.

    The share counts once a hundred messages have come, so that the first bad one is not all of them.

    Parameters
    ----------
    share
        More than this share is too much; 1: never.
    run
        So many in a row are too many.

    Examples
    --------
    >>> watch = BadWatch(share=1.0, run=3)
    >>> watch.note(4, [(1, "not JSON"), (2, "not JSON")])
    >>> watch.note(3, [(0, "not JSON"), (1, "not JSON"), (2, "orders[0]:17: not JSON")])
    >>> watch.check()
    Traceback (most recent call last):
    ihomer.daemon.errors.TooManyBadError: 3 messages in a row are bad (limit: 3); the last: orders[0]:17: not JSON
    """

    LEAST = 100

    def __init__(self, share: float, run: int) -> None:
        self._share, self._most_in_a_row = share, run
        self._bad: deque[int] = deque()  # numbers of the bad ones within the window
        self._seen = self._run = 0
        #: What is too much; empty if nothing is.
        self.trouble = ""

    def check(self) -> None:
        """Raise TooManyBadError if what was noted so far is too much."""
        if self.trouble:
            raise TooManyBadError(self.trouble)

    def note(self, n: int, bad: Sequence[tuple[int, str]]) -> None:
        """Note `n` messages, of which those at the given indices (ascending) are bad, and why."""
        good_since = 0
        for index, what in bad:
            number = self._seen + index
            self._run = self._run + 1 if index == good_since else 1
            good_since = index + 1
            self._bad.append(number)
            while self._bad[0] <= number - WINDOW:
                self._bad.popleft()
            if self._run >= self._most_in_a_row:
                self.trouble = f"{self._run:,} messages in a row are bad (limit: {self._most_in_a_row:,}); the last: {what}"
            window = min(number + 1, WINDOW)
            if window >= self.LEAST and len(self._bad) > self._share * window:
                self.trouble = (
                    f"{len(self._bad):,} of the last {window:,} messages are bad (limit: {self._share:.0%}); the last: {what}"
                )
        if good_since < n:
            self._run = 0
        self._seen += n

    def state(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"bad": list(self._bad), "seen": self._seen, "run": self._run}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._bad, self._seen, self._run = deque(state["bad"]), state["seen"], state["run"]
