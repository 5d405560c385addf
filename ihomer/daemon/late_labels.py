"""Instances that came without labels wait for labels that come on another topic by id, and labels for instances."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

import orjson

from ihomer.daemon.aged import Aged
from ihomer.daemon.label_message import decode_labels
from ihomer.daemon.truth import Truth, joined
from streams.message import Message, decode
from streams.names import Name

#: Bytes that tell one message from another: two of a billion are taken for one with a chance below 1e-20.
_DIGEST_BYTES = 16


class Predicted(NamedTuple):
    """What was predicted for a row, to be scored when its labels come; names as JSON knows them.

    Parameters
    ----------
    labels
        The label set.
    top
        The best labels, best first.
    """

    labels: list[Name]
    top: list[Name]


class Due(NamedTuple):
    """What is to be learned now that labels came.

    Parameters
    ----------
    message
        The row: x and id as they came, y what was not taught yet, the row's time.
    predicted
        What was predicted when the row came.
    """

    message: Message
    predicted: Predicted


class LateLabels:
    """Rows without labels, ids of rows that were taught, and labels whose row has not come: bounded, by message time.

    An array of labels is the whole truth: it teaches the row and lets it go. Its id is remembered as taught, so that what a
    producer sends twice teaches once. An object is a part: it teaches the labels that it names, and the row goes on waiting.
    What contradicts earlier labels is refused. Labels that come before their row wait for it.

    All of it depends on the order of the calls and on the times of the messages alone, never on the clock. The newest of
    these times is the present: who trusts the times of strangers lets them end the waiting of all rows.

    Parameters
    ----------
    most_rows
        So many rows wait at most; as many ids are remembered as taught, and labels of as many ids wait for rows.
    most_seconds
        What is older than the newest message by more seconds expires.
    most_bytes
        Each of the three takes so many bytes at most.

    Raises
    ------
    ValueError
        If there is room for nothing.

    Examples
    --------
    >>> late = LateLabels(most_rows=1_000, most_seconds=3600.0, most_bytes=1_000_000)
    >>> late.remember("order 17", b'{"id": "order 17", "x": {"size": 2}}', 10.0, Predicted(["big"], ["big"]))
    >>> due = late.labels(b'{"id": "order 17", "y": ["red"]}', 15.0)
    >>> due.message
    Message(x={'size': 2}, y=['red'], key='order 17', time=10.0)
    >>> due.predicted
    Predicted(labels=['big'], top=['big'])
    >>> late.labels(b'{"id": "order 17", "y": ["red"]}', 15.0), late.labels(b'{"id": 18, "y": []}', 16.0)
    ('repeated', 'unknown')
    """

    def __init__(self, most_rows: int, most_seconds: float, most_bytes: int) -> None:
        for name, value in (("most_rows", most_rows), ("most_bytes", most_bytes)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, found {value!r}")
        if not most_seconds > 0:
            raise ValueError(f"most_seconds must be above 0, found {most_seconds!r}")
        self.most_seconds = most_seconds
        #: Rows that expired, or gave way to another one of the same id, before their whole truth came.
        self.expired = 0
        self._told = 0  # of these, how many `take_expired` has told
        self._newest = -math.inf
        self._rows = Aged(most_rows, most_bytes)  # (message, prediction, what was taught)
        self._taught = Aged(most_rows, most_bytes)  # (digest of the message, truth)
        self._early = Aged(most_rows, most_bytes)  # (truth,)

    def __len__(self) -> int:
        """Return how many rows wait."""
        return len(self._rows)

    @property
    def bytes(self) -> int:
        """Bytes held, never less than there are."""
        return self._rows.bytes + self._taught.bytes + self._early.bytes

    def remember(self, key: str | float, value: builtins.bytes, time: float, predicted: Predicted) -> Due | None:
        """Let a row wait for its labels; return what is due at once if they came before it.

        A row that waits, or was taught, with the same bytes stays as it is: it came twice. Its id with other bytes is another
        row, which takes its place.

        Parameters
        ----------
        key
            Its id.
        value
            The message, which `streams.message.decode` takes.
        time
            The time of the message, else of the record, in seconds; NaN: as new as the newest.
        predicted
            What was predicted for it.
        """
        time = self._now(time)
        before = self._rows.get(key)
        if before is not None:
            if before[0] == value:
                return None
            self._rows.pop(key)
            self.expired += 1
        told = self._taught.get(key)
        if told is not None:
            if told[0] == _digest(value):
                return None
            self._taught.pop(key)
        if self._early.get(key) is None:
            self._rows.put(key, (value, _json([predicted.labels, predicted.top]), b"{}"), time)
            self.expired += self._rows.expire(self._newest - self.most_seconds)
            return None
        at = self._early.time(key)
        truth: Truth = orjson.loads(self._early.pop(key)[0])
        if isinstance(truth, list):
            self._taught.put(key, (_digest(value), _json(truth)), at)
            self._taught.expire(self._newest - self.most_seconds)
        else:
            self._rows.put(key, (value, _json([predicted.labels, predicted.top]), _json(truth)), time)
            self.expired += self._rows.expire(self._newest - self.most_seconds)
        return Due(_row(value, truth, time), predicted)

    def labels(self, data: builtins.bytes, time: float, met: Iterable[Name] = ()) -> Due | Literal["unknown", "repeated"]:
        """Take labels that came later; return what is to be learned.

        "unknown": no row of that id waits, it expired or has not come; the labels wait in case it comes. "repeated": all that
        they say was taught already, or waits already.

        Parameters
        ----------
        data
            A message of `labels.schema.json`.
        time
            The timestamp of its record, in seconds, for messages that say none; NaN: as new as the newest.
        met
            The labels that the model has met, in the order of their ids: asked only where the whole truth follows a part.

        Raises
        ------
        MessageError
            If it is no such message, with the JSON path; or if it contradicts what was said of the row before. Nothing but
            the present has changed then.
        """
        key, y, own = decode_labels(data)
        time = self._now(time if math.isnan(own) else own)
        told = self._taught.get(key)
        if told is not None:
            joined(orjson.loads(told[1]), y, key, ())
            return "repeated"
        row = self._rows.get(key)
        if row is None:
            return self._wait_for_row(key, y, time)
        value, predicted, before = row
        truth, new = joined(orjson.loads(before), y, key, met)
        at = self._rows.time(key)
        if isinstance(truth, list):
            self._rows.pop(key)
            self._taught.put(key, (_digest(value), _json(truth)), time)
            self._taught.expire(self._newest - self.most_seconds)
        elif new is not None:
            self._rows.change(key, (value, predicted, _json(truth)))
            self.expired += self._rows.expire(self._newest - self.most_seconds)
        if new is None:
            return "repeated"
        labels, top = orjson.loads(predicted)
        return Due(_row(value, new, at), Predicted(labels, top))

    def take_expired(self) -> int:
        """Return how many rows have expired since this was asked for the last time, for an event."""
        new, self._told = self.expired - self._told, self.expired
        return new

    def _wait_for_row(self, key: str | float, y: Truth, time: float) -> Literal["unknown", "repeated"]:
        early = self._early.get(key)
        if early is None:
            if y == {}:  # says nothing that could wait
                return "unknown"
            self._early.put(key, (_json(y),), time)
        else:
            before = orjson.loads(early[0])
            truth, _ = joined(before, y, key, ())
            if truth == before:
                return "repeated"
            self._early.change(key, (_json(truth),))
        self._early.expire(self._newest - self.most_seconds)
        return "unknown"

    def _now(self, time: float) -> float:
        """Let the present be `time` if that is newer, and what is too old then expire; return `time`."""
        if math.isnan(time):
            return self._newest
        if time > self._newest:
            self._newest = time
            oldest = time - self.most_seconds
            self.expired += self._rows.expire(oldest)
            self._taught.expire(oldest)
            self._early.expire(oldest)
        return time

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays: a checkpoint holds it."""
        return {
            "rows": self._rows.state(),
            "taught": self._taught.state(),
            "early": self._early.state(),
            "newest": self._newest,
            "expired": self.expired,
            "told": self._told,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from; what has no room within narrower bounds expires."""
        self._newest, self.expired, self._told = state["newest"], state["expired"], state["told"]
        oldest = self._newest - self.most_seconds
        self._rows.restore(state["rows"])
        self._taught.restore(state["taught"])
        self._early.restore(state["early"])
        self.expired += self._rows.expire(oldest)
        self._taught.expire(oldest)
        self._early.expire(oldest)


def _row(value: bytes, y: Any, time: float) -> Message:
    x, _, key, _ = decode(value)
    return Message(x, y, key, time if time > -math.inf else math.nan)


def _json(value: object) -> bytes:
    # A copy: what orjson returns holds on to the two kilobytes that it wrote into.
    return bytes(memoryview(orjson.dumps(value)))


def _digest(value: bytes) -> bytes:
    return blake2b(value, digest_size=_DIGEST_BYTES).digest()
