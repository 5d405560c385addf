"""The event log: what happened to a model, when, where and why; bounded."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import takewhile
from operator import itemgetter
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

#: So many events are kept, the newest; older ones are counted. Where labels come and go all the time their coming and
#: going has a smaller room of its own, so that it never pushes an alarm out.
KEPT, KEPT_OF_TRAFFIC = 10_000, 1_000


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event.

    Parameters
    ----------
    name
        Its `kind`.
    meaning
        What happened, for people.
    fields
        What an event of this kind may hold beside `FIELDS`.
    traffic
        Whether it is about what comes and goes all the time: kept in a smaller room.
    """

    name: str
    meaning: str
    fields: tuple[str, ...] = ()
    traffic: bool = False


#: What every event holds: how many instances had been learned, its kind, where it happened ("model", "cluster 3",
#: "label sports"), and why.
FIELDS: Final = ("instance", "kind", "place", "cause")
_CHANGE: Final = ("before", "after", "labels", "n_labels", "statistics")
#: All kinds of events. `before` and `after` are the mean loss of an alarm, cluster numbers of a split, merge or move, and
#: counts or bytes elsewhere; `labels` are names, the first 20 of `n_labels`; any event may have `time`, that of the
#: instance, if the stream tells times.
EVENT_KINDS: Final = (
    EventKind("alarm", "a monitor says that what it watches rose", ("before", "after", "labels", "n_labels", "answer")),
    EventKind("split", "a cluster became two", _CHANGE),
    EventKind("merge", "clusters became one", _CHANGE),
    EventKind("move", "labels went to another cluster", _CHANGE),
    EventKind("learner", "one common learner of a cluster replaced several", ("before", "after", "labels", "n_labels")),
    EventKind("birth", "labels were met for the first time", _CHANGE, traffic=True),
    EventKind("retired", "what was silent for long was put aside", _CHANGE, traffic=True),
    EventKind("returned", "what had been retired came back", _CHANGE, traffic=True),
    EventKind("expert", "a fresh copy came in beside the experts, or went out", ("before", "after", "statistics")),
    EventKind("space", "labels are taken for few or for many from now on", ("before", "after", "n_labels")),
    EventKind("expired", "something that waited was given up", _CHANGE, traffic=True),
)
#: An event and how many there were before it.
_Numbered = tuple[int, dict[str, Any]]
_KINDS: Final = {kind.name: kind for kind in EVENT_KINDS}


class EventLog:
    """Events as plain dicts, oldest first: `FIELDS`, `time` if it is known, and what `EVENT_KINDS` says.

    Examples
    --------
    >>> log = EventLog()
    >>> log.add(640, "alarm", place="model", cause="loss rose", before=0.2, after=0.5)
    >>> log.events[0]["instance"], log.total
    (640, 1)
    >>> print(*log.json_lines())
    {"instance":640,"kind":"alarm","place":"model","cause":"loss rose","before":0.2,"after":0.5}
    """

    def __init__(self) -> None:
        self._kept: deque[_Numbered] = deque(maxlen=KEPT)
        self._traffic: deque[_Numbered] = deque(maxlen=KEPT_OF_TRAFFIC)
        self.total = 0
        self._times: tuple[int, npt.NDArray[np.float64]] | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that are kept, oldest first."""
        return [dict(event) for event in self]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (event for _, event in merge(self._kept, self._traffic, key=itemgetter(0)))

    def follow(self, first: int, times: npt.NDArray[np.float64] | None) -> None:
        """Take the times of the instances that are learned next: of instance `first` and those after it; None: not known."""
        self._times = None if times is None else (first, times)

    def add(self, instance: int, kind: str, *, place: str, cause: str, **details: Any) -> None:
        """Add an event; details are plain values.

        Parameters
        ----------
        instance
            How many instances had been learned: its time is that of the last of them.
        kind
            Name of one of `EVENT_KINDS`.
        place, cause
            Where and why, for people.
        details
            Further fields; a `time` wins over what `follow` was told.

        Raises
        ------
        ValueError
            If the kind is not in `EVENT_KINDS`.
        """
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {', '.join(_KINDS)}, found {kind!r}")
        time = {}
        if self._times is not None and "time" not in details:
            first, times = self._times
            if 0 <= instance - first < len(times) and times[instance - first] == times[instance - first]:
                time = {"time": float(times[instance - first])}
        room = self._traffic if _KINDS[kind].traffic else self._kept
        room.append((self.total, {"instance": instance, **time, "kind": kind, "place": place, "cause": cause, **details}))
        self.total += 1

    def since(self, number: int) -> tuple[list[dict[str, Any]], int]:
        """Return the events that are kept from the one of that number (counted from 0) on, and the number of the next."""
        if number >= self.total:
            return [], self.total
        kept = merge(
            *([*takewhile(lambda at: at[0] >= number, reversed(room))][::-1] for room in (self._kept, self._traffic)),
            key=itemgetter(0),
        )
        return [dict(event) for _, event in kept], self.total

    def json_lines(self) -> Iterator[str]:
        """Yield the events that are kept as JSON, oldest first."""
        for event in self:
            yield event_json(event).decode()

    def to_json_lines(self, target: str | os.PathLike[str] | BinaryIO) -> None:
        """Write the events that are kept as JSON Lines (UTF-8).

        Parameters
        ----------
        target
            A path, replaced when the new file is whole; or a binary file, written to.

        Raises
        ------
        OSError
            If it cannot be written; a file that was there is as it was.
        """
        lines = (event_json(event) + b"\n" for event in self)
        if isinstance(target, (str, os.PathLike)):
            from ihomer.checkpoint.atomic import write_whole

            write_whole(target, lines)
        else:
            target.writelines(lines)

    def __len__(self) -> int:
        return len(self._kept) + len(self._traffic)

    def shorten(self, most: int) -> None:
        """Keep at most `most` events: what comes and goes all the time goes first, the oldest before the others."""
        while len(self) > most:
            (self._traffic or self._kept).popleft()

    def state(self) -> dict[str, Any]:
        """Return the log as plain values."""
        kept = [[number, event] for number, event in merge(self._kept, self._traffic, key=itemgetter(0))]
        return {"kept": kept, "total": self.total}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> EventLog:
        """Return the log that `state` was taken from."""
        log = cls()
        for number, event in state["kept"]:
            (log._traffic if _KINDS[event["kind"]].traffic else log._kept).append((number, event))
        log.total = state["total"]
        return log


def event_json(event: Mapping[str, Any]) -> bytes:
    """Return an event, or what else has names that may be numbers, as JSON on one line without its end."""
    import orjson

    return orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY, default=str)
