"""Sparse faded counts of labels and of pairs of labels, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, renumbered

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

#: A label or a pair with a faded weight below this (one row, 6.6 half-lives ago) is as good as never seen.
FAINT = 0.01
_SLOTS = 1 << 10


@dataclass(slots=True, frozen=True, eq=False)
class Sight:
    """The counts as they stand at one row, in plain rows: what the tests of the tree look at.

    Parameters
    ----------
    indptr, ids, weights
        int64 (labels + 1,), int32, float64: the labels that co-occurred with each label, ascending, and the faded
        weight of the rows that hold both; both directions of a pair.
    n
        float64 (labels,): faded weight of the rows in which the label held.
    known
        float64 (labels,): of those in which it was known whether it holds.
    total
        Faded weight of all labelled rows.
    sample
        Independent rows that a weight of 1 is worth, (sum w)^2 / sum w^2 over sum w of all rows: from 1 at first to 2.
    """

    indptr: Longs
    ids: Ints
    weights: Doubles
    n: Doubles
    known: Doubles
    total: float
    sample: float


@dataclass(slots=True, eq=False)
class Trials:
    """What the clusters have on trial: see `ihomer.kernels.cooccurrence.follow_trials` for shapes and types."""

    cluster_of: Ints
    side: npt.NDArray[np.int8]
    g: Doubles
    f: Doubles
    trials: Doubles
    sums: Doubles


class CoOccurrence:
    """Faded counts n_i of labels and n_ij of the pairs that co-occur; an instance costs O(labels of it squared).

    A row that is a half-life old counts a half. Counts are stored times a common scale that grows, so that nothing
    is touched but the pairs of the row (lazy fading); the scale returns to 1 every 256 half-lives, so it never
    overflows. The pairs stand in an open-addressing hash table of 16 bytes a slot, at most half full. When it is
    full, pairs below a weight of .01 are dropped, then it doubles; at `max_pairs` the faintest are dropped.

    Of a row with more than 256 labels 256 are drawn and their pairs counted with a weight that keeps counts right on
    average. A row with labels of unknown truth teaches the labels that are known: n_i is then compared with the
    weight N_i of the rows in which i was known, and n_ij with the smaller of N_i and N_j. That is exact if every
    row in which the rarer known label is known knows the other one too, and too small, for all pairs alike, if
    labels are left out at random.

    Parameters
    ----------
    half_life
        Rows; `math.inf` for counts that do not fade.
    max_pairs
        At least 65,536.
    """

    def __init__(self, half_life: float, max_pairs: int) -> None:
        from ihomer.kernels import cooccurrence as kernel

        self.half_life = float(half_life)
        self.max_slots = 1 << (2 * max_pairs - 1).bit_length()
        self.n_labels = 0
        self._n: Doubles = np.zeros(8)
        self._offset: Doubles = np.zeros(8)
        self._met = np.zeros(8, np.uint8)
        self.table = _empty(_SLOTS)
        self.totals: Doubles = np.zeros(3)
        self.ticks: Longs = np.zeros(6, np.int64)
        self.sizes: Longs = np.zeros(kernel.SIZES, np.int64)

    @property
    def scale(self) -> float:
        """What the stored counts have to be divided by: 1 is the weight of the row learned last."""
        from ihomer.kernels.cooccurrence import BASE, ROWS

        return float(2.0 ** ((max(0, self.ticks[ROWS] - self.ticks[BASE] - 1)) / self.half_life))

    @property
    def n_pairs(self) -> int:
        """Pairs in the table."""
        from ihomer.kernels.cooccurrence import USED

        return int(self.ticks[USED])

    @property
    def total(self) -> float:
        """Faded weight of all labelled rows."""
        return float(self.totals[1]) / self.scale

    def age(self, share: float) -> None:
        """Let everything counted so far weigh only `share` of what it did, beside the rows to come."""
        from ihomer.kernels.cooccurrence import COMPLETE_WEIGHT, SQUARES, WEIGHT

        self._n *= share
        self._offset *= share
        self.table[:, 1] *= share
        self.totals[[COMPLETE_WEIGHT, WEIGHT]] *= share
        self.totals[SQUARES] *= share * share

    def add_labels(self, n: int) -> None:
        """Make room for `n` more labels."""
        self.n_labels += n
        self._n = grown(self._n, (self.n_labels,))
        self._offset = grown(self._offset, (self.n_labels,))
        self._met = grown(self._met, (self.n_labels,))

    def keep(self, positions: Longs) -> None:
        """Keep the labels at `positions` (ascending) and their pairs, and drop the others."""
        from ihomer.kernels.cooccurrence import EMPTY, SHIFT, USED, refill

        self._n, self._offset = kept(self._n, positions), kept(self._offset, positions)
        self._met = kept(self._met, positions)
        becomes = renumbered(self.n_labels, positions)
        self.n_labels = len(positions)
        pairs = self.table[self.table[:, 0] != EMPTY]
        keys = pairs[:, 0].astype(np.int64)
        low, high = becomes[keys >> SHIFT].astype(np.int64), becomes[keys & ((1 << SHIFT) - 1)].astype(np.int64)
        pairs[:, 0] = low << SHIFT | high
        pairs = pairs[(low >= 0) & (high >= 0)]
        self.ticks[USED] = len(pairs)
        self.table = _empty(len(self.table))
        refill(np.concatenate((pairs, _empty(1))), -np.inf, self.table)

    def learn_rows(
        self,
        label_indptr: Longs,
        label_indices: Ints,
        status: npt.NDArray[np.uint8],
        known_indptr: Longs,
        known_indices: Ints,
        trials: Trials,
    ) -> None:
        """Count the rows; arrays as in `ihomer.rows.Rows`."""
        from ihomer.kernels.cooccurrence import MAX_SET, learn_rows

        row, size = 0, self.n_labels
        while True:
            row = learn_rows(
                row, label_indptr, label_indices, status, known_indptr, known_indices, self.half_life,
                self._n[:size], self._offset[:size], self._met[:size], self.table, self.totals, self.ticks, self.sizes,
                trials.cluster_of, trials.side, trials.g, trials.f, trials.trials, trials.sums,
            )  # fmt: skip
            if row == len(status):
                return
            labels = min(int(label_indptr[row + 1] - label_indptr[row]), MAX_SET)
            self._make_room(labels * (labels - 1) // 2)

    def _make_room(self, pairs: int) -> None:
        """Drop faint pairs and enlarge the table, so that `pairs` more have room."""
        from ihomer.kernels.cooccurrence import USED, pairs_from, refill

        floor = FAINT * self.scale
        kept = pairs_from(self.table, floor)
        if kept + pairs > 3 * self.max_slots // 8:
            while kept > self.max_slots // 4:
                floor *= 1.25
                kept = pairs_from(self.table, floor)
        # A quarter full, so that it takes as many new pairs as it holds before this comes again.
        slots = min(self.max_slots, 1 << (4 * (kept + pairs) - 1).bit_length())
        larger = _empty(max(slots, _SLOTS))
        refill(self.table, floor, larger)
        self.table = larger
        self.ticks[USED] = kept

    def sight(self) -> Sight:
        """Return the counts at the row learned last; O(labels + pairs)."""
        from ihomer.kernels.cooccurrence import degrees, neighbours

        size, scale = self.n_labels, self.scale
        indptr = np.zeros(size + 1, np.int64)
        degrees(self.table, indptr)
        entries = int(indptr[-1])
        ids, rough = np.empty(entries, np.int32), np.empty(entries, np.int32)
        weights, rough_weights = np.empty(entries), np.empty(entries)
        neighbours(self.table, scale, indptr, np.empty(size, np.int64), rough, rough_weights, ids, weights)
        return Sight(
            indptr=indptr,
            ids=ids,
            weights=weights,
            n=self._n[:size] / scale,
            known=(self.totals[0] + self._offset[:size]) / scale,
            total=self.total,
            sample=float(self.totals[1] * scale / self.totals[2]) if self.totals[2] > 0 else 1.0,
        )

    def commonest_size(self) -> int:
        """Return the most common number of labels of a complete row, the smaller one of two; 0 before any."""
        return int(self.sizes.argmax())

    def needed(self, n_labels: int) -> int:
        """Return the bytes that so many labels take, with the pairs that are counted."""
        return 17 * n_labels + self.table.nbytes

    @property
    def n_bytes(self) -> int:
        """Size of all arrays."""
        arrays = (self._n, self._offset, self._met, self.table, self.totals, self.ticks, self.sizes)
        return sum(array.nbytes for array in arrays)

    def state(self) -> dict[str, Any]:
        """Return all that was learned as plain values and arrays; pairs in order of their labels."""
        from ihomer.kernels.cooccurrence import EMPTY

        pairs = self.table[self.table[:, 0] != EMPTY]
        pairs = pairs[np.argsort(pairs[:, 0])]
        return {
            "n": self._n[: self.n_labels].copy(),
            "offset": self._offset[: self.n_labels].copy(),
            "met": self._met[: self.n_labels].copy(),
            "keys": pairs[:, 0].astype(np.int64),
            "pairs": pairs[:, 1].copy(),
            "slots": len(self.table),
            "totals": self.totals.copy(),
            "ticks": self.ticks.copy(),
            "sizes": self.sizes.copy(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        from ihomer.kernels.cooccurrence import refill

        self.n_labels = len(state["n"])
        self._n, self._offset, self._met = state["n"].copy(), state["offset"].copy(), state["met"].copy()
        self.totals, self.ticks, self.sizes = state["totals"].copy(), state["ticks"].copy(), state["sizes"].copy()
        stored = _empty(max(1, len(state["keys"])))
        stored[: len(state["keys"]), 0] = state["keys"]
        stored[: len(state["keys"]), 1] = state["pairs"]
        self.table = _empty(state["slots"])
        refill(stored, -np.inf, self.table)


def _empty(slots: int) -> Doubles:
    from ihomer.kernels.cooccurrence import EMPTY

    table = np.zeros((slots, 2))
    table[:, 0] = EMPTY
    return table
