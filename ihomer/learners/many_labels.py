"""ManyLabels: what learns all labels where they are very many; a row costs what it touches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.blocks import BLOCK, WATCH, is_boundary
from ihomer.kernels.feature_counts import HELD
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.learners.dense_labels import DenseLabels
from ihomer.learners.inputs import Inputs
from ihomer.learners.label_shares import NONE_RETURN
from ihomer.learners.protocol import Views
from ihomer.learners.slot_index import SLOTS, SlotIndex
from ihomer.learners.unit_rows import UnitRows
from ihomer.memory import give_back_if_grown
from ihomer.probabilities import Best
from ihomer.retired_labels import Essence
from ihomer.rows import Rows, appended, compact, rows_from_state, rows_state

#: Probabilities are of at most so many labels of a row (`ihomer.kernels.slot_index_block.keep_best` says how many).
KEPT = 64
#: Where there are so many features or more, each gets so many slots at most: about as many in all, and a row costs no more.
FEWER_SLOTS = ((32_768, 32), (98_304, 16))
#: Where more bytes than this are held, what was replaced is looked for: the pool of slots is laid out anew again and again.
LARGE = 1 << 23
#: Scores are cut here before they become probabilities, which are then neither 0 nor beyond what float32 can hold.
MOST = np.float32(30)


class ManyLabels:
    """A slot index over scaled features, or vectors of labels where rows are dense; probabilities of the best labels of rows.

    Whether the stream is sparse or dense is asked after 1, 2, 4, ... 64 rows, as in `ihomer.learners.mixture`; it
    decides how features are scaled, and who learns: in dense streams every feature would hold every label, and an index
    of them learn little.

    Parameters
    ----------
    tail
        Whether lists of labels favour the tail.

    Attributes
    ----------
    inputs
        Scales of features.
    index
        A `SlotIndex`, or `DenseLabels` where the stream is dense.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"})] * 20))
    >>> best = ManyLabels().block(rows, learn=True)
    >>> best.ids[-2:, :2].tolist(), (best.p[-2:, :2] > 0.5).tolist()
    ([[0, 1], [1, 0]], [[True, False], [True, False]])
    """

    def __init__(self, *, tail: bool = False) -> None:
        self.tail = tail
        self.first: Rows | None = None  # the rows so far, until the regime stands
        self._start(SPARSE)

    def _start(self, regime: int) -> None:
        self.inputs: Inputs | UnitRows = Inputs(regime)
        self.index: SlotIndex | DenseLabels = DenseLabels() if regime == DENSE else SlotIndex()

    @classmethod
    def beside(cls, inputs: Inputs, *, tail: bool) -> ManyLabels:
        """Return one that begins where a stream has shown its regime and its scales.

        Parameters
        ----------
        inputs
            That were learned by others; copied.
        tail
            Whether lists of labels favour the tail.
        """
        many = cls(tail=tail)
        many._start(inputs.regime)
        many.inputs = UnitRows.of(inputs) if inputs.regime == SPARSE else Inputs.from_state(inputs.state())
        return many

    def block(self, rows: Rows, *, learn: bool, returning: npt.NDArray[np.float64] = NONE_RETURN) -> Best:
        """Return probabilities of the best labels of each row before it is learned (if `learn`).

        With `learn` the rows cross no boundary of the stream up to `BLOCK`, then none of `WATCH` (`ihomer.blocks`). Of labels
        that are new in these rows `returning`, float64, has the shares that they had before they were retired, or 0.
        """
        best = self._block(rows, learn=learn, returning=returning)
        if learn and self.rows <= BLOCK:
            self.first = compact(rows) if self.first is None else appended(self.first, compact(rows))
            if is_boundary(self.rows):
                self._settle()
        if learn and self.rows % WATCH == 0:
            if isinstance(self.index, SlotIndex):
                slots = min((slots for n, slots in FEWER_SLOTS if self.index.n_features >= n), default=SLOTS)
                if slots < self.index.slots:  # where features become fewer again, what was dropped comes back by itself
                    self.index.shorten(slots)
                self.index.slots = slots
            if self.n_bytes > LARGE:
                give_back_if_grown()
        return best

    def _block(self, rows: Rows, *, learn: bool, returning: npt.NDArray[np.float64]) -> Best:
        views = self.inputs.block(rows, learn=learn)
        ids, scores, weights = self.index.best(views.plain, KEPT, tail=self.tail, learn=learn, returning=returning)
        p = np.divide(1, 1 + np.exp(-scores.clip(-MOST, MOST)), dtype=np.float32)
        p[ids < 0] = 0
        return Best(ids, p, weights if self.tail else None)

    @property
    def rows(self) -> int:
        """How many rows were learned."""
        return int(self.inputs.counters[0])

    def _settle(self) -> None:
        """Ask the rows so far for the regime; learn them anew if it is another one."""
        assert self.first is not None
        assert isinstance(self.inputs, Inputs)
        regime = self.inputs.fitting_regime()
        if regime != self.inputs.regime:
            self._start(regime)
            self._block(self.first, learn=True, returning=NONE_RETURN)
        if self.rows == BLOCK:
            self.first = None
            if regime == SPARSE:
                self.inputs = UnitRows.of(self.inputs)

    def score(self, rows: Rows) -> tuple[Views, npt.NDArray[np.float32]]:
        """Return one row as the index sees it, and the log-odds, float32 (labels,), of all labels: for people to look at."""
        plain = self.inputs.block(rows, learn=False).plain
        dense = isinstance(self.index, DenseLabels)
        views = Views(plain, plain, dense=dense)
        scores = self.index.score(plain) if isinstance(self.index, DenseLabels) else self.index.block(views, learn=False)[0]
        return views, scores[0]

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten."""
        self.index.reopen(labels)

    # ------------------------------------------------------------------ names that go, and come back

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending), drop the others."""
        self.index.keep(positions)
        if self.first is not None:
            self.first = self.first.of_labels(positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending), drop the others."""
        self.inputs.keep_features(positions)
        self.index.keep_features(positions)
        if self.first is not None:
            self.first = self.first.of_features(positions)

    def essences(self, labels: npt.NDArray[np.int64], n_features: int) -> list[Essence]:  # noqa: ARG002
        """Return what is kept of labels that go: in how many rows they held, and their share of them."""
        none = np.zeros(0, np.int32), np.zeros(0, np.float32)
        shares = self.index.shares(labels)
        held = self.index.counts[HELD, labels]
        return [Essence(round(n), share, *none) for n, share in zip(held.tolist(), shares.tolist(), strict=True)]

    def recall(self, label: int, essence: Essence) -> None:
        """Put back what is kept of a label that came back in the row that was just learned."""
        self.index.recall(label, essence.share)

    def shed(self) -> bool:
        """Give up what could be done without: rows in memory; return whether there was any."""
        return isinstance(self.index, DenseLabels) and self.index.shed()

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, whatever room to grow there is."""
        return self.inputs.needed(n_features) + self.index.needed(n_features, n_labels)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        return self.inputs.n_bytes + self.index.n_bytes

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        return {
            "inputs": self.inputs.state(),
            "index": self.index.state(len(self.inputs.largest), self.index.n_labels),
            "slots": self.index.slots if isinstance(self.index, SlotIndex) else None,
            "first": None if self.first is None else rows_state(self.first),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        kind = Inputs if "moments" in state["inputs"] else UnitRows
        self.inputs = kind.from_state(state["inputs"])
        self.index = DenseLabels() if state["slots"] is None else SlotIndex(slots=state["slots"])
        self.index.restore(state["index"])
        self.first = None if state["first"] is None else rows_from_state(state["first"])
