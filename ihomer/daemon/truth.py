"""The truth of one row, as it comes in parts: what is new of it, and whether it contradicts what was said before."""

from __future__ import annotations

from collections.abc import Iterable

from streams.message import MessageError
from streams.names import Name, shortened

#: The labels that hold, all others do not: the whole truth. Or a part of it: label -> whether it holds.
Truth = list[Name] | dict[Name, bool]


def joined(before: Truth, y: Truth, key: Name, met: Iterable[Name]) -> tuple[Truth, Truth | None]:
    """Return all that is known of a row, and of it what `y` adds to `before`; None if that is nothing.

    Parameters
    ----------
    before
        What was said before; an empty dict if nothing was.
    y
        What is said now.
    key
        The id of the row, for messages.
    met
        The labels met so far: the whole truth says of those that a part did not name whether they hold.

    Raises
    ------
    MessageError
        If `y` says another thing of a label than `before`.

    Examples
    --------
    >>> joined({"a": True}, {"a": True, "b": False}, 1, ())
    ({'a': True, 'b': False}, {'b': False})
    >>> joined({"a": True}, ["a", "c"], 1, ["a", "b"])
    (['a', 'c'], {'b': False, 'c': True})
    >>> joined(["a"], {"b": True}, 1, ())
    Traceback (most recent call last):
    streams.message.MessageError: $.y.b: label 'b' of 1 is said to hold, earlier it was said not to
    """
    if isinstance(before, list):
        _compare(before, y, key)
        return before, None
    if isinstance(y, list):
        holds = set(y)
        for name, held in before.items():
            _agree(name, held, name in holds, key)
        if not before:
            return y, y
        rest = {name: name in holds for name in [*met, *y] if name not in before}
        return y, rest or None
    for name, now in y.items():
        _agree(name, before.get(name, now), now, key)
    new: dict[Name, bool] = {name: now for name, now in y.items() if name not in before}
    return {**before, **new}, new or None


def _compare(before: list[Name], y: Truth, key: Name) -> None:
    held = set(before)
    if isinstance(y, list):
        y = {**dict.fromkeys(before, False), **dict.fromkeys(y, True)}
    for name, now in y.items():
        _agree(name, name in held, now, key)


def _agree(name: Name, before: bool, now: bool, key: Name) -> None:
    if before != now:
        says = "to hold, earlier it was said not to" if now else "not to hold, earlier it was said to"
        label = shortened(name)
        raise MessageError(f"$.y.{str(name)[:100]}: label {label} of {shortened(key)} is said {says}")
