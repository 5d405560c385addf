"""DenseMemory: the last rows of a dense stream and their labels, in cells, so that the nearest are found in a few of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.cells import inverse_length
from ihomer.kernels.dense_memory import MOST, TAKEN
from ihomer.learners.cells import Cells, wider

_Labels = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]

#: Rows that are remembered; how many of the nearest are asked for; the cells they are looked for in.
REMEMBERED, NEAR_ROWS, PROBES = 16_384, 32, 16
#: Fewer rows than this are no use.
LEAST = 64
#: Labels that are remembered of a row, the first ones by id.
MOST_LABELS = 64


class DenseMemory:
    """The last labelled rows, `REMEMBERED` at most: labels of the nearest ones become candidates.

    Attributes
    ----------
    vectors, lengths : float32 (at least R, D) and (at least R,)
        The rows, and 1 / length of each.
    sets : int32 (at least R, W)
        Their labels, ascending, then -1.
    ring : int64 (2,)
        Rows taken in so far, the most that are remembered.
    cells : Cells
        Of the rows.
    """

    def __init__(self) -> None:
        self.vectors = np.zeros((0, 0), np.float32)
        self.lengths = np.zeros(0, np.float32)
        self.sets = np.zeros((0, 0), np.int32)
        self.ring = np.array([0, REMEMBERED], np.int64)
        self.cells = Cells()

    @property
    def n(self) -> int:
        """How many rows are remembered."""
        return int(self.ring.min())

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """All of it, in the order of `ihomer.kernels.dense_labels_block.dense_block`."""
        return self.vectors, self.lengths, self.sets, self.ring, *self.cells.arrays

    def scratch(self) -> tuple[npt.NDArray[Any], ...]:
        """Return what finding near rows takes."""
        return (
            np.empty(PROBES, np.float32), np.zeros(PROBES, np.int32), np.empty(NEAR_ROWS, np.int32),
            np.empty((NEAR_ROWS, 2), np.float32),
        )  # fmt: skip

    def make_room(self, n: int, n_columns: int, n_labels: int) -> None:
        """Grow for n rows more with so many columns and labels."""
        n = min(self.n + n, int(self.ring[MOST]))
        n_labels = min(n_labels, MOST_LABELS)
        if n_labels > self.sets.shape[1]:
            self.sets = np.pad(self.sets, ((0, 0), (0, n_labels - self.sets.shape[1])), constant_values=-1)
        self.vectors = grown(wider(self.vectors, n_columns), (n, n_columns))
        self.lengths = grown(self.lengths, (n,))
        self.sets = grown(self.sets, (n, self.sets.shape[1]), -1)
        self.cells.make_room(n, n_columns, n)

    def keep(self, becomes: _Labels) -> None:
        """Follow labels that are numbered anew: label k is becomes[k] now, -1 if it is gone."""
        sets = np.append(becomes, np.int32(-1))[self.sets]
        order = np.argsort(sets < 0, axis=1, kind="stable")
        self.sets = np.take_along_axis(sets, order, axis=1)

    def keep_columns(self, positions: npt.NDArray[np.int64], n_columns: int) -> None:
        """Keep the columns at `positions` (ascending), as the first of `n_columns`."""
        self.vectors = wider(np.ascontiguousarray(self.vectors[:, positions]), n_columns)
        for r in range(len(self.vectors)):
            self.lengths[r] = inverse_length(self.vectors, r)
        self.cells.keep_columns(positions, n_columns)

    def shed(self) -> bool:
        """Forget all rows, and remember half as many from now on; return whether there was anything to forget."""
        if self.ring[TAKEN] == 0 or self.ring[MOST] <= LEAST:
            return False
        self.ring[:] = 0, self.ring[MOST] // 2
        self.vectors, self.lengths, self.sets = self.vectors[:0].copy(), self.lengths[:0].copy(), self.sets[:0].copy()
        self.cells = Cells()
        self.cells.make_room(0, self.vectors.shape[1], 0)  # features may go before the next row comes
        return True

    def needed(self, n_columns: int) -> int:
        """Return the bytes that the rows take with so many columns."""
        return self.n * (4 * n_columns + 4 + 4 * self.sets.shape[1]) + self.cells.needed(self.n, n_columns)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        return self.vectors.nbytes + self.lengths.nbytes + self.sets.nbytes + self.ring.nbytes + self.cells.n_bytes

    def state(self, n_features: int) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        return {
            "vectors": used(self.vectors, self.n, n_features),
            "lengths": used(self.lengths, self.n),
            "sets": used(self.sets, self.n, self.sets.shape[1]),
            "ring": self.ring.copy(),
            "cells": self.cells.state(self.n),
        }

    def restore(self, state: dict[str, Any], n_columns: int) -> None:
        """Take over what `state` returned."""
        self.vectors = wider(state["vectors"], n_columns)
        self.lengths, self.sets, self.ring = state["lengths"], state["sets"], state["ring"]
        self.cells.restore(state["cells"])
