"""The same text is logged seldom: clients say the same thing hundreds of times a minute while the broker is away."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from collections.abc import Callable

#: Seconds between two records of the same text: often enough to see that it goes on.
SECONDS = 10.0

#: So many texts are remembered; all are forgotten when there are more.
_MOST = 1_000

# Counters, ports, durations and addresses of objects do not make another text.
_NUMBERS = re.compile(r"0x[0-9a-fA-F]+|\d+")


class Seldom(logging.Filter):
    """Lets a text of other loggers than `ours` through once in `SECONDS`; then ``repeated`` says how many were left out.

    Parameters
    ----------
    ours
        Records of this logger, and of those below it, always pass.
    clock
        Seconds of a monotonic clock.
    """

    def __init__(self, ours: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._ours, self._clock = ours, clock
        self._lock = threading.Lock()  # clients log from threads of their own
        self._told: dict[tuple[str, int, str], tuple[float, int]] = {}  # text -> when it was let through, left out since

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether `record` is written."""
        if record.name == self._ours or record.name.startswith(self._ours + "."):
            return True
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        key = (record.name, record.levelno, _NUMBERS.sub("#", text))
        now = self._clock()
        with self._lock:
            when, left_out = self._told.get(key, (-math.inf, 0))
            if now - when < SECONDS:
                self._told[key] = when, left_out + 1
                return False
            if len(self._told) >= _MOST:
                self._told.clear()
            self._told[key] = now, 0
        record.repeated = left_out
        return True
