"""The Bayesian stack: what several experts say of a label becomes one calibrated probability."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.stack import stack_block
from ihomer.learners.counts import LabelCounts
from ihomer.rows import Rows

#: Prior variances of the shared weights, of the constant's, and of every label's own deviation from them.
SHARED, CONSTANT, OWN = 0.1, 0.5, 0.001
#: Sum of the experts' weights before anything is learned: experts together are a little less sure than they should be.
FIRST_SUM = 1.45


class Stack:
    """Online Newton logistic stack over experts' log-odds, the label's prior and a constant.

    The shared weights start equal and learn from every label of every row; each label may deviate from them as far as
    its own rows say. It calibrates as it stacks: with one expert it is an online Platt scaling that knows the prior.

    Parameters
    ----------
    n_experts
        How many scores there are for each label.
    """

    def __init__(self, n_experts: int) -> None:
        k = n_experts + 2
        self.w = np.full(k, FIRST_SUM / (n_experts + 1))
        self.w[-1] = 0
        variances = np.full(k, SHARED)
        variances[-1] = CONSTANT
        self.A = np.diag(1 / variances)
        self.v = np.zeros((0, k), np.float32)
        self.D = np.full((0, k), OWN, np.float32)

    def block(
        self, scores: npt.NDArray[np.float32], rows: Rows, counts: LabelCounts, *, learn: bool
    ) -> npt.NDArray[np.float32]:
        """Return probabilities, float32 (n, labels), of each row before it is learned (if `learn`).

        Parameters
        ----------
        scores
            float32 (experts, n, labels): log-odds.
        rows
            For their labels.
        counts
            Moved along with `learn`.
        """
        n_labels, k = rows.n_labels, len(self.w)
        self.v, self.D = grown(self.v, (n_labels, k)), grown(self.D, (n_labels, k), OWN)
        p = np.zeros((len(rows), n_labels), np.float32)
        stack_block(
            scores,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            counts.held, counts.origin, counts.partial, counts.complete_rows, self.w, self.v, self.D, self.A,
            np.empty((n_labels, k), np.float32), np.empty(k), np.zeros((k, k)), np.zeros(n_labels, np.int8), learn, p,
        )  # fmt: skip
        return p

    @property
    def n_bytes(self) -> int:
        """Bytes held: 8 a label and expert, room to grow included."""
        return self.w.nbytes + self.A.nbytes + self.v.nbytes + self.D.nbytes

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return everything that was learned as plain arrays."""
        n, k = min(n_labels, len(self.v)), len(self.w)
        return {"w": self.w.copy(), "A": self.A.copy(), "v": used(self.v, n, k), "D": used(self.D, n, k)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Stack:
        """Return the stack that `state` was taken from."""
        stack = cls(len(state["w"]) - 2)
        stack.w, stack.A, stack.v, stack.D = state["w"], state["A"], state["v"], state["D"]
        return stack
