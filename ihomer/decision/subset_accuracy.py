"""Label sets that are most likely right as a whole: for subset accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import A, capacity, grown, renumbered, used
from ihomer.decision.threshold import Sets
from ihomer.kernels.decide_seen import LAST, NONE, USED, fill_table
from ihomer.kernels.decide_sizes import FIRST, MOST_SIZE
from ihomer.kernels.decide_subset import CANDIDATES, N_FEATURES, subset_block
from ihomer.rows import Rows

#: First weights of a set's fit, count, sameness with the last set, size, and of being unseen: what online learning
#: comes to on most streams.
FIRST_WEIGHTS = (0.85, 0.25, 0.1, 0.57, -1.0)


class SeenSets:
    """The likeliest label set among those seen before and the set of all labels over one half.

    A conditional logit over candidate sets, learned online (AdaGrad), with five features of a set: the sum of its
    labels' log-odds, the log of its faded count (half-life about 700 rows), whether the last row had it, how much more
    often its size is true than independent labels would give it, and whether it was never seen.

    At most `most` sets of at most 64 labels each are kept, in 280 bytes or less a set; a new one replaces the coldest.
    Partial rows teach nothing: their label set is not known.

    Parameters
    ----------
    most
        How many label sets are kept.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.decision.subset_accuracy import SeenSets
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"a", "b"}), ({}, {"a", "b"})]))
    >>> SeenSets().block(np.array([[0, 0], [0.9, 0.4]], np.float32), rows, learn=True)
    (array([0, 0, 2]), array([0, 1], dtype=int32))
    """

    def __init__(self, most: int = 1500) -> None:
        self.most = most
        self.sets = np.zeros((0, 0), np.int32)
        self.lengths = np.zeros(0, np.int64)
        self.log_counts = np.zeros(0)
        self.stamps = np.zeros(0, np.int64)
        self.clock = np.array([0, 0, NONE], np.int64)
        self.sizes = np.full((2, MOST_SIZE + 1), FIRST)
        self.w = np.array(FIRST_WEIGHTS)
        self.squares = np.ones(N_FEATURES)
        self._table = np.full(1 << (2 * most - 1).bit_length(), NONE, np.int32)
        self._odds = np.zeros(0)
        self._mode, self._candidates = np.zeros(MOST_SIZE, np.int32), np.zeros(CANDIDATES + 1, np.int64)
        self._features, self._work = np.zeros((CANDIDATES + 1, N_FEATURES)), np.zeros((4, MOST_SIZE + 1))

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; with `learn` each complete row is learned after it."""
        if learn:
            self._make_room(rows)
        self._odds = grown(self._odds, (rows.n_labels,))
        indptr, out = np.zeros(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        subset_block(
            p, rows.label_indptr, rows.label_indices, rows.status, rows.limits,
            self.most, self.sets, self.lengths, self.log_counts, self.stamps, self._table, self.clock,
            self.sizes, self.w, self.squares,
            self._odds, self._mode, self._candidates, self._features, self._work, learn, indptr, out,
        )  # fmt: skip
        return indptr, out[: indptr[-1]]

    def _make_room(self, rows: Rows) -> None:
        """Make room for as many new sets, as long ones, as the rows may bring."""
        longest = int(np.diff(rows.label_indptr).max(initial=0))
        slots = min(capacity(int(self.clock[USED]) + len(rows), len(self.lengths)), self.most)
        columns = min(capacity(longest, self.sets.shape[1]), MOST_SIZE)
        if (slots, columns) != self.sets.shape:
            self.sets, self.lengths = _enlarged(self.sets, slots, columns), _enlarged(self.lengths, slots)
            self.log_counts, self.stamps = _enlarged(self.log_counts, slots), _enlarged(self.stamps, slots)

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others, and the sets that hold any of those."""
        n = int(self.clock[USED])
        there = np.arange(self.sets.shape[1]) < self.lengths[:n, None]
        becomes = renumbered(int(self.sets[:n][there].max(initial=-1)) + 1, positions)
        sets = np.zeros_like(self.sets[:n])
        sets[there] = becomes[self.sets[:n][there]]
        stay = np.flatnonzero((sets >= 0).all(axis=1))
        m = len(stay)
        self.sets[:m], self.lengths[:m] = sets[stay], self.lengths[stay]
        self.log_counts[:m], self.stamps[:m] = self.log_counts[stay], self.stamps[stay]
        last = int(self.clock[LAST])
        self.clock[LAST] = NONE if last == NONE else renumbered(n, stay)[last]
        self.clock[USED] = m
        fill_table(m, self.sets, self.lengths, self._table)

    def state(self) -> dict[str, Any]:
        """Return sets, counts, sizes and weights."""
        n = int(self.clock[USED])
        longest = int(self.lengths[:n].max(initial=0))
        return {
            "sets": used(self.sets, n, longest),
            "lengths": used(self.lengths, n),
            "log_counts": used(self.log_counts, n),
            "stamps": used(self.stamps, n),
            "clock": self.clock.copy(),
            "sizes": self.sizes.copy(),
            "w": self.w.copy(),
            "squares": self.squares.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.sets, self.lengths, self.log_counts = state["sets"], state["lengths"], state["log_counts"]
        self.stamps, self.clock, self.sizes = state["stamps"], state["clock"], state["sizes"]
        self.w, self.squares = state["w"], state["squares"]
        fill_table(int(self.clock[USED]), self.sets, self.lengths, self._table)


def _enlarged(array: A, *shape: int) -> A:
    """Return a copy with zeros at the ends."""
    return np.pad(array, [(0, n - has) for n, has in zip(shape, array.shape, strict=True)])  # type: ignore[return-value]
