"""How often each label held, in the rows in which that was known: an expert that looks at no feature."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.label_prior import prior_block
from ihomer.learners.protocol import Views


class LabelPrior:
    """The running log-odds of each label; counts are integers, halved after 32,768 complete rows: it never stops learning.

    A label that enters through a complete row was absent in all complete rows before; one that enters through a partial
    row was unknown in them.

    Attributes
    ----------
    held : int64 (L,)
        Rows in which the label held; this and all counts below halved in time.
    origin : int64 (L,)
        Complete rows before the label could have been known.
    partial : int64 (L,)
        Partial rows in which the label's truth was known.
    complete : int64 (1,)
        Complete rows.
    """

    n_scores = 1

    def __init__(self, weight: float = 0.7) -> None:
        self.first_weights = np.array([weight])
        self.held = np.zeros(0, np.int64)
        self.origin = np.zeros(0, np.int64)
        self.partial = np.zeros(0, np.int64)
        self.complete = np.zeros(1, np.int64)
        self.n_labels = 0

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return the scores, float32 (1, n, labels), of each row before it is counted (if `learn`)."""
        rows = views.plain
        n = rows.n_labels
        if learn:
            self.n_labels = max(self.n_labels, n)
        self.held, self.origin = grown(self.held, (n,)), grown(self.origin, (n,))
        self.partial = grown(self.partial, (n,))
        scores = np.zeros((1, len(rows), n), np.float32)
        prior_block(
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.held, self.origin, self.partial, self.complete, learn, scores,
        )  # fmt: skip
        return scores

    def known(self) -> npt.NDArray[np.int64]:
        """Return in how many rows the truth of each label was known, int64 (L,)."""
        n = self.n_labels
        return self.complete - self.origin[:n] + self.partial[:n]

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: counts have no step size."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.held, self.origin = self.held[positions], self.origin[positions]
        self.partial = self.partial[positions]
        self.n_labels = len(positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Do nothing: it knows no features."""

    def needed(self, n_features: int, n_labels: int) -> int:  # noqa: ARG002
        """Return the bytes that so many labels take."""
        return 24 * n_labels

    @property
    def n_bytes(self) -> int:
        """Bytes held: 24 a label, room to grow included."""
        return self.held.nbytes + self.origin.nbytes + self.partial.nbytes

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002
        """Return the counts as plain arrays."""
        arrays = {name: used(getattr(self, name), self.n_labels) for name in ("held", "origin", "partial")}
        return {**arrays, "complete": self.complete.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.held, self.origin, self.partial = state["held"], state["origin"], state["partial"]
        self.complete = state["complete"]
        self.n_labels = len(self.held)
