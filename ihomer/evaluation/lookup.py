"""A table of values by id: what is small is looked up, what is large is searched for."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ihomer.kernels import metrics as kernels

Ints = npt.NDArray[np.int32]

#: Ids below this are looked up in a table, at most 256 KB; a search among larger ones takes some ten times as long.
_DIRECT: Final = 1 << 16


class Lookup:
    """Values of ids, of which the largest may be far beyond their number.

    Parameters
    ----------
    ids
        int32 (n,): ascending, each once; -1 or more.
    values
        int32 (n,): -1 or more.

    Examples
    --------
    >>> import numpy as np
    >>> lookup = Lookup(np.array([-1, 3, 5], np.int32), np.array([-1, 7, 2], np.int32))
    >>> lookup(np.array([[5, 3, -1]], np.int32)), lookup(np.array([5, 4], np.int32)) is None
    (array([[ 2,  7, -1]], dtype=int32), True)
    """

    def __init__(self, ids: Ints, values: Ints) -> None:
        self._ids, self._values = ids, values
        self._table: Ints | None = None
        if not len(ids) or ids[-1] < _DIRECT:
            self._table = np.full(int(ids.max(initial=-1)) + 2, kernels.NO_VALUE, np.int32)
            self._table[ids + 1] = values

    def __call__(self, ids: Ints) -> Ints | None:
        """Return the values of `ids` (any shape) in an array of their own; None if one of them has no value."""
        if self._table is None:
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            return self._values[places] if np.array_equal(self._ids[places], ids) else None
        flat = ids.ravel()
        values = np.empty(ids.shape, np.int32)
        there = kernels.look_up(flat if flat.flags.writeable else flat.copy(), self._table, values.ravel())
        return values if there else None
