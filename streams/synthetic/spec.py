"""`synthetic:NAME?parameter=value&...`: a generator and its parameters as a line of text."""

from __future__ import annotations

import inspect
from urllib.parse import parse_qsl

from streams.errors import StreamError
from streams.synthetic import RBF, Groups, Hyperplane, RandomTree
from streams.synthetic.generator import Generator

GENERATORS: dict[str, type[Generator]] = {
    "groups": Groups,
    "hyperplane": Hyperplane,
    "random_tree": RandomTree,
    "rbf": RBF,
}


def open_synthetic(spec: str) -> Generator:
    """Return the generator that `spec` describes.

    Raises
    ------
    StreamError
        If there is no such generator or parameter, or a value is not what it may be.

    Examples
    --------
    >>> open_synthetic("synthetic:rbf?rows=500&radius=0.1").length
    500
    >>> open_synthetic("synthetic:rbf?sigma=0.1")
    Traceback (most recent call last):
    streams.errors.StreamError: synthetic:rbf?sigma=0.1: no parameter 'sigma', expected rows, features, labels,
    groups, seed, drift, centres, radius, noise
    """
    name, _, query = spec.removeprefix("synthetic:").partition("?")
    if name not in GENERATORS:
        raise StreamError(f"{spec}: no generator {name!r}, expected {', '.join(GENERATORS)}")
    known = inspect.signature(GENERATORS[name]).parameters
    given: dict[str, int | float | str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise StreamError(f"{spec}: found {query!r}, expected parameter=value&parameter=value...") from None
    for parameter, text in pairs:
        if parameter not in known:
            raise StreamError(f"{spec}: no parameter {parameter!r}, expected {', '.join(known)}")
        if parameter in given:
            raise StreamError(f"{spec}: parameter {parameter!r} is given twice")
        given[parameter] = _value(spec, parameter, text, known[parameter].default)
    try:
        stream = GENERATORS[name](**given)  # type: ignore[arg-type]
    except ValueError as error:
        raise StreamError(f"{spec}: {error}") from None
    stream.name = spec
    return stream


def _value(spec: str, parameter: str, text: str, default: object) -> int | float | str:
    if isinstance(default, str):
        return text
    whole = default is None or isinstance(default, int)  # the number of groups has no default
    try:
        return int(text.replace("_", "")) if whole else float(text)
    except ValueError:
        what = "a whole number" if whole else "a number"
        raise StreamError(f"{spec}: {parameter} must be {what}, found {text!r}") from None
