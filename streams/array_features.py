"""Features in a numpy array or a scipy matrix: rows of it as a `Batch` has them, whatever its numbers are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from streams.array_rows import check_numbers

if TYPE_CHECKING:
    from streams.batch import Floats, Ints, Offsets


@dataclass(slots=True, frozen=True, eq=False)
class FeatureBlock:
    """Some rows of features; see `streams.Batch`.

    Parameters
    ----------
    indptr, indices, values, dense
        As of `Batch`.
    faults
        row of the block -> the column and the value at fault, infinite or beyond float32; the row is of no use.
    """

    indptr: Offsets
    indices: Ints
    values: Floats
    dense: Floats | None
    faults: dict[int, tuple[int, float]]


class DenseFeatures:
    """The rows of a numpy array of two dimensions; nothing is read of it but the rows that are taken.

    Parameters
    ----------
    x
        Numbers: floats (float16, float32, float64), whole ones, booleans; in C or Fortran order, in memory or mapped.

    Raises
    ------
    TypeError, ValueError
        If it holds something else, or has not two dimensions.
    """

    def __init__(self, x: npt.NDArray[Any]) -> None:
        if x.ndim != 2:
            raise ValueError(f"x must have two dimensions, rows and features, found the shape {x.shape}")
        check_numbers("x", x)
        self.x = x
        self.rows, self.width = x.shape
        #: Cells of a row, all of which are read.
        self.cells = self.width

    def take(self, start: int, stop: int) -> FeatureBlock:
        """Return the rows from `start` up to `stop` as float32, copied."""
        block = self.x[start:stop]
        dense = as_float32(block)
        faults: dict[int, tuple[int, float]] = {}
        for row, j in np.argwhere(np.isinf(dense)).tolist():
            faults.setdefault(row, (j, block[row, j].item()))
        empty = np.empty(0, np.int32), np.empty(0, np.float32)
        return FeatureBlock(np.zeros(len(block) + 1, np.int64), *empty, dense if self.width else None, faults)


class SparseFeatures:
    """The rows of a scipy sparse matrix.

    Parameters
    ----------
    x
        Numbers, as of `DenseFeatures`. What is not CSR is converted, whole.

    Raises
    ------
    TypeError
        If it holds something else.
    """

    cells = 0

    def __init__(self, x: Any) -> None:
        check_numbers("x", np.empty(0, x.dtype))
        self.x = x.tocsr()
        self.rows, self.width = x.shape

    def take(self, start: int, stop: int) -> FeatureBlock:
        """Return the rows from `start` up to `stop` as float32, copied: distinct columns ascending, no zeros."""
        matrix = self.x[start:stop].copy()
        matrix.sum_duplicates()
        raw = matrix.data
        matrix.data = as_float32(raw)
        faults: dict[int, tuple[int, float]] = {}
        for at in np.flatnonzero(np.isinf(matrix.data)).tolist():
            row = int(np.searchsorted(matrix.indptr, at, side="right")) - 1
            faults.setdefault(row, (int(matrix.indices[at]), raw[at].item()))
        matrix.eliminate_zeros()
        indptr, indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
        return FeatureBlock(indptr, indices, matrix.data, None, faults)


def as_float32(numbers: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return a copy of `numbers` in C order, rounded as a dict of them would be: whole ones by way of float64.

    Examples
    --------
    >>> import numpy as np
    >>> as_float32(np.array([1, 2**63 - 1]))
    array([1.000000e+00, 9.223372e+18], dtype=float32)
    """
    if numbers.dtype.kind in "iu":
        numbers = numbers.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array(numbers, np.float32, order="C")
