"""The event log: what happened to a model, when, where and why; bounded."""

from __future__ import annotations

from collections import deque
from typing import Any

#: So many events are kept, the newest; older ones are counted.
KEPT = 10_000


class EventLog:
    """Events as plain dicts, oldest first.

    Every event has `instance` (how many instances had been learned), `kind` ("alarm", "split", "merge", "learner"),
    `place` and `cause`; others depend on the kind.

    Examples
    --------
    >>> log = EventLog()
    >>> log.add(640, "alarm", place="model", cause="loss rose (ADWIN)", before=0.2, after=0.5)
    >>> log.events[0]["instance"], log.total
    (640, 1)
    """

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.total = 0

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that are kept, oldest first."""
        return [dict(event) for event in self._kept]

    def add(self, instance: int, kind: str, *, place: str, cause: str, **details: Any) -> None:
        """Add an event; details are plain values."""
        self._kept.append({"instance": instance, "kind": kind, "place": place, "cause": cause, **details})
        self.total += 1

    def __len__(self) -> int:
        return len(self._kept)

    def shorten(self, most: int) -> None:
        """Keep at most the newest `most` events."""
        while len(self._kept) > most:
            self._kept.popleft()

    def state(self) -> dict[str, Any]:
        """Return the log as plain values."""
        return {"kept": list(self._kept), "total": self.total}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> EventLog:
        """Return the log that `state` was taken from."""
        log = cls()
        log._kept.extend(state["kept"])
        log.total = state["total"]
        return log
