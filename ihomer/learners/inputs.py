"""Features on a common scale, held once for all linear experts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.kernels.inputs import DENSE, SPARSE, scale_block
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

#: A stream is dense if more than this share of (rows x features met) are non-zeros.
DENSITY = 0.5


class Inputs:
    """Running scales of all features; scales each row by the rows before it.

    Sparse streams: value / running max |value|, then rows of unit length. Dense streams: standardised, clipped at 4,
    divided by the root of the number of features met. Missing values (NaN) add nothing and move nothing.

    Parameters
    ----------
    regime
        SPARSE or DENSE.
    """

    def __init__(self, regime: int = SPARSE) -> None:
        self.largest = np.zeros(0, np.float32)
        self.moments = np.zeros((0, 5), np.float64)
        #: Rows, non-zeros, features met, regime.
        self.counters = np.array([0, 0, 0, regime], np.int64)

    @property
    def regime(self) -> int:
        """SPARSE or DENSE."""
        return int(self.counters[3])

    def fitting_regime(self) -> int:
        """Return the regime that the rows so far speak for: non-zeros / (rows x features met) against `DENSITY`."""
        rows, non_zeros, met, _ = self.counters.tolist()
        return DENSE if non_zeros > DENSITY * rows * met else SPARSE

    def block(self, rows: Rows, *, learn: bool) -> Views:
        """Return the rows with scaled features; with `learn` the scales move after each row."""
        if learn:
            self.make_room(rows)
        n = len(rows)
        non_zeros = int(rows.indptr[-1] - rows.indptr[0])
        # The kernel asks for room for the longest row it could write, counted from where it is.
        room = non_zeros if self.regime == SPARSE else (n + 1) * len(self.largest)
        indptr = np.empty(n + 1, np.int64)
        ids, values, idf = np.empty(room, np.int32), np.empty(room, np.float32), np.empty(room, np.float32)
        end = scale_block(
            rows.indptr, rows.indices, rows.values, self.largest, self.moments, self.counters, learn,
            indptr, ids, values, idf,
        )  # fmt: skip
        plain = rows.scaled(indptr, ids[:end], values[:end])
        return Views(plain, plain.scaled(indptr, plain.indices, idf[:end]), self.regime == DENSE)

    def make_room(self, rows: Rows) -> None:
        """Grow for the features of rows that will be learned."""
        self.largest = grown(self.largest, (rows.n_features,))
        self.moments = grown(self.moments, (rows.n_features, 5))

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others.

        Rows of the kept features are scaled as before; in dense streams by the number of features that are left.
        """
        met = int(self.counters[2])
        before = int(np.count_nonzero(self.moments.any(axis=1)))
        self.largest, self.moments = kept(self.largest, positions), kept(self.moments, positions)
        self.counters[2] = met - before + int(np.count_nonzero(self.moments.any(axis=1)))

    def needed(self, n_features: int) -> int:
        """Return the bytes that so many features take."""
        return 44 * n_features

    @property
    def n_bytes(self) -> int:
        """Bytes held: 44 a feature, room to grow included."""
        return self.largest.nbytes + self.moments.nbytes + self.counters.nbytes

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        d = len(self.largest)
        while d and not self.moments[d - 1].any():
            d -= 1
        return {"largest": used(self.largest, d), "moments": used(self.moments, d, 5), "counters": self.counters.copy()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Inputs:
        """Return the inputs that `state` was taken from."""
        inputs = cls()
        inputs.largest, inputs.moments, inputs.counters = state["largest"], state["moments"], state["counters"]
        return inputs
