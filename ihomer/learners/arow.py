"""AROW: the linear expert, adaptive regularisation of weights with a diagonal covariance."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, kept, used
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
        self.W, self.S = kept(self.W, positions, 1, 0, TABLE), kept(self.S, positions, 1, 1, TABLE)
        self.bias, self.bias_s = kept(self.bias, positions, fill=FIRST_MARGIN), kept(self.bias_s, positions, fill=1)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        mine = int(np.searchsorted(positions, len(self.W)))
        self.W, self.S = kept(self.W, positions, 0, 0, TABLE), kept(self.S, positions, 0, 1, TABLE)
        self.never = grown(kept(self.never, np.append(0, positions + 1)), (len(self.W) + 1, 2))  # the constant's is first
        self.never[mine + 1 :, 1] = 1

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take."""
        return 8 * (n_features + 1) * (n_labels + 1)

    def essence(
        self, labels: npt.NDArray[np.int64], n_features: int, n: int
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return what labels are mostly known by: -1 for the constant and the features of the n - 1 largest weights.

        int32 and float32 (labels, at most n); a weight may be 0.
        """
        d = min(n_features, len(self.W))
        largest = min(n - 1, d)
        ids = np.full((len(labels), largest + 1), -1, np.int32)
        weights = np.zeros((len(labels), largest + 1), np.float32)
        weights[:, 0] = self.bias[labels]
        for start in range(0, len(labels) if largest else 0, 64):
            some = slice(start, start + 64)
            theirs = np.ascontiguousarray(self.W[:d, labels[some]].T)
            at = np.argpartition(-np.abs(theirs), largest - 1, axis=1)[:, :largest]
            ids[some, 1:], weights[some, 1:] = at, np.take_along_axis(theirs, at, axis=1)
        return ids, weights

    def recall(self, label: int, ids: npt.NDArray[np.int32], weights: npt.NDArray[np.float32]) -> None:
        """Give a label that came back the weights that `essence` returned."""
        for j, weight in zip(ids.tolist(), weights.tolist(), strict=True):
            if j < 0:
                self.bias[label] = weight
            elif j < len(self.W):
                self.W[j, label] = weight
