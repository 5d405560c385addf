"""Arrays that grow with features and labels, and their plain form in checkpoints."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

A = TypeVar("A", bound=npt.NDArray[Any])


#: What arrays are longer than asked for: a quarter; along each axis of one that grows along two, an eighth, or a cell in
#: use would take more than one and a half.
LINE, TABLE = 4, 8


def capacity(needed: int, has: int, spare: int = LINE) -> int:
    """Return the length to make when `needed` is asked and `has` is there: a share more, so a column costs O(1).

    Examples
    --------
    >>> capacity(10, 16), capacity(17, 16), capacity(1000, 900), capacity(1000, 900, TABLE)
    (16, 29, 1258, 1133)
    """
    return has if needed <= has else needed + needed // spare + 8


def grown(array: A, shape: tuple[int, ...], fill: float = 0, spare: int = LINE) -> A:
    """Return `array`, or a longer copy with room for `shape`, new cells holding `fill`.

    Parameters
    ----------
    array
        Shape (a, b, ...).
    shape
        The least shape wanted.
    fill
        What stands in new cells.
    spare
        LINE, or TABLE where two axes grow: capacities are a quarter, or an eighth, more.
    """
    room = tuple(capacity(n, has, spare) for n, has in zip(shape, array.shape, strict=True))
    if room == array.shape:
        return array
    longer = np.full(room, fill, array.dtype)
    longer[tuple(slice(0, n) for n in array.shape)] = array
    return longer  # type: ignore[return-value]


def used(array: A, *shape: int) -> A:
    """Return a copy of the first cells of `array`: what a checkpoint keeps of an array with room to spare."""
    return array[tuple(slice(0, n) for n in shape)].copy()  # type: ignore[return-value]
