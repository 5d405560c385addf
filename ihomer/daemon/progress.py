"""A line of progress in the log, now and then: a log that says nothing for minutes makes people wonder."""

from __future__ import annotations

import logging
from typing import Any

from ihomer.daemon.status import Status

_LOG = logging.getLogger("ihomer.daemon")

#: What is told of the scores, once there are any.
SCORES = ("micro_f1", "window_micro_f1")


class Progress:
    """Tells how far the daemon is, how fast, and how good; and while nothing comes, once that nothing comes.

    Parameters
    ----------
    status
        What is told.
    seconds
        Between two lines; 0: there are none.
    now
        Seconds of a monotonic clock: when the first wait begins.

    Examples
    --------
    >>> from ihomer.daemon.logs import logged
    >>> import sys
    >>> status = Status(state="running", labels=14, clusters=2)
    >>> progress = Progress(status, 10.0, now=100.0)
    >>> status.instances = 620
    >>> with logged("text", stream=sys.stdout):  # doctest: +ELLIPSIS
    ...     progress(105.0)
    ...     progress(110.0)
    20...Z INFO progress: running instances=620 per_second=62.0 lag=0 labels=14 clusters=2
    """

    def __init__(self, status: Status, seconds: float, now: float) -> None:
        self._status, self._seconds = status, seconds
        self._at, self._instances, self._idle = now, status.instances, False

    def __call__(self, now: float) -> None:
        """Tell, if it is time to."""
        waited = now - self._at
        if not self._seconds or waited < self._seconds:
            return
        came = self._status.instances - self._instances
        if came or not self._idle:
            _LOG.info(self._status.state, extra={"event": "progress", **self._told(came / waited)})
        self._at, self._instances, self._idle = now, self._status.instances, not came

    def _told(self, rate: float) -> dict[str, Any]:
        status = self._status
        told: dict[str, Any] = {
            "instances": status.instances,
            "per_second": round(rate, 1),
            "lag": sum(status.lag.copy().values()),
        }
        told |= {name: round(status.scores[name], 4) for name in SCORES if name in status.scores}
        told |= {"labels": status.labels, "clusters": status.clusters}
        if status.dead:
            told["dead_letters"] = sum(status.dead.values())
        if status.waiting:
            told["waiting"] = status.waiting
        return told
