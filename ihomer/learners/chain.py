"""The parts of preset "fast" as one call a block: what Python does between them costs more than they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from ihomer.arrays import capacity
from ihomer.blocks import BLOCK
from ihomer.kernels.chain import chain_block, lay_out, widths
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.kernels.recent_rows import BUCKETS
from ihomer.learners.arow import AROW, MOST
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.recent_rows import RecentRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ihomer.learners.inputs import Inputs
    from ihomer.learners.protocol import SharedExpert
    from ihomer.learners.stack import Stack
    from ihomer.rows import Rows


#: More than there can be: where places are shared, there is always room.
MANY = 1 << 62


class Chain:
    """Inputs, AROW, label history, recent rows, in sparse streams feature counts, and their stack.

    It works on their arrays, in their order, with their kernels: the same bits as asking them one after the other. The
    arrays are looked up when there is not room enough in them; whoever replaces them otherwise makes a new chain.

    Parameters
    ----------
    inputs, stack
        The inputs and the stack.
    arow, history, recent, counts
        The experts; in dense streams no counts.
    """

    def __init__(
        self,
        inputs: Inputs,
        arow: AROW,
        history: LabelHistory,
        recent: RecentRows,
        counts: FeatureCounts | None,
        stack: Stack,
    ) -> None:
        self.inputs, self.stack = inputs, stack
        self.arow, self.history, self.recent, self.counts = arow, history, recent, counts
        #: What there is room for: features, labels, entries of a block, entries and labels of a row.
        self._features = self._labels = self._entries = self._longest = self._places = self._most_labels = -1
        self._offsets = np.empty(BLOCK + 1, np.int64)

    @classmethod
    def of(cls, inputs: Inputs, experts: Mapping[str, SharedExpert], stack: Stack) -> Self | None:
        """Return the chain of these parts, None if they are others than it is made for."""
        parts: list[Any] = list(experts.values())
        counts = None
        if inputs.regime == SPARSE and len(parts) > 3 and isinstance(parts[3], FeatureCounts):
            counts = parts.pop(3)
            if counts.table is None:
                return None
        elif inputs.regime == SPARSE:
            return None
        if [type(part) for part in parts] != [AROW, LabelHistory, RecentRows] or parts[0].view != "plain":
            return None
        arow, history, recent = parts
        return cls(inputs, arow, history, recent, counts, stack)

    def block(self, rows: Rows, *, learn: bool) -> npt.NDArray[np.float32] | None:
        """Return probabilities, float32 (n, labels), of at most `BLOCK` rows before each is learned (if `learn`).

        None, and nothing is done, if the parts must be asked one by one: the counts are too many for their table.
        """
        entries, longest, labels, last = widths(rows.indptr, rows.indices, rows.label_indptr, rows.known_indptr)
        if learn and self.counts is not None and not self.counts.meet(last + 1, rows.n_labels):
            return None
        if (
            rows.n_labels != self._labels
            or entries > self._entries
            or longest > self._longest
            or (learn and (rows.n_features > self._features or labels > self._most_labels or longest > self._places))
        ):
            self._make_room(rows, entries, longest, learn=learn)
        out = np.zeros((len(rows), rows.n_labels), np.float32)
        chain_block(
            (
                rows.indptr, rows.indices, rows.values, rows.label_indptr, rows.label_indices, rows.status,
                rows.known_indptr, rows.known_indices, rows.limits, self._offsets[: len(rows) + 1],
            ),
            self._desk, learn, out,
        )  # fmt: skip
        return out

    def _make_room(self, rows: Rows, entries: int, longest: int, *, learn: bool) -> None:
        """Let the parts grow for the rows, and look up their arrays."""
        n = rows.n_labels
        if learn:
            self.inputs.make_room(rows)
            for part in (self.arow, self.history, self.counts, self.stack):
                if part is not None:
                    part.make_room(rows)
        d = len(self.inputs.largest)
        if self.inputs.regime == DENSE:  # scaled rows have an entry for every feature
            longest, entries = d, (BLOCK + 1) * d
        if learn:
            self.recent.make_room(rows, longest)
        self._features = min(d, len(self.arow.W), d if self.counts is None else len(self.counts.seen))
        self._features = min(self._features, len(self.recent.memory) if len(self.recent.memory) < BUCKETS else MANY)
        self._labels = n
        self._longest = capacity(longest, max(self._longest, 0))
        self._entries = capacity(entries, max(self._entries, 0))
        self._most_labels = self.recent.listed.shape[1]
        self._places = self.recent.places.shape[1]
        if self._places >= BUCKETS:
            self._places = MANY
        ids, x = np.empty((2, self._entries), np.int32), np.empty((2, self._entries), np.float32)
        n_others = 8 if self.counts is None else 10
        scores = np.zeros((n_others, BLOCK, n), np.float32)
        counts: tuple[npt.NDArray[Any], ...] = self.counts.arrays(self._longest) if self.counts else _NO_COUNTS
        self._arrays = (
            (ids[0], x[0], x[1], ids[1]),
            (self.inputs.largest, self.inputs.moments, self.inputs.counters),
            self.arow.arrays(n),
            (self.history.counts, self.history.faded, self.history.rows),
            self.recent.arrays(),
            counts,
            (scores[0], scores[1:5], scores[5:8], scores[8:] if self.counts else np.zeros((2, 0, 0), np.float32), scores),
            self.stack.arrays(n),
            (np.float32(self.arow.r), MOST, np.float32(self.stack.own)),
        )  # fmt: skip
        self._desk = lay_out(*self._arrays)


_NONE = np.zeros(0, np.float32)
#: In place of the arrays of the counts, in dense streams.
_NO_COUNTS = (
    _NONE, _NONE, np.zeros((2, 0)), np.zeros(2), np.zeros((0, 0), np.float32), np.zeros((2, 0), np.float32), _NONE,
    _NONE, _NONE,
)  # fmt: skip
