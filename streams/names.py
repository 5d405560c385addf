"""Names of features and labels: what may be one, and the order in which new ones get their ids."""

from __future__ import annotations

import math
from typing import TypeAlias

#: str, int, bool, finite float, or tuples of these. Equal as dict keys are: 1, 1.0 and True are one name.
Name: TypeAlias = "str | int | bool | float | tuple[Name, ...]"


def sort_key(name: object) -> tuple[int, object]:
    """Return a key that sorts names by type (numbers, strings, tuples), then by value.

    New names of one instance get their ids in this order, so that neither the order of a dict nor the
    hash seed of the process changes anything that is learned.

    Raises
    ------
    TypeError
        If `name` is not a str, int, bool, finite float, or a tuple of these.

    Examples
    --------
    >>> sorted(["b", 10, ("a", 1), "a", 2.5], key=sort_key)
    [2.5, 10, 'a', 'b', ('a', 1)]
    >>> sort_key(None)
    Traceback (most recent call last):
    TypeError: a name must be a str, int, bool, finite float or a tuple of these, found None
    """
    if isinstance(name, str):
        return (1, name)
    if isinstance(name, (int, float)) and math.isfinite(name):
        return (0, name)
    if isinstance(name, tuple):
        return (2, tuple(sort_key(part) for part in name))
    raise TypeError(f"a name must be a str, int, bool, finite float or a tuple of these, found {name!r}")
