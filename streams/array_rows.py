"""One row as a numpy array: its numbers, checked; the feature of a number is its place, 0, 1, 2, ..."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from streams.names import Name

#: What numbers may be: whole ones with a sign and without, booleans, floats.
KINDS = "iubf"
#: Bytes of the widest; what is wider does not fit float64.
WIDEST = 8


def row_of_numbers(x: npt.NDArray[Any]) -> npt.NDArray[np.float32] | npt.NDArray[np.float64]:
    """Return the numbers of one row as an array of its own: float32 if that holds all of its dtype, else float64.

    Raises
    ------
    TypeError
        If it does not hold numbers, or some are masked.
    ValueError
        If it has not one dimension.

    Examples
    --------
    >>> import numpy as np
    >>> row_of_numbers(np.array([0.5, 2.0], np.float16))
    array([0.5, 2. ], dtype=float32)
    >>> row_of_numbers(np.zeros((2, 3)))
    Traceback (most recent call last):
    ValueError: x must be an array of one dimension, a number for each feature, found the shape (2, 3)
    """
    if x.ndim != 1:
        raise ValueError(f"x must be an array of one dimension, a number for each feature, found the shape {x.shape}")
    check_numbers("x", x)
    if x.dtype.kind == "f" and x.dtype.itemsize < WIDEST:
        return np.array(x, np.float32)
    return np.array(x, np.float64)


def check_numbers(name: str, array: npt.NDArray[Any]) -> None:
    """Raise TypeError if `array`, called `name`, does not hold numbers that fit float64, or is masked."""
    if array.dtype.kind not in KINDS or array.dtype.itemsize > WIDEST:
        expected = "float16, float32, float64, whole numbers or booleans"
        raise TypeError(f"{name} must be an array of {expected}, found {array.dtype}")
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a plain array, found a masked one: fill it, with NaN where a number is missing")


def as_dict(x: npt.NDArray[Any]) -> dict[Name, float]:
    """Return what is not 0 in one row of numbers as a dict; errors as `row_of_numbers`.

    Examples
    --------
    >>> import numpy as np
    >>> as_dict(np.array([0.0, 1.5, np.nan]))
    {1: 1.5, 2: nan}
    """
    return {j: value for j, value in enumerate(row_of_numbers(x).tolist()) if value}
