"""AROW: the linear expert, adaptive regularisation of weights with a diagonal covariance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, used
from ihomer.kernels.arow import arow_block
from ihomer.kernels.stack import clip_margins
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

#: Margin of a label that nothing is known of: most labels do not hold most of the time.
FIRST_MARGIN = -0.5
#: Log-odds are cut here: probabilities of .005 and .995.
MOST = np.float32(5.29)


class AROW:
    """A linear expert for all labels: one weight and one variance per feature and label.

    Crammer, Kulesza & Dredze 2009, "Adaptive regularization of weight vectors", with a diagonal covariance. Weights are
    feature-major, so that a row costs its non-zeros times one pass over the labels; a label that is right by a margin
    costs no more. The precision of a weight fades, so that after any number of rows it moves as after 16,384 that taught
    it something (`ihomer.kernels.arow`). A label that enters through a complete row begins with what is learned from rows
    in which a label never holds; one that enters through a partial row begins with nothing. Scores are log-odds 2 z of the
    margin z.

    Parameters
    ----------
    r
        The regulariser: larger values learn more slowly.
    view
        Which features it sees: "plain", or "idf".
    weight
        What the stack takes its score for at first.
    """

    n_scores = 1

    def __init__(self, r: float = 1.0, view: str = "plain", weight: float = 0.7) -> None:
        self.r = r
        self.view = view
        self.first_weights = np.array([weight])
        self.W = np.zeros((0, 0), np.float32)
        self.S = np.ones((0, 0), np.float32)
        self.bias = np.full(0, FIRST_MARGIN, np.float32)
        self.bias_s = np.ones(0, np.float32)
        self.never = np.array([[FIRST_MARGIN, 1]], np.float32)

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return log-odds, float32 (1, n, labels), of each row before it is learned (if `learn`)."""
        scaled: Rows = getattr(views, self.view)
        n_labels = scaled.n_labels
        if learn or n_labels > len(self.bias):
            self._grow(scaled.n_features if learn else len(self.W), n_labels)
        scores = np.empty((len(scaled), n_labels), np.float32)
        scratch = np.zeros((4, n_labels), np.float32)
        arow_block(
            scaled.indptr, scaled.indices, scaled.values,
            scaled.label_indptr, scaled.label_indices, scaled.status, scaled.known_indptr, scaled.known_indices,
            scaled.limits, self.W, self.S, self.bias, self.bias_s, self.never, np.float32(self.r), scratch, learn,
            scores,
        )  # fmt: skip
        clip_margins(scores, MOST)
        return scores[None]

    def make_room(self, rows: Rows) -> None:
        """Grow for the features and labels of rows that will be learned."""
        self._grow(rows.n_features, rows.n_labels)

    def arrays(self, n_labels: int) -> tuple[npt.NDArray[np.float32], ...]:
        """Return what `arow_block` works on, with scratch for so many labels."""
        return self.W, self.S, self.bias, self.bias_s, self.never, np.zeros((4, n_labels), np.float32)

    def _grow(self, n_features: int, n_labels: int) -> None:
        shape = (n_features, n_labels)
        self.W, self.S = grown(self.W, shape, 0, TABLE), grown(self.S, shape, 1, TABLE)
        self.bias, self.bias_s = grown(self.bias, (n_labels,), FIRST_MARGIN), grown(self.bias_s, (n_labels,), 1)
        before = len(self.never)
        self.never = grown(self.never, (len(self.W) + 1, 2))
        self.never[before:, 1] = 1

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start: variances back to 1, weights kept."""
        if labels is None:
            self.S[:] = 1
            self.bias_s[:] = 1
            self.never[:, 1] = 1
        else:
            self.S[:, labels] = 1
            self.bias_s[labels] = 1

    @property
    def n_bytes(self) -> int:
        """Bytes held: 8 (d + 1) (L + 1) for d features and L labels, with room to grow (an eighth of each) for d and L."""
        return sum(array.nbytes for array in (self.W, self.S, self.bias, self.bias_s, self.never))

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        d, n = min(n_features, len(self.W)), min(n_labels, len(self.bias))
        return {
            "W": used(self.W, d, n),
            "S": used(self.S, d, n),
            "bias": used(self.bias, n),
            "bias_s": used(self.bias_s, n),
            "never": used(self.never, d + 1, 2),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.W, self.S, self.bias, self.bias_s = state["W"], state["S"], state["bias"], state["bias_s"]
        self.never = state["never"]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.W, self.S = self.W[:, positions].copy(), self.S[:, positions].copy()
        self.bias, self.bias_s = self.bias[positions], self.bias_s[positions]
