"""How often each label held, and in how many rows that was known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.rows import Rows


class LabelCounts:
    """Counts that belong to labels; exact, in integers.

    A label that enters through a complete row was absent in all complete rows before; one that enters through a partial
    row was unknown in them.

    Attributes
    ----------
    held : int64 (L,)
        Rows in which the label held.
    origin : int64 (L,)
        Complete rows before the label could have been known.
    partial : int64 (L,)
        Partial rows in which the label's truth was known.
    complete_rows : int64 (1,)
        Complete rows.
    """

    def __init__(self) -> None:
        self.held = np.zeros(0, np.int64)
        self.origin = np.zeros(0, np.int64)
        self.partial = np.zeros(0, np.int64)
        self.complete_rows = np.zeros(1, np.int64)
        self.n = 0

    def enter(self, rows: Rows) -> None:
        """Make room for the labels of `rows`, and note when those that are new entered."""
        before = self.n
        self.n = max(self.n, rows.n_labels)
        self.held = grown(self.held, (self.n,))
        self.origin = grown(self.origin, (self.n,))
        self.partial = grown(self.partial, (self.n,))
        if self.n == before:
            return
        complete = self.complete_rows[0]
        for row in range(len(rows)):
            if rows.limits[row + 1] > before and rows.status[row] == 1:
                new = slice(max(before, int(rows.limits[row])), int(rows.limits[row + 1]))
                self.origin[new] = complete
            complete += rows.status[row] == 2

    def known(self) -> npt.NDArray[np.int64]:
        """Return in how many rows the truth of each label was known, int64 (L,)."""
        return self.complete_rows - self.origin[: self.n] + self.partial[: self.n]

    @property
    def n_bytes(self) -> int:
        """Bytes held: 24 a label, room to grow included."""
        return self.held.nbytes + self.origin.nbytes + self.partial.nbytes

    def state(self) -> dict[str, Any]:
        """Return the counts as plain arrays."""
        names = ("held", "origin", "partial")
        arrays = {name: used(getattr(self, name), self.n) for name in names}
        return {**arrays, "complete_rows": self.complete_rows.copy()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> LabelCounts:
        """Return the counts that `state` was taken from."""
        counts = cls()
        counts.held, counts.origin, counts.partial = state["held"], state["origin"], state["partial"]
        counts.complete_rows = state["complete_rows"]
        counts.n = len(counts.held)
        return counts
