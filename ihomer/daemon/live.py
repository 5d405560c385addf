"""The daemon on the live page: rates, lag, scores, clusters and events, noted by the loop while it runs."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

from ihomer.daemon.secrecy import masked
from ihomer.live.board import PERIOD
from ihomer.live.history import History
from ihomer.live.looks import clusters_of, events_of
from ihomer.live.watch import DIGITS, METRICS, POINTS

if TYPE_CHECKING:
    from ihomer.daemon.status import Status

_SHOWN: Final = tuple(form + metric for form in ("window_", "") for metric in METRICS)


class Live:
    """Brings the daemon onto the board of its status; to be called in each turn of the loop.

    Parameters
    ----------
    title
        What the page is called.
    status
        What is told, and where.
    """

    def __init__(self, title: str, status: Status) -> None:
        self._title, self._status = title, status
        self._history, self._curve = History(), History(POINTS)
        self._begun = self._noted = time.monotonic()
        self._instances = status.instances
        self._scores: dict[str, float] = {}

    def look(self, model: Any) -> None:
        """Note what changed, and take a snapshot if somebody looks."""
        status, now = self._status, time.monotonic()
        if status.scores is not self._scores:
            self._scores = status.scores
            scores = {name: round(status.scores.get(name, math.nan), DIGITS) for name in _SHOWN}
            told = {name: score for name, score in scores.items() if not math.isnan(score)}
            # By the count that events have, which goes on where an earlier process ended.
            self._curve.add({"instances": model.n_instances, **told})
        if now - self._noted >= PERIOD:
            rate = (status.instances - self._instances) / (now - self._noted)
            lag = float(sum(status.lag.values()))
            self._history.add({"seconds": round(now - self._begun, 1), "rows_per_second": round(rate, 1), "lag": lag})
            self._instances, self._noted = status.instances, now
        if status.board.due():
            status.board.put(lambda: self._snapshot(model))

    def _snapshot(self, model: Any) -> dict[str, Any]:
        status, curve, history = self._status, self._curve.columns(), self._history.columns()
        return {
            "title": self._title,
            "state": status.state,
            "problem": masked(status.problem),
            "share": None,
            "figures": {
                "instances": status.instances,
                "learned in all": model.n_instances,
                "instances a second": history.get("rows_per_second", [None])[-1],
                "lag, records": sum(status.lag.values()),
                "micro-F1": status.scores.get("micro_f1"),
                "labels": status.labels,
                "dead letters": sum(status.dead.values()),
            },
            "curve": curve,
            "history": history,
            "clusters": clusters_of(model),
            "events": events_of(model),
        }
