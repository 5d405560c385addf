"""Label sets with the largest expected F1: for example-F1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.decision.threshold import Sets
from ihomer.kernels.decide_example import example_block
from ihomer.kernels.decide_sizes import FIRST, MOST_SIZE
from ihomer.rows import Rows


class ExampleF1:
    """The label set with the largest expected F1, by probabilities and by how large true label sets are.

    Labels are taken to hold independently of each other but for their number: its distribution (Poisson-binomial) is
    multiplied by how much more often each size was true than expected, over the past with a half-life of about 700
    rows. Of that joint distribution the general F-measure maximiser (Dembczynski, Waegeman, Cheng & Huellermeier 2011)
    finds the best set among the 24 most probable labels (twice the mean size of the true sets if that is more, at most
    64). The empty set is predicted where it is likelier right than the best other set is on average, if more than
    2% of the label sets are empty.

    Partial rows teach nothing: the size of their set is not known. Nothing is kept per label.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.decision.example_f1 import ExampleF1
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"a", "b", "c"}), ({}, {"a"})]))
    >>> ExampleF1().block(np.array([[0, 0, 0], [0.8, 0.45, 0.3]], np.float32), rows, learn=True)
    (array([0, 0, 2]), array([0, 1], dtype=int32))
    """

    def __init__(self) -> None:
        self.sizes = np.full((2, MOST_SIZE + 1), FIRST)
        self.means = np.zeros(3)
        self._ids, self._work = np.zeros(MOST_SIZE, np.int32), np.zeros((4, MOST_SIZE + 1))

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; with `learn` each complete row teaches the size of its set after it."""
        indptr, out = np.empty(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        example_block(
            p, rows.label_indptr, rows.status, rows.limits, self.sizes, self.means, self._ids, self._work, learn,
            indptr, out,
        )  # fmt: skip
        return indptr, out[: indptr[-1]]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Do nothing: nothing is kept per label."""

    def state(self) -> dict[str, Any]:
        """Return the faded counts of sizes: about a kilobyte."""
        return {"sizes": self.sizes.copy(), "means": self.means.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the faded counts."""
        self.sizes, self.means = state["sizes"], state["means"]
