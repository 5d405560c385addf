"""FeatureCounts: the expert that remembers how often each label held in the rows that have a feature."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, kept, renumbered, used
from ihomer.kernels.feature_counts import (
    BEYOND,
    COMPLETE,
    END,
    FIRST_QUALITY,
    HELD,
    NEEDED,
    ROOM,
    START,
    USED,
    line_block,
    table_block,
)
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

_Ints = npt.NDArray[np.int64]
_Labels = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]

#: What the stack learned on sparse streams other than those reported; dense ones have no such scores.
FIRST_WEIGHTS = (0.40, 0.69)
#: A count for every feature and label takes at most so many bytes; beyond, only touched cells are kept.
TABLE_BYTES = 64 << 20
#: Labels kept of a feature then: enough for real data; what is dropped is what the feature says least of.
SLOTS = 64
#: After a reopening, features count as if seen in at most so many rows: as fast as qualities follow.
REOPENED = np.float32(100)


class FeatureCounts:
    """Two scores of each label: mean and largest of its shares in rows that had one of the row's features.

    The counting half of a slot index: of every feature f, how many rows n_f had it and in how many of them,
    c, each label held. Relevance is the sum over the row's features of o_f c / (n_f + 1), with o_f the share
    of x_f^2 q_f in the row and q_f how well f foretold labels so far; the other score takes the best feature
    alone. Formulas in `ihomer.kernels.feature_counts.table_block`.

    While features x labels x 4 bytes are at most `table_bytes`, all counts stand in a table. Beyond that only
    touched cells are kept, at most `slots` for a feature, for ever: a full line gives up the label with the
    least excess over expectation. While no line is full, both forms give the same bits.

    When a feature has been in 16,384 rows, its numbers are halved: nothing stops counting, and what changes
    is learned at the same speed after any number of rows; the counts of labels alone are halved after 32,768 rows.
    In dense streams every feature is in every row, and
    this expert says and learns nothing.

    A label not known in a row keeps its counts; its shares are taken of n_f times the share of rows in which
    it was known: exact for complete rows, right on average for labels known independently of the features.

    Parameters
    ----------
    table_bytes
        Bytes that the table may take; 0 for touched cells only.
    slots
        Most labels of a feature beyond that, at least 1.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> x = {"x": 1.0}
    >>> rows = Door().learned(Batch.from_pairs([(x, {"a"}), (x, {"a"}), (x, {"b"})]))
    >>> scores = FeatureCounts().block(Views(rows, rows, dense=False), learn=True)
    >>> scores[0, :, 0].round(2)  # relevance of "x" for "a": 0 of 1, 1 of 2, 2 of 3 (each with one row more)
    array([-2.4 ,  0.5 ,  0.85], dtype=float32)
    """

    n_scores = 2

    def __init__(self, *, table_bytes: int = TABLE_BYTES, slots: int = SLOTS) -> None:
        self.table_bytes = table_bytes
        self.slots = slots
        self.first_weights: npt.NDArray[np.float64] = np.array(FIRST_WEIGHTS)
        self.n_features = 0
        self.seen = np.zeros(0, np.float32)
        self.quality = np.zeros(0, np.float32)
        self.counts = np.zeros((2, 0), np.float64)
        self.rows = np.zeros(2, np.float64)
        #: All counts, or None when only touched cells are kept.
        self.table: _Floats | None = np.zeros((0, 0), np.float32)
        self.lines = np.zeros((0, 3), np.int64)
        self.labels = np.zeros(0, np.int32)
        self.cells = np.zeros(0, np.float32)
        self.pool_ends = np.zeros(2, np.int64)

    def block(self, views: Views, *, learn: bool) -> _Floats:
        """Return scores, float32 (2, n, n_labels), of each row before it is learned (if `learn`).

        All are 0 in dense streams.
        """
        rows = views.plain
        out = np.zeros((2, len(rows), rows.n_labels), np.float32)
        if views.dense:
            return out
        self.counts = grown(self.counts, (2, rows.n_labels))
        if self.table is None:
            self._by_lines(rows, 0, out, learn=learn)
            return out
        fitting = self._fitting(rows) if learn else len(rows)
        self._by_table(rows, fitting, out, learn=learn)
        if fitting < len(rows):
            # The row that does not fit is still answered from the table, as if it were only predicted.
            row = rows.slice(fitting, fitting + 1)
            before = np.zeros((2, 1, row.n_labels), np.float32)
            self._by_table(row, 1, before, learn=False)
            self._leave_table()
            self._by_lines(rows, fitting, out, learn=True)
            out[:, fitting, : row.n_labels] = before[:, 0]
        return out

    def _by_table(self, rows: Rows, stop: int, out: _Floats, *, learn: bool) -> None:
        """Answer, and learn, the rows before `stop` in the table."""
        if learn:
            self._grow(rows, stop)
        table_block(
            rows.indptr, rows.indices, rows.values, rows.label_indptr, rows.label_indices, rows.status,
            rows.known_indptr, rows.known_indices, rows.limits, stop, self.seen, self.quality, self.counts,
            self.rows, self.table, *self._scratch(rows), learn, out,
        )  # fmt: skip

    def _by_lines(self, rows: Rows, start: int, out: _Floats, *, learn: bool) -> None:
        """Answer, and learn, the rows from `start` on in the lines of touched cells."""
        if learn:
            self._grow(rows, len(rows))
        n_labels = self.counts.shape[1]
        scratch = (np.zeros(n_labels, np.int8), np.empty(n_labels, np.int32), *self._scratch(rows))
        while start < len(rows):
            start = line_block(
                rows.indptr, rows.indices, rows.values, rows.label_indptr, rows.label_indices, rows.status,
                rows.known_indptr, rows.known_indices, rows.limits, start, self.seen, self.quality,
                self.counts, self.rows, self.lines, self.labels, self.cells, self.pool_ends, self.slots,
                *scratch, learn, out,
            )  # fmt: skip
            if start < len(rows):
                self._lay_out(*self._packed(), slack=True)

    def _scratch(self, rows: Rows) -> tuple[_Floats, _Floats, _Floats, _Floats]:
        n_labels, longest = self.counts.shape[1], int(np.diff(rows.indptr).max(initial=0))
        return scratch_of(n_labels, longest)

    # ------------------------------------------------------------------ in a chain

    def make_room(self, rows: Rows) -> None:
        """Grow for all features and labels of the rows, without having met them."""
        d, n = rows.n_features, rows.n_labels
        self.counts = grown(self.counts, (2, n))
        self.seen = grown(self.seen, (d,), 0, TABLE)
        self.quality = grown(self.quality, (d,), float(FIRST_QUALITY), TABLE)
        assert self.table is not None
        self.table = grown(self.table, (d, n), 0, TABLE)

    def meet(self, n_features: int, n_labels: int) -> bool:
        """Note how many features and labels rows have that will be learned, or return False: too many for the table."""
        met = max(self.n_features, n_features)
        if 4 * met * n_labels > self.table_bytes:
            return False
        self.n_features = met
        return True

    def arrays(self, longest: int) -> tuple[npt.NDArray[Any], ...]:
        """Return what `table_block` works on, with scratch for rows of so many entries."""
        assert self.table is not None
        scratch = scratch_of(self.counts.shape[1], longest)
        return self.seen, self.quality, self.counts, self.rows, self.table, *scratch

    # ------------------------------------------------------------------ room

    def _fitting(self, rows: Rows) -> int:
        """Return how many of the first rows can be learned before the table would be too large."""
        if 4 * max(self.n_features, rows.n_features) * rows.n_labels <= self.table_bytes:
            return len(rows)
        features = np.maximum(np.maximum.accumulate(_last_ids(rows)) + 1, self.n_features)
        return int(np.count_nonzero(4 * features * rows.limits[1:] <= self.table_bytes))

    def _grow(self, rows: Rows, stop: int) -> None:
        """Make room for the features (and in the table for the labels) of the rows before `stop`."""
        met = int(_last_ids(rows)[:stop].max(initial=-1)) + 1
        d = self.n_features = max(self.n_features, met)
        # Table and lines have at least as much room: kernels look up every feature below len(seen) in them.
        self.seen = grown(self.seen, (d,), 0, TABLE)
        self.quality = grown(self.quality, (d,), float(FIRST_QUALITY), TABLE)
        if self.table is None:
            self.lines = grown(self.lines, (len(self.seen), 3))
        else:
            self.table = grown(self.table, (d, int(rows.limits[stop])), 0, TABLE)

    # ------------------------------------------------------------------ touched cells

    def _packed(self) -> tuple[_Ints, _Labels, _Floats]:
        """Return where each line begins, int64 (d + 1,), and all labels and counts without gaps."""
        lines = self.lines[: self.n_features]
        indptr = _offsets(lines[:, USED])
        at = _spread(lines[:, START], indptr)
        return indptr, self.labels[at], self.cells[at]

    def _lay_out(self, indptr: _Ints, labels: _Labels, cells: _Floats, *, slack: bool) -> None:
        """Take packed lines as the pool; with `slack`, with room to grow, in the lines and behind them."""
        n = np.diff(indptr)
        room = np.minimum(n + n // 4, max(self.slots, int(n.max(initial=0)))) if slack else n
        starts = _offsets(room)
        end = int(starts[-1])
        length = end + end // 8 + int(self.pool_ends[NEEDED]) if slack else end
        at = _spread(starts[:-1], indptr)
        self.lines = np.zeros((max(len(self.lines), len(n)), 3), np.int64)
        mine = self.lines[: len(n)]
        mine[:, START], mine[:, USED], mine[:, ROOM] = starts[:-1], n, room
        self.labels, self.cells = np.zeros(length, np.int32), np.zeros(length, np.float32)
        self.labels[at], self.cells[at] = labels, cells
        self.pool_ends[END] = end

    def _leave_table(self) -> None:
        """Keep touched cells only from now on; of too many of a feature, those with most excess."""
        assert self.table is not None
        features, labels = np.nonzero(self.table[: self.n_features])
        cells = self.table[features, labels]
        share = (self.counts[HELD] + 0.5) / (self.rows[COMPLETE] + self.counts[BEYOND] + 1)
        excess = cells - self.seen[features].astype(np.float64) * share[labels]
        order = np.lexsort((-excess, features))
        n = np.bincount(features, minlength=self.n_features)
        rank = np.arange(len(order)) - np.repeat(_offsets(n)[:-1], n)
        kept = np.sort(order[rank < self.slots])
        self.table = None
        self.lines = np.zeros((len(self.seen), 3), np.int64)
        n = np.bincount(features[kept], minlength=self.n_features)
        self._lay_out(_offsets(n), labels[kept].astype(np.int32), cells[kept], slack=True)

    # ------------------------------------------------------------------ the contract

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let features count as if seen in at most 100 rows, shares as they are; for some labels: nothing.

        How many rows a feature was in belongs to all labels: it cannot change for some of them.
        """
        if labels is not None:
            return
        factor = np.minimum(REOPENED / np.maximum(self.seen, 1), 1).astype(np.float32)
        self.seen *= factor
        if self.table is None:
            indptr, ids, cells = self._packed()
            cells *= np.repeat(factor[: self.n_features], np.diff(indptr))
            self._lay_out(indptr, ids, cells, slack=False)
        else:
            self.table[: len(factor)] *= factor[:, None]  # the table may have more room

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        if self.table is None:
            indptr, ids, cells = self._packed()
            ids = renumbered(self.counts.shape[1], positions)[ids]
            stay = np.flatnonzero(ids >= 0)
            self._lay_out(np.searchsorted(stay, indptr).astype(np.int64), ids[stay], cells[stay], slack=False)
        else:
            self.table = kept(self.table, positions, 1, 0, TABLE)
        self.counts = kept(self.counts, positions, 1)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        mine = positions[positions < self.n_features]
        if self.table is None:
            indptr, ids, cells = self._packed()
            at = _spread(indptr[:-1][mine], _offsets(np.diff(indptr)[mine]))
        # All of one length: kernels look up every feature below len(seen) in the table.
        self.seen, self.quality = kept(self.seen, mine, 0, 0, TABLE), kept(self.quality, mine, 0, float(FIRST_QUALITY), TABLE)
        self.n_features = len(mine)
        if self.table is None:
            self.lines = np.zeros((len(self.seen), 3), np.int64)
            self._lay_out(_offsets(np.diff(indptr)[mine]), ids[at], cells[at], slack=False)
        else:
            self.table = kept(self.table, mine, 0, 0, TABLE)

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take."""
        if self.table is None:
            touched = int(self.lines[: self.n_features, USED].sum())
            cells = 24 * n_features + 8 * touched * min(n_features, self.n_features) // max(self.n_features, 1)
        else:
            cells = min(4 * n_features * n_labels, self.table_bytes)
        return 16 * n_labels + 8 * n_features + cells

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included.

        16 a label; 8 a feature; in the table 4 a feature and label; else 24 a feature and 8 a touched cell.
        """
        table = () if self.table is None else (self.table,)
        arrays = (self.seen, self.quality, self.counts, self.rows, self.lines, self.labels, self.cells)
        return sum(array.nbytes for array in (*arrays, *table))

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - counts its own
        """Return everything that was learned as plain values and arrays."""
        d = self.n_features
        state: dict[str, Any] = {
            "seen": used(self.seen, d),
            "quality": used(self.quality, d),
            "counts": used(self.counts, 2, n_labels),
            "rows": self.rows.copy(),
        }
        if self.table is None:
            state["indptr"], state["labels"], state["cells"] = self._packed()
        else:
            state["table"] = used(self.table, d, n_labels)
        return state

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.seen, self.quality = state["seen"], state["quality"]
        self.counts, self.rows = state["counts"], state["rows"]
        self.n_features = len(self.seen)
        self.table = state.get("table")
        if self.table is None:
            self._lay_out(state["indptr"], state["labels"], state["cells"], slack=False)


def scratch_of(n_labels: int, longest: int) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    """Return the scratch of the kernels, for so many labels and entries of a row."""
    weights, known = np.empty((2, longest), np.float32), np.empty(n_labels, np.float32)
    return weights, known, np.zeros(n_labels, np.float32), np.zeros(n_labels, np.float32)


def _last_ids(rows: Rows) -> _Ints:
    """Return the largest feature id of every row, -1 where there is none; int64 (n,)."""
    last = np.full(len(rows), -1, np.int64)
    some = np.diff(rows.indptr) > 0
    last[some] = rows.indices[rows.indptr[1:][some] - 1]
    return last


def _offsets(lengths: npt.NDArray[Any]) -> _Ints:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _spread(starts: _Ints, indptr: _Ints) -> _Ints:
    """Return the places of the entries of lines that begin at `starts` and are as long as `indptr` says."""
    return np.repeat(starts - indptr[:-1], np.diff(indptr)) + np.arange(indptr[-1])
