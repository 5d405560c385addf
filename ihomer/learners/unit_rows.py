"""UnitRows: sparse features on a common scale, held in four bytes each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.kernels.unit_rows import unit_block
from ihomer.learners.inputs import Inputs
from ihomer.learners.protocol import Views
from ihomer.rows import Rows


class UnitRows:
    """The plain view of `Inputs` in a sparse stream, once that is known to be one: value / max |value|, rows of unit length.

    Parameters
    ----------
    largest
        Float32 (features,): max |value| of each feature so far.
    rows
        How many rows were learned.
    """

    def __init__(self, largest: npt.NDArray[np.float32], rows: int) -> None:
        self.largest = largest
        self.counters = np.array([rows], np.int64)

    @classmethod
    def of(cls, inputs: Inputs) -> UnitRows:
        """Return what goes on as `inputs` would, which stay as they are."""
        return cls(inputs.largest.copy(), int(inputs.counters[0]))

    def block(self, rows: Rows, *, learn: bool) -> Views:
        """Return the rows with scaled features, both views the same; with `learn` the scales move after each row."""
        if learn:
            self.largest = grown(self.largest, (rows.n_features,))
            self.counters[0] += len(rows)
        room = int(rows.indptr[-1] - rows.indptr[0])
        indptr = np.empty(len(rows) + 1, np.int64)
        ids, values = np.empty(room, np.int32), np.empty(room, np.float32)
        end = unit_block(rows.indptr, rows.indices, rows.values, self.largest, learn, indptr, ids, values)
        plain = rows.scaled(indptr, ids[:end], values[:end])
        return Views(plain, plain, dense=False)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others; the kept ones are scaled as before."""
        self.largest = kept(self.largest, positions)

    def needed(self, n_features: int) -> int:
        """Return the bytes that so many features take."""
        return 4 * n_features

    @property
    def n_bytes(self) -> int:
        """Bytes held: 4 a feature, room to grow included."""
        return self.largest.nbytes + self.counters.nbytes

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        d = len(self.largest)
        while d and not self.largest[d - 1]:
            d -= 1
        return {"largest": used(self.largest, d), "counters": self.counters.copy()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> UnitRows:
        """Return the rows' scales that `state` was taken from."""
        return cls(state["largest"], int(state["counters"][0]))
