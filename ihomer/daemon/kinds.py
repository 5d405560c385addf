"""What a setting may hold, by its annotation: how it is read from text, and which values of a file fit."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Union, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values.

    Parameters
    ----------
    what
        How it is called: "a whole number".
    metavar
        How it is called in the help of a flag: "N".
    of_text
        Makes a value of the text of a flag or a variable; ValueError if it is none.
    of_value
        Returns the value of a file, or one given in Python, as it is kept; ValueError if it is of another kind.
    """

    what: str
    metavar: str
    of_text: Callable[[str], object]
    of_value: Callable[[object], object]


def _is(*classes: type) -> Callable[[object], object]:
    def check(value: object) -> object:
        # True is an int for Python, not for people.
        if not isinstance(value, classes) or (isinstance(value, bool) and bool not in classes):
            raise ValueError(value)
        return value

    return check


def _number(value: object) -> float:
    return float(_is(int, float)(value))  # type: ignore[arg-type]


def _truth(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if text.strip().lower() not in words:
        raise ValueError(text)
    return words[text.strip().lower()]


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError(value)  # noqa: TRY004
    return tuple(map(_whole, value))


def _whole(value: object) -> int:
    number = _is(int)(value)
    assert isinstance(number, int)
    return number


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ValueError(value)
    return value


TEXT: Final = Kind("a text", "TEXT", str, _is(str))
WHOLE: Final = Kind("a whole number", "N", int, _is(int))
NUMBER: Final = Kind("a number", "X", float, _number)
TRUTH: Final = Kind("true or false", "", _truth, _is(bool))
NUMBERS: Final = Kind("whole numbers", "N,N,...", lambda text: tuple(map(int, text.split(","))), _numbers)
TABLE: Final = Kind("a table (as text: a JSON object)", "JSON", lambda text: _table(json.loads(text)), _table)

_KINDS: Final[Mapping[Any, Kind]] = {
    str: TEXT,
    int: WHOLE,
    float: NUMBER,
    bool: TRUTH,
    tuple[int, ...]: NUMBERS,
    Mapping[str, Any]: TABLE,
}


def kind_of(annotation: Any) -> tuple[Kind, bool]:
    """Return the kind of an annotation, and whether None is allowed, too.

    Examples
    --------
    >>> kind, optional = kind_of(int | None)
    >>> kind.what, optional, kind.of_text("1_000")
    ('a whole number', True, 1000)
    """
    if get_origin(annotation) in (Union, types.UnionType):
        (inner,) = (part for part in get_args(annotation) if part is not type(None))
        return _KINDS[inner], True
    return _KINDS[annotation], False
