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


#: So many bytes of an array are moved at once: they stay in the cache.
_MOVED = 1 << 18


def kept(
    array: A, positions: npt.NDArray[np.integer[Any]], axis: int = 0, fill: float = 0, spare: int = LINE
) -> A:
    """Return `array` with the entries at `positions` alone along an axis, closed up, and `fill` behind them.

    They move within the array, and nothing is allocated: what is freed is used again by what comes next. An array that is
    left more than half empty is replaced by a smaller one.

    Parameters
    ----------
    array
        One or two axes.
    positions
        Ascending; those beyond its end are ignored.
    axis
        0 or 1.
    fill
        What stands in free cells.
    spare
        As for `grown`.

    Examples
    --------
    >>> kept(np.array([1, 2, 3, 4]), np.array([1, 3]), fill=9)
    array([2, 4, 9, 9])
    """
    positions = positions[: np.searchsorted(positions, array.shape[axis])]
    n = len(positions)
    room = capacity(n, 0, spare)
    if room < array.shape[axis] // 2:
        shape = (room, *array.shape[1:]) if axis == 0 else (len(array), room)
        smaller = np.full(shape, fill, array.dtype)
        target = smaller
    else:
        target = array
    step = max(1, _MOVED // max(1, array.strides[0]))
    lines = n if axis == 0 else len(array)
    for start in range(0, lines, step):
        # Entries only move towards the beginning, so those that are read here have not been written over.
        stop = min(start + step, lines)
        if axis == 0:
            target[start:stop] = array[positions[start:stop]]
        else:
            target[start:stop, :n] = np.take(array[start:stop], positions, axis=1, mode="clip")
    if axis == 0:
        target[n:] = fill
    else:
        target[:, n:] = fill
    return target  # type: ignore[return-value]


def renumbered(n: int, positions: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int32]:
    """Return int32 (n,): what becomes of each of n ids when those at `positions` are kept, -1 of those that go.

    Examples
    --------
    >>> renumbered(4, np.array([1, 3]))
    array([-1,  0, -1,  1], dtype=int32)
    """
    becomes = np.full(n, -1, np.int32)
    positions = positions[: np.searchsorted(positions, n)]
    becomes[positions] = np.arange(len(positions))
    return becomes
