"""Frozen dataclasses to JSON and back."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson

T = TypeVar("T")


def json_bytes(value: object) -> bytes:
    """Return a dataclass, with all that is in it, as JSON; names that are no strings become strings."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    return orjson.dumps(value, option=options, default=str)


def from_json(kind: type[T], text: bytes | str) -> T:
    """Return the dataclass `kind` that `json_bytes` wrote.

    Raises
    ------
    ValueError
        If the text is not JSON, or a field is missing, unknown or of another kind.
    """
    found: T = _read(kind, orjson.loads(text), kind.__name__)
    return found


def _read(kind: Any, value: Any, place: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value, place)
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in parts:
            return None
        (inner,) = (part for part in parts if part is not type(None))
        return _read(inner, value, place)
    if origin is tuple:
        return tuple(_read(parts[0], item, f"{place}[{i}]") for i, item in enumerate(_of(list, value, place)))
    if origin is Mapping:
        return {key: _read(parts[1], item, f"{place}.{key}") for key, item in _of(dict, value, place).items()}
    if origin is Sequence:
        return [_read(parts[0], item, f"{place}[{i}]") for i, item in enumerate(_of(list, value, place))]
    if kind is Any:
        return value
    if kind is float:
        return float(_of((float, int), value, place))
    return _of(kind, value, place)


def _dataclass(kind: Any, value: Any, place: str) -> Any:
    hints = get_type_hints(kind)
    found = _of(dict, value, place)
    unknown = found.keys() - hints.keys()
    if unknown:
        raise ValueError(f"{place} has no field {min(unknown)!r}; expected {', '.join(hints)}")
    try:
        return kind(**{key: _read(hints[key], item, f"{place}.{key}") for key, item in found.items()})
    except TypeError as error:
        raise ValueError(f"{place}: {error}") from error


def _of(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        wanted = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise ValueError(f"{place} must be {wanted}, found {value!r}")
    return value
