"""Shared experts under their stack: features scaled once, experts over all labels, calibrated probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import BLOCK, is_boundary
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.learners.chain import Chain
from ihomer.learners.composition import Composition
from ihomer.learners.inputs import Inputs
from ihomer.learners.protocol import SharedExpert
from ihomer.learners.row_memory import RowMemory
from ihomer.rows import Rows, appended, compact, no_rows, rows_from_state, rows_state
from ihomer.threads import ALONE, LEAST_ROWS, Threads

_Scores = npt.NDArray[np.float32]

class Mixture:
    """Experts over all labels, and further experts' scores if there are any, under one stack.

    Whether the stream is sparse or dense is asked after 1, 2, 4, ... 64 rows; when the answer changes, everything is
    learned anew from the rows kept so far. After that it stands.

    Parameters
    ----------
    composition
        Which experts, and how they are stacked.
    n_others
        How many scores of further experts come with each block.
    seed
        For experts that draw.
    threads
        Where the experts work.
    """

    def __init__(
        self, composition: Composition, n_others: int = 0, seed: int = 0, threads: Threads | None = None
    ) -> None:
        self.threads = ALONE if threads is None else threads
        self.composition = composition
        self.n_others = n_others
        self.seed = seed
        self.n_labels = 0
        self.first: tuple[Rows, _Scores] | None = None  # the rows so far, until the regime stands
        self._start(SPARSE)

    def _start(self, regime: int) -> None:
        self.inputs = Inputs(regime)
        self.chain: Chain | None = None
        self.experts: dict[str, SharedExpert] = self.composition.experts(dense=regime == DENSE, seed=self.seed)
        for expert in self.experts.values():
            if hasattr(expert, "threads"):  # it can divide its work further
                expert.threads = self.threads
        self.stack = self.composition.stack(self.experts, self.n_others, dense=regime == DENSE)

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
        if len(rows) <= BLOCK and not self.n_others:
            if self.chain is None:
                self.chain = Chain.of(self.inputs, self.experts, self.stack)
            p = None if self.chain is None else self.chain.block(rows, learn=learn)
            if p is not None:
                self.n_labels = max(self.n_labels, rows.n_labels) if learn else self.n_labels
                return p
        if learn:
            self.chain = None  # it knows the arrays that the experts may replace now
        views = self.inputs.block(rows, learn=learn)
        threads = self.threads if len(rows) >= LEAST_ROWS else ALONE
        said = threads.map(lambda expert: expert.block(views, learn=learn), self.experts.values())
        scores = np.concatenate([*said, others])
        if learn:
            self.n_labels = max(self.n_labels, rows.n_labels)
        return self.stack.block(scores, rows, learn=learn)

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

    def begin_after(self, other: Mixture) -> None:
        """Take over what another one knows of features, and how many labels there are; nothing that it learned of them."""
        self._start(other.inputs.regime)
        self.inputs = Inputs.from_state(other.inputs.state())
        # So that every part has a column for every label.
        none = no_rows(len(self.inputs.largest), other.n_labels)
        self._block(none, np.zeros((self.n_others, 0, other.n_labels), np.float32), learn=True)

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten."""
        self.chain = None
        for expert in self.experts.values():
            expert.reopen(labels)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        return self.inputs.n_bytes + sum(expert.n_bytes for expert in self.experts.values()) + self.stack.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        inputs = self.inputs.state()
        d = len(inputs["largest"])
        return {
            "inputs": inputs,
            "experts": {name: expert.state(d, self.n_labels) for name, expert in self.experts.items()},
            "stack": self.stack.state(self.n_labels),
            "n_labels": self.n_labels,
            "first": None if self.first is None else (rows_state(self.first[0]), self.first[1]),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        inputs = Inputs.from_state(state["inputs"])
        self._start(inputs.regime)
        self.inputs = inputs
        self.chain = None
        for name, expert in self.experts.items():
            expert.restore(state["experts"][name])
        self.stack.restore(state["stack"])
        self.n_labels = state["n_labels"]
        if state["first"] is not None:
            rows, others = state["first"]
            self.first = (rows_from_state(rows), others)

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending), drop the others; what is said of those kept does not change."""
        self.chain = None
        for expert in self.experts.values():
            expert.keep(positions)
        self.stack.keep(positions)
        self.n_labels = len(positions)
        if self.first is not None:
            rows, others = self.first
            self.first = (rows.of_labels(positions), others[:, :, positions[positions < others.shape[2]]])

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending), drop the others; what is said of rows of those kept does not change."""
        self.chain = None
        self.inputs.keep_features(positions)
        for expert in self.experts.values():
            expert.keep_features(positions)
        if self.first is not None:
            rows, others = self.first
            self.first = (rows.of_features(positions), others)

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, whatever room to grow there is."""
        experts = sum(expert.needed(n_features, n_labels) for expert in self.experts.values())
        return experts + self.inputs.needed(n_features) + self.stack.needed(n_labels)

    def shed(self) -> bool:
        """Let row memories forget the older half of their rows; return whether any did."""
        return sum(expert.shed() for expert in self.experts.values() if isinstance(expert, RowMemory)) > 0
