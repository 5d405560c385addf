"""Labels of an instance that came without them, as a JSON message (`labels.schema.json`)."""

from __future__ import annotations

import math
from typing import NamedTuple

from ihomer.daemon.truth import Truth
from streams.message import MessageError, check_key, check_labels, kind, parse, seconds

_KEYS = frozenset(("id", "t", "y"))
_EXPECTED = "expected an object with id, y and, if it is known, t"


class LabelMessage(NamedTuple):
    """Labels that came later.

    Parameters
    ----------
    key
        The id of the instance.
    y
        The labels that hold (all others do not); or a part of the truth, label -> whether it holds.
    time
        Seconds; NaN if the message says none.
    """

    key: str | float
    y: Truth
    time: float


def decode_labels(data: bytes) -> LabelMessage:
    """Return the labels that one message holds.

    Raises
    ------
    MessageError
        If it is not JSON, or not labels of an instance; with the JSON path of what is wrong.

    Examples
    --------
    >>> decode_labels(b'{"id": 7, "y": {"apple": true, "pear": null}}')
    LabelMessage(key=7, y={'apple': True}, time=nan)
    >>> decode_labels(b'{"id": 7}')
    Traceback (most recent call last):
    streams.message.MessageError: $: y is missing
    """
    message = parse(data)
    if type(message) is not dict:
        raise MessageError(f"$: found {kind(message)}, {_EXPECTED}")
    if not message.keys() <= _KEYS:
        strange = next(key for key in message if key not in _KEYS)
        raise MessageError(f"$: unknown key {strange!r}, {_EXPECTED} only"[:200])
    for part in ("id", "y"):
        if message.get(part) is None:
            raise MessageError(f"$.{part}: found null, {_EXPECTED}" if part in message else f"$: {part} is missing")
    key, y, t = message["id"], message["y"], message.get("t")
    check_key(key)
    check_labels(y)
    if type(y) is dict and None in y.values():
        y = {name: holds for name, holds in y.items() if holds is not None}
    return LabelMessage(key, y, math.nan if t is None else seconds(t))
