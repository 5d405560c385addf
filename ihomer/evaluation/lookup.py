"""A table of values by id: looked up where ids are dense enough, else searched for."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown
from ihomer.kernels import metrics as kernels

Ints = npt.NDArray[np.int32]

#: Ids are looked up in a table where they are below this (256 KB), or there is one for so many (at most 256 bytes each);
#: a search takes some ten times as long, and a new id a copy of all.
_DIRECT: Final = 1 << 16
_SPARSE: Final = 64


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
        self._n = 0
        #: At i + 1 the value of the id i, with room to grow; None: ids and values are searched.
        self._table: Ints | None = np.full(1, kernels.NO_VALUE, np.int32)
        self._ids = self._values = np.empty(0, np.int32)
        self.add(ids, values)

    def add(self, ids: Ints, values: Ints) -> None:
        """Enter ids that have no value yet, as above; in a table each costs the same, however many there are."""
        if not len(ids):
            return
        self._n += len(ids)
        if self._table is not None and ids[-1] >= max(_DIRECT, _SPARSE * self._n):
            here = np.flatnonzero(self._table != kernels.NO_VALUE)
            self._ids, self._values, self._table = (here - 1).astype(np.int32), self._table[here], None
        if self._table is None:
            at = np.searchsorted(self._ids, ids)
            self._ids, self._values = np.insert(self._ids, at, ids), np.insert(self._values, at, values)
            if 2 * int(self._ids[-1]) >= _SPARSE * self._n:  # twice: what changes to and fro takes ever longer to do so
                return
            self._table, ids, values = np.empty(0, np.int32), self._ids, self._values
        self._table = grown(self._table, (int(ids[-1]) + 2,), kernels.NO_VALUE)
        self._table[ids + 1] = values

    def missing(self, ids: Ints) -> Ints:
        """Return those of `ids` (any order) that have no value, ascending, each once."""
        if self._table is None:
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            return np.unique(ids[self._ids[places] != ids])
        at = np.minimum(ids + np.int64(1), len(self._table) - 1)
        beyond = ids >= len(self._table) - 1
        return np.unique(ids[beyond | (self._table[at] == kernels.NO_VALUE)])

    def __call__(self, ids: Ints) -> Ints | None:
        """Return the values of `ids` (any shape) in an array of their own; None if one of them has no value."""
        if self._table is None:
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            return self._values[places] if np.array_equal(self._ids[places], ids) else None
        flat = ids.ravel()
        values = np.empty(ids.shape, np.int32)
        there = kernels.look_up(flat if flat.flags.writeable else flat.copy(), self._table, values.ravel())
        return values if there else None
