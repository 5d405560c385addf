"""NaiveBayes: the expert that compares a row's features with those of each label's own rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, used
from ihomer.blocks import BLOCK, is_boundary
from ihomer.kernels.naive_bayes import MET, NON_ZEROS, NOTHING, dense_block, halve, sparse_block
from ihomer.learners.protocol import Views

#: Each table of sums over features and labels takes at most so many bytes, what one block adds aside.
TABLE_BYTES = 64 << 20
#: Every feature has a line of its own: no feature has such an id.
_ALL = 1 << 40


class NaiveBayes:
    """One score of each label: how much likelier its own rows have the row's features than all rows do.

    Sparse streams: multinomial over which features a row has, values aside. Dense ones: independent normal distributions.
    Only rows in which a label holds count for it, against all labelled rows: where its truth is not known it learns nothing,
    one that has never held has score 0, and it does not matter how a label enters. Formulas in
    `ihomer.kernels.naive_bayes.sparse_block` and `dense_block`.

    Every `horizon` labelled rows (at a boundary of the stream, `ihomer.blocks`) all sums are halved: nothing stops counting,
    and what changes is learned at the same speed after any number of rows.

    A table that would take more than `table_bytes` is folded (at a boundary, too): features whose ids are equal modulo a power
    of two share a line from then on, as in feature hashing (Weinberger et al. 2009).

    Parameters
    ----------
    horizon
        Labelled rows after which sums are halved.
    table_bytes
        Bytes that a table of sums may take: sparse streams have one, dense ones two.
    dense
        Whether the stream is dense.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"})] * 20))
    >>> scores = NaiveBayes().block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (1, 40, 2)
    >>> scores[0, -2:].round(2)
    array([[ 0.17, -0.23],
           [-0.24,  0.18]], dtype=float32)
    """

    n_scores = 1

    def __init__(self, *, horizon: int = 16_384, table_bytes: int = TABLE_BYTES, dense: bool = False) -> None:
        # Between two halvings sums reach twice the horizon: float32 counts up to 2^24.
        for name, value, most in (("horizon", horizon, 2**22), ("table_bytes", table_bytes, 2**40)):
            if not 1 <= value <= most:
                raise ValueError(f"{name}: {value} found, 1 to {most} expected")
        self.horizon = horizon
        self.table_bytes = table_bytes
        self.dense = dense
        self.first_weights = np.array([0.03])
        #: Counts of rows, or sums of values; of dense streams also sums of squares.
        self.sums, self.squares = np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32)
        self.features = np.zeros(0, np.float32)
        self.labels = np.zeros(0, np.float64)
        self.totals = np.zeros(2, np.float64)
        self.modulus = _ALL
        self.n_features = 0
        self.t = 0  # rows learned, labelled or not
        self.fresh = 0  # labelled rows since sums were halved

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (1, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        out = np.zeros((1, len(rows), rows.n_labels), np.float32)
        if learn:
            # Of these rows, not of a longer batch that they were cut out of: folding must not depend on batches.
            self.n_features = max(self.n_features, int(rows.indices[rows.indptr[0] : rows.indptr[-1]].max(initial=-1)) + 1)
        self._grow(rows.n_labels)
        if self.dense:
            dense_block(
                rows.indptr, rows.indices, rows.values, rows.label_indptr, rows.label_indices, rows.status, rows.limits,
                self.modulus, self.sums, self.squares, self.features, self.labels, self.totals,
                np.empty(rows.n_labels, np.float32), learn, out[0],
            )  # fmt: skip
        else:
            longest = int(np.diff(rows.indptr).max(initial=0))
            sparse_block(
                rows.indptr, rows.indices, rows.label_indptr, rows.label_indices, rows.status, rows.limits,
                self.modulus, self.sums, self.features, self.labels, self.totals,
                np.empty(longest, np.int64), np.empty(longest, np.float32), learn, out[0],
            )  # fmt: skip
        if learn:
            self.t += len(rows)
            self.fresh += int(np.count_nonzero(rows.status))
            if is_boundary(self.t):
                self._tidy(rows.n_labels)
        return out

    @property
    def _lines(self) -> int:
        """Lines of the tables in use."""
        return min(self.n_features, self.modulus)

    def _grow(self, n_labels: int) -> None:
        """Make room for all features and labels."""
        lines = self._lines
        self.features, self.labels = grown(self.features, (lines,)), grown(self.labels, (n_labels,))
        self.sums = grown(self.sums, (lines, n_labels), spare=TABLE)
        if self.dense:
            self.squares = grown(self.squares, (lines, n_labels), spare=TABLE)

    def _tidy(self, n_labels: int) -> None:
        """Halve all sums and fold the table, if it is time."""
        if self.fresh >= self.horizon:
            self.fresh = 0
            halve(self.sums)
            halve(self.squares)
            self.features *= np.float32(0.5)
            self.features[self.features < NOTHING] = 0
            self.labels *= 0.5
            self.labels[self.labels < NOTHING] = 0
            self.totals[NON_ZEROS] *= 0.5
            self.totals[MET] = np.count_nonzero(self.features)
        lines = self._lines
        while lines > 1 and 4 * lines * n_labels > self.table_bytes:
            lines = 1 << (lines - 1).bit_length() - 1
        if lines < self._lines:
            self._fold(lines)

    def _fold(self, lines: int) -> None:
        """Let features whose ids are equal modulo `lines` share a line."""
        self.modulus = lines
        self.sums, self.features = _folded(self.sums, lines), _folded(self.features, lines)
        if self.dense:
            self.squares = _folded(self.squares, lines)
        self.totals[MET] = np.count_nonzero(self.features)

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: shares have no step size, and sums are halved for ever."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.sums = np.ascontiguousarray(self.sums[:, positions])
        if self.dense:
            self.squares = np.ascontiguousarray(self.squares[:, positions])
        self.labels = self.labels[positions]

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others.

        Where features share lines nothing can be told apart: then it begins anew.
        """
        mine = positions[positions < self.n_features]
        shared = self.n_features > self.modulus
        self.n_features, self.modulus = len(mine), _ALL
        if shared:
            self.sums, self.squares, self.features = self.sums[:0], self.squares[:0], self.features[:0]
            self.labels[:], self.totals[:] = 0, 0
            return
        self.sums, self.features = self.sums[mine], self.features[mine]
        if self.dense:
            self.squares = self.squares[mine]
        self.totals[MET] = np.count_nonzero(self.features)

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take."""
        return min(4 * n_features * (n_labels + 1), self.table_bytes) * (1 + self.dense) + 8 * n_labels

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included.

        With d features (at most as many as fit into `table_bytes`), L labels: 4 d (L + 1) + 8 L; dense 4 d (2 L + 1) + 8 L.
        """
        return sum(array.nbytes for array in (self.sums, self.squares, self.features, self.labels, self.totals))

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - it counts its own
        """Return everything that was learned as plain values and arrays."""
        lines = self._lines
        return {
            "t": self.t,
            "fresh": self.fresh,
            "n_features": self.n_features,
            "modulus": self.modulus,
            "sums": used(self.sums, lines, n_labels),
            "squares": used(self.squares, lines, n_labels),
            "features": used(self.features, lines),
            "labels": used(self.labels, n_labels),
            "totals": self.totals.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name, value in state.items():
            setattr(self, name, value)

    def invariants(self) -> None:
        """Check that no sum is out of its bounds."""
        assert np.isfinite(self.sums).all()
        assert np.isfinite(self.squares).all()
        sharing = self.n_features // self.modulus + 1
        assert self.features.max(initial=0) <= 2 * (self.horizon + BLOCK) * sharing
        assert self.totals[MET] == np.count_nonzero(self.features)
        assert (self.labels >= 0).all()


def _folded(array: npt.NDArray[np.float32], lines: int) -> npt.NDArray[np.float32]:
    """Return the sums of the lines whose numbers are equal modulo `lines`."""
    sums = np.zeros((lines, *array.shape[1:]), np.float32)
    for start in range(0, len(array), lines):
        part = array[start : start + lines]
        sums[: len(part)] += part
    return sums
