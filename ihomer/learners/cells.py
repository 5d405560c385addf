"""Cells: an inverted file over the vectors of labels, so that a row is compared with those of a few cells alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, renumbered, used
from ihomer.kernels.cells import CELL, N_CELLS, N_PLACED, PLACE, dissolve_small, inverse_length, most_members, remove_labels

_Ints = npt.NDArray[np.int64]


class Cells:
    """Which labels are in which cell, and the sum of the vectors of each; vectors themselves are the learner's.

    Kernels fill it (`ihomer.kernels.cells`). A label enters the cell that is nearest to the row in which it first holds,
    and moves to the one nearest to its vector after 2, 4, 8, ... rows with it. A full cell is split. All this
    happens at rows that the stream alone decides.

    Attributes
    ----------
    where : int32 (at least L, 3)
        Of each label its cell (-1: none yet), its place there, in how many rows it held.
    centres, inverse : float32 (at least C, D) and (at least C,)
        Sums of the vectors of the members, and 1 / length of these.
    members, sizes : int32 (at least C, M) and (at least C,)
        The labels in each cell, and how many there are.
    tallies : int64 (2,)
        Cells in use, labels in them.
    """

    def __init__(self) -> None:
        self.where = np.zeros((0, 3), np.int32)
        self.centres = np.zeros((1, 0), np.float32)
        self.inverse = np.zeros(1, np.float32)
        self.members = np.zeros((1, 0), np.int32)
        self.sizes = np.zeros(1, np.int32)
        self.tallies = np.array([1, 0], np.int64)

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """All of it, in the order in which kernels take it."""
        return self.where, self.centres, self.inverse, self.members, self.sizes, self.tallies

    def make_room(self, n_labels: int, n_columns: int, n_held: int) -> None:
        """Grow for so many labels and columns of vectors, and for cells with `n_held` labels more."""
        before = len(self.where)
        self.where = grown(self.where, (n_labels, 3))
        self.where[before:, CELL] = -1
        most = most_members(int(self.tallies[N_PLACED]) + n_held)
        self.centres = wider(self.centres, n_columns)
        self.members = wider(self.members, most)

    def more(self, n: int) -> None:
        """Make room for n cells more, at the least."""
        wanted = int(self.tallies[N_CELLS]) + n
        self.centres = grown(self.centres, (wanted, self.centres.shape[1]))
        self.members = grown(self.members, (wanted, self.members.shape[1]))
        self.inverse, self.sizes = grown(self.inverse, (wanted,)), grown(self.sizes, (wanted,))

    def keep(self, positions: _Ints, vectors: npt.NDArray[np.float32]) -> None:
        """Keep the labels at `positions` (ascending), and drop the others; cells that are left nearly empty are given up.

        Parameters
        ----------
        vectors
            Of the labels as they are before.
        """
        becomes = renumbered(len(self.where), positions)
        gone = np.flatnonzero((becomes < 0) & (self.where[:, CELL] >= 0))
        remove_labels(gone, vectors, *self.arrays)
        dissolve_small(vectors, *self.arrays)
        self.members = np.append(becomes, np.int32(-1))[self.members]  # places without a label hold any number
        self.where = self.where[positions]
        n = int(self.tallies[N_CELLS])
        stay = np.flatnonzero(self.sizes[:n])
        if len(stay) < n:
            stay = stay if len(stay) else np.zeros(1, np.int64)
            placed = self.where[:, CELL] >= 0
            self.where[placed, CELL] = renumbered(n, stay)[self.where[placed, CELL]]
            self.centres, self.inverse = self.centres[stay], self.inverse[stay]
            self.members, self.sizes = self.members[stay], self.sizes[stay]
            self.tallies[N_CELLS] = len(stay)

    def keep_columns(self, positions: _Ints, n_columns: int) -> None:
        """Keep the columns of vectors at `positions` (ascending), as the first of `n_columns`."""
        self.centres = wider(np.ascontiguousarray(self.centres[:, positions]), n_columns)
        for c in range(int(self.tallies[N_CELLS])):
            self.inverse[c] = inverse_length(self.centres, c)

    def needed(self, n_labels: int, n_columns: int) -> int:
        """Return the bytes that so many labels take, and the cells there are."""
        n = int(self.tallies[N_CELLS])
        room = int(most_members(int(self.tallies[N_PLACED])))
        return 12 * n_labels + n * (4 * n_columns + 4 * room + 8)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        return sum(array.nbytes for array in self.arrays)

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return everything as plain arrays; who the members are follows from where each label is."""
        n = int(self.tallies[N_CELLS])
        return {
            "where": used(self.where, n_labels, 3),
            "centres": used(self.centres, n, self.centres.shape[1]),
            "inverse": used(self.inverse, n),
            "tallies": self.tallies.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name in ("where", "centres", "inverse", "tallies"):
            setattr(self, name, state[name])
        self._fill()

    def _fill(self) -> None:
        """Make the lists of members from where labels are."""
        placed = np.flatnonzero(self.where[:, CELL] >= 0)
        cells = self.where[placed, CELL]
        self.sizes = np.bincount(cells, minlength=len(self.inverse)).astype(np.int32)
        most = max(most_members(len(placed)), int(self.sizes.max(initial=0)))
        self.members = np.zeros((len(self.sizes), most), np.int32)
        self.members[cells, self.where[placed, PLACE]] = placed


def wider(array: npt.NDArray[Any], columns: int) -> npt.NDArray[Any]:
    """Return `array` with zeros to the right, up to `columns`, or itself if it is as wide."""
    if columns <= array.shape[1]:
        return array
    return np.pad(array, ((0, 0), (0, columns - array.shape[1])))
