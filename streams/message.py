"""One instance as a JSON message: the format of JSON Lines and of Kafka topics (`instance.schema.json`)."""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
import orjson

from streams.batch import Batch
from streams.names import Name
from streams.rows import OnBadRow, RowBuilder
from streams.vocabulary import Vocabulary

_KEYS = frozenset(("id", "t", "x", "y"))
_VALUES = frozenset((int, float, bool, str, type(None)))
_NUMBERS = frozenset((int, float, type(None)))
_NAMES = frozenset((str, int, float))
_TRUTHS = frozenset((bool, type(None)))

#: The times that `instance.schema.json` allows: a date, or date and time with an offset (none means UTC).
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class MessageError(ValueError):
    """A message that is not an instance; `what` says which part (a JSON path), `column` where (from 1, 0: unknown)."""

    def __init__(self, what: str, column: int = 0) -> None:
        self.what, self.column = what, column
        super().__init__(what)


class Message(NamedTuple):
    """One decoded message.

    Parameters
    ----------
    x
        Features: name -> number, string (a category), bool or None (missing); or a list of numbers and None,
        whose feature names are 0, 1, 2, ...
    y
        The labels that hold (all others do not); or label -> bool or None (unknown; so are those not named);
        or None for an unlabelled instance.
    key
        Its own id, or None.
    time
        Seconds (since 1970-01-01 UTC if it was given as a date); NaN if there is none.
    """

    x: dict[str, Any] | list[Any]
    y: list[Name] | dict[str, bool | None] | None
    key: str | float | None
    time: float


def decode(data: bytes) -> Message:
    """Return the instance that one message holds.

    Of a key that stands twice in an object the last one counts.

    Parameters
    ----------
    data
        UTF-8 JSON: ``{"id": ..., "t": ..., "x": {...}, "y": [...]}``, all but x may be absent or null.

    Raises
    ------
    MessageError
        If it is not JSON (NaN and Infinity are not), or not an instance; with the JSON path of what is wrong.

    Examples
    --------
    >>> decode(b'{"id": 7, "x": {"size": 2.5, "colour": "red"}, "y": ["apple"]}')
    Message(x={'size': 2.5, 'colour': 'red'}, y=['apple'], key=7, time=nan)
    >>> decode(b'{"x": {"size": [1]}}')
    Traceback (most recent call last):
    streams.message.MessageError: $.x.size: found an array, expected a number, string, boolean or null
    """
    message = parse(data)
    if type(message) is not dict:
        raise MessageError(f"$: found {kind(message)}, expected an object with x and, if they are known, y, id, t")
    if not message.keys() <= _KEYS:
        strange = next(key for key in message if key not in _KEYS)
        raise MessageError(f"$: unknown key {strange!r}, expected x, y, id and t only"[:200])
    x, y, key = message.get("x"), message.get("y"), message.get("id")
    if type(x) is dict:
        if not _VALUES.issuperset(map(type, x.values())):
            _refuse("$.x", x, _VALUES, "a number, string, boolean or null")
    elif type(x) is list:
        if not _NUMBERS.issuperset(map(type, x)):
            _refuse("$.x", dict(enumerate(x)), _NUMBERS, "a number or null")
    elif "x" in message:
        raise MessageError(f"$.x: found {kind(x)}, expected an object of features or an array of numbers")
    else:
        raise MessageError("$: x is missing")
    check_labels(y)
    check_key(key)
    return Message(x, y, key, math.nan if message.get("t") is None else seconds(message["t"]))


def parse(data: bytes) -> Any:
    """Return the JSON value that a message holds.

    Raises
    ------
    MessageError
        If it is not JSON (NaN and Infinity are not), with the column where that shows.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        _refuse_other_bytes(data)
        column = len(error.doc[: error.pos].encode(errors="replace")) + 1
        raise MessageError(f"not JSON: {error.msg}", column) from None


def check_labels(y: object) -> None:
    """Raise MessageError if `y` is no array of labels, no object label -> true, false or null, and not null."""
    if type(y) is list:
        if not _NAMES.issuperset(map(type, y)):
            _refuse("$.y", dict(enumerate(y)), _NAMES, "a label: a string or a number")
    elif type(y) is dict:
        if not _TRUTHS.issuperset(map(type, y.values())):
            _refuse("$.y", y, _TRUTHS, "true, false or null")
    elif y is not None:
        raise MessageError(f"$.y: found {kind(y)}, expected an array of labels or an object label: true or false")


def check_key(key: object) -> None:
    """Raise MessageError if `key` is not an id: a string, a number, or null for none."""
    if key is not None and type(key) not in _NAMES:
        raise MessageError(f"$.id: found {kind(key)}, expected a string or a number")


def seconds(t: object) -> float:
    """Return the time of a message in seconds: a number as it is, an ISO 8601 string since 1970-01-01 UTC.

    Raises
    ------
    MessageError
        If it is neither.

    Examples
    --------
    >>> seconds("1970-01-02T00:00:01.5Z"), seconds("1970-01-02"), seconds(12)
    (86401.5, 86400.0, 12.0)
    """
    if type(t) is int or type(t) is float:
        return float(t)
    if type(t) is not str:
        raise MessageError(f"$.t: found {kind(t)}, expected a number of seconds or an ISO 8601 string")
    try:
        time = datetime.fromisoformat(t) if _TIME.fullmatch(t) else None
    except ValueError:
        time = None
    if time is None:
        expected = "a number of seconds or a time such as '2026-01-31T12:00:00Z'"
        raise MessageError(f"$.t: found {t[:50]!r}, expected {expected}")
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _refuse_other_bytes(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise MessageError("found bytes that are not UTF-8, expected UTF-8 text", error.start + 1) from None


def _refuse(path: str, parts: dict[Any, Any], allowed: frozenset[object], expected: str) -> None:
    name, value = next((name, value) for name, value in parts.items() if type(value) not in allowed)
    at = f"{path}.{name}" if type(name) is str else f"{path}[{name}]"
    raise MessageError(f"{at[:150]}: found {kind(value)}, expected {expected}")


def kind(value: object) -> str:
    """Return how JSON calls a value.

    Examples
    --------
    >>> kind([]), kind(2)
    ('an array', 'a number')
    """
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


class MessageRows:
    """Collects messages and hands them out as a `Batch`.

    The first instance decides whether x is an object or an array (a vector, which becomes the dense block of
    the batch), and of which length; one that is otherwise is refused.

    Parameters
    ----------
    features, labels, on_bad_row
        As of `streams.rows.RowBuilder`.

    Examples
    --------
    >>> rows = MessageRows()
    >>> rows.add(b'{"x": [0.5, null], "y": ["a"]}', place=1)
    >>> list(rows.take().pairs())
    [({0: 0.5, 1: None}, {'a'})]
    >>> rows.add(b'{"x": [0.5]}', place=2)
    Traceback (most recent call last):
    streams.message.MessageError: $.x: found 1 number, expected 2 as in the first instance
    """

    def __init__(
        self, features: Vocabulary | None = None, labels: Vocabulary | None = None, on_bad_row: OnBadRow | None = None
    ) -> None:
        self.builder = RowBuilder(features, labels) if on_bad_row is None else RowBuilder(features, labels, on_bad_row)
        #: Length of the vectors; 0 if x is an object; None before the first instance.
        self.width: int | None = None
        self._vectors = array("d")

    def __len__(self) -> int:
        return len(self.builder)

    def add(self, data: bytes, place: int) -> None:
        """Add the instance of one message, which stands at `place` in its source; MessageError if it is none."""
        self.put(decode(data), place)

    def put(self, message: Message, place: int) -> None:
        """Add an instance that is decoded; MessageError if it does not fit those before."""
        x, y, key, time = message
        if type(x) is dict:
            if self.width:
                raise MessageError(f"$.x: found an object, expected an array of {self.width} as in the first instance")
            try:
                self._enter_new_numbers(x)
                self.builder.add(x, y, key, time, place)
            except (TypeError, ValueError) as error:
                raise MessageError(f"$.x: {error}") from None
            self.width = 0
        else:
            self._add_vector(x, y, key, time, place)

    def _enter_new_numbers(self, x: dict[str, Any]) -> None:
        """Enter the names of a row of numbers that are new, as the builder would: sorted, what is 0 left out.

        The builder then finds a common row, and takes a tenth of the time.
        """
        features = self.builder.features
        new = [name for name in x if name not in features.ids]
        if new and _NUMBERS.issuperset(map(type, x.values())) and None not in x.values():
            for name in sorted(new):
                if x[name] == 0:
                    del x[name]
                else:
                    features.add(name)

    def _add_vector(self, x: Any, y: Any, key: Any, time: float, place: int) -> None:
        if self.width == 0:
            raise MessageError("$.x: found an array, expected an object as in the first instance")
        if not x or (self.width is not None and len(x) != self.width):
            wanted = f"{self.width} as in the first instance" if self.width else "at least one"
            raise MessageError(f"$.x: found {len(x)} number{'s' * (len(x) != 1)}, expected {wanted}")
        values = array("d", [math.nan if v is None else v for v in x] if None in x else x)
        with np.errstate(over="ignore"):
            wide = np.flatnonzero(np.isinf(np.array(values, np.float32)))
        if wide.size:
            raise MessageError(f"$.x[{wide[0]}]: found {x[wide[0]]}, expected a number that fits float32")
        self.builder.add({}, y, key, time, place)
        if self.width is None:
            self.width = len(x)
            for j in range(self.width):
                self.builder.features.add(j)
        self._vectors.extend(values)

    def take(self) -> Batch:
        """Return the rows added so far as a batch, and begin a new one."""
        batch = self.builder.take()
        if self.width:
            ids = [self.builder.features.get(j) for j in range(self.width)]
            dense = np.array(self._vectors, np.float32).reshape(len(batch), self.width)
            dense += 0.0  # no -0
            batch = replace(batch, dense=dense, dense_ids=np.array(ids, np.int32))
            self._vectors = array("d")
        return batch
