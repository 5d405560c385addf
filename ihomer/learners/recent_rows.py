"""RecentRows: the expert that remembers the last rows and lets those like the row at hand vote."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, renumbered, used
from ihomer.kernels.recent_rows import (
    BUCKETS,
    FEATURES,
    HOLD,
    LABELS,
    LISTED,
    PLACES,
    RECENT,
    STORED,
    recent_block,
)
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

#: What the stack learned on streams other than those reported, sparse and dense: votes, nearest row, recency.
FIRST_WEIGHTS = {False: (0.10, 0.30, -0.20), True: (0.12, 0.18, 0.21)}
#: Rows kept, sparse and dense: 512 to 1,000 would bring .002 to .003 of micro-F1 at several times the cost.
SIZES = {False: 64, True: 256}


class RecentRows:
    """Three scores of each label from the last rows by cosine: nearest rows' votes, the nearest, recency.

    A ring of rows, each scaled to length 1, feature-major: all similarities come from one pass over the
    non-zeros. Formulas in `ihomer.kernels.recent_rows.recent_block`. Rows without labels (of which nothing is
    known) are not stored. A row votes only on labels whose truth it knew; a label that entered through a
    partial row was unknown in the rows before.

    From 16,384 features on, a feature shares its place with those whose ids differ by a multiple of that.

    Parameters
    ----------
    dense
        Whether the stream is dense: decides how many rows are kept (256, else 64), and the first weights.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> pairs = [({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"}), ({"x": 0.8, "y": 0.6}, {"b"})]
    >>> rows = Door().learned(Batch.from_pairs(pairs))
    >>> scores = RecentRows().block(Views(rows, rows, dense=False), learn=True)
    >>> scores[1, 2].round(2)  # the nearest row, with cosine .8, has "a" and not "b"
    array([ 1.02, -1.02], dtype=float32)
    """

    n_scores = 3

    def __init__(self, *, dense: bool = False) -> None:
        size = SIZES[dense]
        self.first_weights: npt.NDArray[np.float64] = np.array(FIRST_WEIGHTS[dense])
        self.memory = np.zeros((0, size), np.float32)
        self.places = np.zeros((size, 0), np.int32)
        self.listed = np.zeros((size, 0), np.int32)
        self.ring = np.zeros((size, 5), np.int64)
        self.late = np.zeros(0, np.int8)
        self.clock = np.zeros(3, np.int64)

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (3, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        self.late = grown(self.late, (rows.n_labels,))
        if learn:
            self.make_room(rows, int(np.diff(rows.indptr).max(initial=0)))
        out = np.zeros((3, len(rows), rows.n_labels), np.float32)
        recent_block(  # type: ignore[call-arg]
            rows.indptr, rows.indices, rows.indices & np.int32(BUCKETS - 1), rows.values,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices,
            rows.limits, *self.arrays(), learn, out,
        )  # fmt: skip
        return out

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """Return what `recent_block` works on, with its scratch."""
        size, room = len(self.ring), len(self.late)
        return (
            self.memory, self.places, self.listed, self.ring, self.late, self.clock,
            np.empty((1, size), np.float32), np.empty(size, np.int64),
            np.empty(RECENT, np.int64), np.empty(RECENT, np.float32),
            np.zeros(room, np.float32), np.zeros(room, np.float32),
        )  # fmt: skip

    def make_room(self, rows: Rows, longest: int) -> None:
        """Grow for the labels and features of the rows, the entries of the longest, and the longest list of labels."""
        self.late = grown(self.late, (rows.n_labels,))
        size = len(self.ring)
        lists = np.maximum(np.diff(rows.label_indptr), np.diff(rows.known_indptr))
        self.memory = _at_most(grown(self.memory, (min(rows.n_features, BUCKETS), size)))
        self.places = grown(self.places, (size, min(longest, BUCKETS)))
        self.listed = grown(self.listed, (size, int(lists.max(initial=0))))

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: a row that no longer holds is gone after as many rows as are kept."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        becomes = renumbered(len(self.late), positions)
        for ring, listed in zip(self.ring, self.listed, strict=True):
            labels = becomes[listed[: ring[LISTED]]]
            ring[HOLD] = np.count_nonzero(labels[: ring[HOLD]] >= 0)
            labels = labels[labels >= 0]
            ring[LISTED] = len(labels)
            listed[: len(labels)] = labels
        self.ring[:, LABELS] = np.searchsorted(positions, self.ring[:, LABELS])
        self.late = kept(self.late, positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others.

        Where features share places nothing can be told apart: then the rows are forgotten, and it begins anew.
        """
        met = int(self.clock[FEATURES])
        self.clock[FEATURES] = np.searchsorted(positions, met)
        if met > BUCKETS:
            self.memory[:], self.ring[:] = 0, 0
            self.clock[STORED] = self.clock[FEATURES] = 0
            return
        becomes = renumbered(met, positions)
        self.memory = kept(self.memory, positions)
        for ring, places in zip(self.ring, self.places, strict=True):
            mine = becomes[places[: ring[PLACES]]]
            mine = mine[mine >= 0]
            ring[PLACES] = len(mine)
            places[: len(mine)] = mine

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take."""
        return (4 * min(n_features, BUCKETS) + 40) * len(self.ring) + n_labels

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included.

        With M rows: 4 M times (features, longest row, both of 16,384 at most, and longest list of known
        labels of a row); 40 M; 1 a label.
        """
        arrays = (self.memory, self.places, self.listed, self.ring, self.late, self.clock)
        return sum(array.nbytes for array in arrays)

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - counts its own
        """Return everything that was learned as plain values and arrays."""
        n = min(int(self.clock[STORED]), len(self.ring))
        ring = self.ring[:n]
        taken = np.arange(self.places.shape[1]) < ring[:, PLACES, None]
        places = self.places[:n][taken]
        listed = np.arange(self.listed.shape[1]) < ring[:, LISTED, None]
        return {
            "size": len(self.ring),
            "places": places,
            "values": self.memory[places, np.nonzero(taken)[0]],
            "listed": self.listed[:n][listed],
            "ring": ring.copy(),
            "late": used(self.late, n_labels),
            "clock": self.clock.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        size, ring, self.late, self.clock = state["size"], state["ring"], state["late"], state["clock"]
        self.ring = np.zeros((size, 5), np.int64)
        self.ring[: len(ring)] = ring
        taken, listed = (
            np.arange(ring[:, column].max(initial=0)) < self.ring[:, column, None]
            for column in (PLACES, LISTED)
        )
        self.places, self.listed = np.zeros(taken.shape, np.int32), np.zeros(listed.shape, np.int32)
        self.places[taken], self.listed[listed] = state["places"], state["listed"]
        self.memory = np.zeros((min(int(self.clock[FEATURES]), BUCKETS), size), np.float32)
        self.memory[state["places"], np.nonzero(taken)[0]] = state["values"]


def _at_most(memory: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the memory without room beyond the last place."""
    return memory if len(memory) <= BUCKETS else memory[:BUCKETS].copy()
