"""Shared experts under their stack: features scaled once, linear experts over all labels, calibrated probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import BLOCK, is_boundary
from ihomer.kernels.inputs import SPARSE
from ihomer.learners.arow import AROW
from ihomer.learners.counts import LabelCounts
from ihomer.learners.inputs import Inputs
from ihomer.learners.stack import Stack
from ihomer.rows import Rows, appended, compact, rows_from_state, rows_state

_Scores = npt.NDArray[np.float32]


class Mixture:
    """AROW over all labels, and further experts' scores if there are any, under one stack.

    Whether the stream is sparse or dense is asked after 1, 2, 4, ... 64 rows; when the answer changes, everything is
    learned anew from the rows kept so far. After that it stands.

    Parameters
    ----------
    r
        The regulariser of AROW.
    n_others
        How many scores of further experts come with each block.
    """

    def __init__(self, r: float = 1.0, n_others: int = 0) -> None:
        self.r = r
        self.n_others = n_others
        self.first: tuple[Rows, _Scores] | None = None  # the rows so far, until the regime stands
        self._start(SPARSE)

    def _start(self, regime: int) -> None:
        self.inputs = Inputs(regime)
        self.arow = AROW(self.r)
        self.stack = Stack(1 + self.n_others)
        self.counts = LabelCounts()

    def block(self, rows: Rows, others: _Scores | None = None, *, learn: bool) -> _Scores:
        """Return probabilities, float32 (n, labels), of each row before it is learned (if `learn`).

        Parameters
        ----------
        rows
            With `learn`: rows that cross no boundary of the stream (`ihomer.blocks`).
        others
            float32 (n_others, n, labels): log-odds by the further experts; None if there are none.
        """
        if others is None:
            others = np.zeros((0, len(rows), rows.n_labels), np.float32)
        p = self._block(rows, others, learn=learn)
        if learn and self._rows() <= BLOCK:
            self._remember(compact(rows), others)
            if is_boundary(self._rows()):
                self._settle()
        return p

    def _block(self, rows: Rows, others: _Scores, *, learn: bool) -> _Scores:
        scaled = self.inputs.block(rows, learn=learn)
        scores = self.arow.block(scaled, learn=learn)[None]
        if self.n_others:
            scores = np.concatenate((scores, others))
        if learn:
            self.counts.enter(rows)
        return self.stack.block(scores, rows, self.counts, learn=learn)

    def _rows(self) -> int:
        return int(self.inputs.counters[0])

    def _settle(self) -> None:
        """Ask the rows so far for the regime; learn them anew if it is another one."""
        assert self.first is not None
        regime = self.inputs.fitting_regime()
        if regime != self.inputs.regime:
            self._start(regime)
            self._block(*self.first, learn=True)
        if self._rows() == BLOCK:
            self.first = None

    def _remember(self, rows: Rows, others: _Scores) -> None:
        """Keep rows, and what further experts said of the labels that there were, in one piece however they came."""
        there = np.arange(rows.n_labels) < rows.limits[1:, None]
        scores = np.where(there, others[:, :, : rows.n_labels], np.float32(0))
        if self.first is not None:
            so_far, their_scores = self.first
            wider = np.zeros((len(others), len(so_far), rows.n_labels), np.float32)
            wider[:, :, : their_scores.shape[2]] = their_scores
            rows, scores = appended(so_far, rows), np.concatenate((wider, scores), axis=1)
        self.first = (rows, scores)

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten."""
        self.arow.reopen(labels)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        return self.inputs.n_bytes + self.arow.n_bytes + self.stack.n_bytes + self.counts.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        inputs = self.inputs.state()
        n = self.counts.n
        return {
            "r": self.r,
            "inputs": inputs,
            "arow": self.arow.state(len(inputs["largest"]), n),
            "stack": self.stack.state(n),
            "counts": self.counts.state(),
            "first": None if self.first is None else (rows_state(self.first[0]), self.first[1]),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Mixture:
        """Return the mixture that `state` was taken from."""
        mixture = cls(state["r"], len(state["stack"]["w"]) - 3)
        mixture.inputs = Inputs.from_state(state["inputs"])
        mixture.arow = AROW.from_state(state["arow"])
        mixture.stack = Stack.from_state(state["stack"])
        mixture.counts = LabelCounts.from_state(state["counts"])
        if state["first"] is not None:
            rows, others = state["first"]
            mixture.first = (rows_from_state(rows), others)
        return mixture

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending), drop the others; what is said of those kept does not change."""
        arow, stack, counts = self.arow, self.stack, self.counts
        arow.W, arow.S = arow.W[:, positions].copy(), arow.S[:, positions].copy()
        arow.bias, arow.bias_s = arow.bias[positions], arow.bias_s[positions]
        stack.v, stack.D = stack.v[positions], stack.D[positions]
        counts.held, counts.origin = counts.held[positions], counts.origin[positions]
        counts.partial = counts.partial[positions]
        counts.n = len(positions)
        if self.first is not None:
            rows, others = self.first
            self.first = (rows.of_labels(positions), others[:, :, positions[positions < others.shape[2]]])
