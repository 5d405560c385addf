"""Label sets by one threshold for all labels: fixed, or following the best micro-F1."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ihomer.kernels.decide import FIRST_HITS, FIRST_MASS, f1_block, fixed_block
from ihomer.rows import Rows

#: Label sets in CSR: int64 (n + 1,), int32.
Sets = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]


class Decision(Protocol):
    """Turns probabilities of rows into label sets, and may learn from the truth of each row after it."""

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; `p` is float32 (n, labels). With `learn` each row is learned after it."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` holds."""


class FixedThreshold:
    """Every label whose probability exceeds `threshold`.

    Parameters
    ----------
    threshold
        Between 0 and 1.
    """

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = threshold

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:  # noqa: ARG002
        """Return the label sets of the rows."""
        indptr, out = np.zeros(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        fixed_block(p, rows.limits, np.float32(self.threshold), indptr, out)
        return indptr, out[: indptr[-1]]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Do nothing: nothing is kept per label."""

    def state(self) -> dict[str, Any]:
        """Return nothing: nothing is learned."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Do nothing."""


class F1Threshold:
    """Every label whose probability exceeds half of the micro-F1 attainable, which is followed online.

    Where label sets are hardly ever empty, the most probable label if none passes. See `ihomer.kernels.decide`.
    """

    def __init__(self) -> None:
        self.numbers = np.array([FIRST_HITS, FIRST_MASS, 0.0, 0.0])

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; with `learn` each row moves the threshold after it."""
        indptr, out = np.zeros(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        f1_block(
            p, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.numbers, np.zeros(rows.n_labels, np.int8), learn, indptr, out,
        )  # fmt: skip
        return indptr, out[: indptr[-1]]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Do nothing: nothing is kept per label."""

    def state(self) -> dict[str, Any]:
        """Return the faded counts."""
        return {"numbers": self.numbers.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the faded counts."""
        self.numbers = state["numbers"]
