"""The Bayesian stack: what several experts say of a label becomes one calibrated probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.kernels.lanes import padded
from ihomer.kernels.stack import stack_block
from ihomer.rows import Rows

#: Prior variances of the shared weights of scores, of scores times what is known of the label, and of the constant.
SCORE, COUNTED, CONSTANT = 0.1, 0.03, 0.5


class Stack:
    """Online Newton logistic stack over experts' scores and a constant.

    The shared weights start from what the experts are worth on other streams and learn from every label of every row;
    each label may deviate from them as far as its own rows say. It calibrates as it stacks: with one expert it is an
    online Platt scaling.

    Parameters
    ----------
    first
        float64 (E,): weights of the scores to begin with.
    counted
        int64 (C,): scores that stand once more, times how much is known of the label (see
        `ihomer.kernels.stack.stack_features`).
    last
        float64 (C + 1,): weights of those, and of the constant, to begin with.
    own
        Prior variance of a label's own deviation from the shared weights.
    """

    def __init__(
        self,
        first: npt.NDArray[np.float64],
        counted: npt.NDArray[np.int64],
        last: npt.NDArray[np.float64],
        own: float = 0.006,
    ) -> None:
        self.counted = counted
        self.own = own
        self.w = np.concatenate((first, last))
        k = len(self.w)
        self._precision = 1 / np.array([SCORE] * len(first) + [COUNTED] * len(counted) + [CONSTANT])
        self.A = np.diag(self._precision)
        self.lower = np.zeros((k, k))
        self.clock = np.zeros(2, np.int64)
        self.v = np.zeros((k, 0), np.float32)
        self.D = np.full((k, 0), own, np.float32)
        self.held = np.zeros(0, np.int64)

    def block(self, scores: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return probabilities, float32 (n, labels), of each row before it is learned (if `learn`).

        Parameters
        ----------
        scores
            float32 (E, n, labels): about log-odds.
        rows
            For their labels.
        """
        n = rows.n_labels
        self.make_room(rows)
        p = np.zeros((len(rows), n), np.float32)
        stack_block(  # type: ignore[call-arg]
            scores,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.held, self.counted, np.float32(self.own), *self.arrays(n)[2:], learn, p,
        )  # fmt: skip
        return p

    def make_room(self, rows: Rows) -> None:
        """Grow for the labels of the rows."""
        n, k = rows.n_labels, len(self.w)
        self.v, self.D = grown(self.v, (k, n)), grown(self.D, (k, n), self.own)
        self.held = grown(self.held, (n,))

    def arrays(self, n_labels: int) -> tuple[npt.NDArray[Any], ...]:
        """Return what `stack_block` works on, with scratch for so many labels."""
        k, width = len(self.w), padded(n_labels)
        return (
            self.held, self.counted, self.w, self.v, self.D, self.A, self._precision, self.lower, self.clock,
            np.zeros((k, width), np.float32), np.empty(k), np.zeros((5, 1, width), np.float32),
            np.zeros(n_labels, np.float32), np.zeros(n_labels, np.float32),
        )  # fmt: skip

    @property
    def n_bytes(self) -> int:
        """Bytes held: 8 a label and feature, room to grow included."""
        arrays = (self.w, self.A, self.lower, self.v, self.D, self.held)
        return sum(array.nbytes for array in arrays)

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.v, self.D = kept(self.v, positions, 1), kept(self.D, positions, 1, self.own)
        self.held = kept(self.held, positions)

    def needed(self, n_labels: int) -> int:
        """Return the bytes that so many labels take."""
        return (8 * len(self.w) + 8) * n_labels

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        n, k = min(n_labels, len(self.held)), len(self.w)
        return {
            "w": self.w.copy(),
            "A": self.A.copy(),
            "lower": self.lower.copy(),
            "clock": self.clock.copy(),
            "v": used(self.v, k, n),
            "D": used(self.D, k, n),
            "held": used(self.held, n),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.w, self.A, self.lower, self.clock = state["w"], state["A"], state["lower"], state["clock"]
        self.v, self.D, self.held = state["v"], state["D"], state["held"]
