"""Arrays that grow with features and labels, and their plain form in checkpoints."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

A = TypeVar("A", bound=npt.NDArray[Any])


def capacity(needed: int, has: int) -> int:
    """Return the length to make when `needed` is asked and `has` is there: a quarter more, so a column costs O(1).

    Examples
    --------
    >>> capacity(10, 16), capacity(17, 16), capacity(1000, 900)
    (16, 29, 1258)
    """
    return has if needed <= has else needed + needed // 4 + 8


def grown(array: A, shape: tuple[int, ...], fill: float = 0) -> A:
    """Return `array`, or a longer copy with room for `shape`, new cells holding `fill`.

    Parameters
    ----------
    array
        Shape (a, b, ...).
    shape
        The least shape wanted; capacities grow by a quarter.
    """
    room = tuple(capacity(n, has) for n, has in zip(shape, array.shape, strict=True))
    if room == array.shape:
        return array
    longer = np.full(room, fill, array.dtype)
    longer[tuple(slice(0, n) for n in array.shape)] = array
    return longer  # type: ignore[return-value]


def used(array: A, *shape: int) -> A:
    """Return a copy of the first cells of `array`: what a checkpoint keeps of an array with room to spare."""
    return array[tuple(slice(0, n) for n in shape)].copy()  # type: ignore[return-value]
