"""Names of features and labels: what may be one, and the order in which new ones get their ids."""

from __future__ import annotations

import math
import reprlib
from typing import Any, TypeAlias

import numpy as np

#: str, int, bool, finite float, or tuples of these. Equal as dict keys are: 1, 1.0 and True are one name.
Name: TypeAlias = "str | int | bool | float | tuple[Name, ...]"


def sort_key(name: object) -> tuple[int, object]:
    """Return a key that sorts names by type (numbers, strings, tuples), then by value.

    New names of one instance get their ids in this order, so that neither the order of a dict nor the
    hash seed of the process changes anything that is learned.

    Raises
    ------
    TypeError
        If `name` is not a str, int, bool, finite float, a numpy scalar that equals one, or a tuple of these.

    Examples
    --------
    >>> sorted(["b", 10, ("a", 1), "a", 2.5], key=sort_key)
    [2.5, 10, 'a', 'b', ('a', 1)]
    >>> sort_key(None)
    Traceback (most recent call last):
    TypeError: a name must be a str, int, bool, finite float or a tuple of these, found None
    """
    if isinstance(name, str):
        return (1, str(name))
    if isinstance(name, np.generic) and type(value := name.item()) in (int, float, bool):
        return sort_key(value)
    if isinstance(name, int) or (isinstance(name, float) and math.isfinite(name)):
        return (0, name)
    if isinstance(name, tuple):
        return (2, tuple(sort_key(part) for part in name))
    raise TypeError(f"a name must be a str, int, bool, finite float or a tuple of these, found {shortened(name)}")


def plain_name(name: Name) -> Name:
    """Return `name` as Python's own value: numpy scalars, also within tuples, become what they equal.

    Raises
    ------
    TypeError
        If it cannot be a name.

    Examples
    --------
    >>> plain_name((np.int64(3), np.str_("a"), np.bool_(True)))
    (3, 'a', True)
    """
    if type(name) is not str:
        sort_key(name)
    plain: Name = _plain(name)
    return plain


def _plain(name: Any) -> Any:
    if isinstance(name, np.generic):
        return name.item()
    return tuple(_plain(part) for part in name) if type(name) is tuple else name


def shortened(value: object) -> str:
    """Return `value` as messages show it: some dozens of letters at most, however long it is.

    Examples
    --------
    >>> shortened("a" * 1000)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    >>> shortened(10**5000), shortened(3)
    ('a whole number of 5,001 digits', '3')
    """
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _SHOWN_BITS:
        # Python refuses to write out numbers of more than some thousand digits.
        digits = math.floor(math.log10(abs(value))) + 1
        return f"a whole number of {digits:,} digits"
    return _SHORT.repr(value)


#: Whole numbers of more bits, 77 digits, are not written out.
_SHOWN_BITS = 256
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
