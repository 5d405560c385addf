"""RLS: recursive least squares with one covariance for all labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, used
from ihomer.blocks import is_boundary
from ihomer.kernels.krls import PREVIOUS, regression_scores, rows_before
from ihomer.kernels.rls import (
    MOST,
    PENDING,
    USED,
    WAITING,
    apply_pending,
    column_block,
    halve_evidence,
    rls_block,
)
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

#: Labelled rows after which inputs without a column may take that of one that is used less, when there are more inputs than
#: columns.
REVIEW = 256
#: They must have been used so many times as often: who has learned something does not go for nothing.
OFTENER = 2

_F32 = npt.NDArray[np.float32]
_Ints = npt.NDArray[np.int64]


class RLS:
    """One score of each label: least squares on its truth, exact, row by row (ridge of 1).

    Inputs are the constant 1, the features, and with `previous` .3 for each label of the labelled row before. All labels share
    one covariance, so that a row costs columns^2 / 2 + columns x labels multiplications however many labels it has. The score
    is 4 (clip(y, -.3, 1.3) - .4) of the regression y. A label that has never held has weights of zero, whatever the rows: so a
    label begins with zeros, and that is exact for one that enters through a complete row.

    Every `horizon` labelled rows (at a boundary of the stream, `ihomer.blocks`) at least half of the evidence is forgotten:
    `ihomer.kernels.rls.halve_evidence`. So evidence is that of 2 `horizon` rows at most: the covariance never winds up as with
    a forgetting factor, no direction is less sure than before anything was learned, none is surer than rounding bears.

    There are at most `columns` columns, given to inputs as they come. When all are given, inputs without one are left out;
    every 256 labelled rows those that were used more than twice as often as the least used inputs with a column take their
    columns, with weights of zero.

    In partial rows labels that are not known keep their weights; the covariance, shared by all, moves as for any row: an
    approximation that makes unknown labels learn a little more slowly.

    Parameters
    ----------
    columns
        Most inputs, the constant included.
    previous
        Whether the labels of the row before are inputs, too.
    horizon
        Labelled rows after which evidence is halved.

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
    >>> scores = RLS().block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (1, 40, 2)
    >>> scores[0, -2:].round(1)
    array([[ 2.3, -1.5],
           [-1.5,  2.3]], dtype=float32)
    """

    n_scores = 1

    def __init__(self, columns: int = 2000, *, previous: bool = False, horizon: int = 4096) -> None:
        for name, value, least, most in (("columns", columns, 2, 2**15), ("horizon", horizon, 1, 2**22)):
            if not least <= value <= most:
                raise ValueError(f"{name}: {value} found, {least} to {most} expected")
        self.columns = columns
        self.previous = previous
        self.horizon = horizon
        self.first_weights = np.array([0.1])
        self.P = np.ones((1, 1), np.float32)
        self.W = np.zeros((1, 0), np.float32)
        self.G = np.zeros((PENDING, 1), np.float32)
        self.E = np.zeros((PENDING, 0), np.float32)
        self.q = np.ones(PENDING, np.float32)
        #: Columns in use, most columns, rows pending.
        self.marks = np.array([1, columns, 0], np.int64)
        self.feature_columns = np.full(0, -1, np.int32)
        self.feature_usage = np.zeros(0, np.float32)
        self.label_columns = np.full(0, -1, np.int32)
        self.label_usage = np.zeros(0, np.float32)
        self.last = np.zeros(0, np.int32)  # labels of the last labelled row
        self.t = 0  # rows learned, labelled or not
        self.fresh = 0  # labelled rows since evidence was halved
        self.unreviewed = 0  # labelled rows since columns were given anew

    def block(self, views: Views, *, learn: bool) -> _F32:
        """Return scores, float32 (1, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        n_labels = rows.n_labels
        if learn:
            self.feature_columns = grown(self.feature_columns, (rows.n_features,), -1)
            self.feature_usage = grown(self.feature_usage, (rows.n_features,))
        if self.previous:
            self.label_columns = grown(self.label_columns, (n_labels,), -1)
            self.label_usage = grown(self.label_usage, (n_labels,))
        indptr, columns, values = self._as_columns(rows, learn=learn)
        self._grow(n_labels)
        out = np.zeros((1, len(rows), n_labels), np.float32)
        room = self.W.shape[1]
        rls_block(
            indptr, columns, values,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.P, self.W, self.G, self.E, self.q, np.arange(PENDING, dtype=np.int32), np.empty(PENDING, np.float32),
            self.marks, np.empty(room, np.float32), np.zeros(room, np.float32), learn, out[0],
        )  # fmt: skip
        regression_scores(rows.limits, out[0])
        if learn:
            self._learned(len(rows), int(np.count_nonzero(rows.status)))
        return out

    def _as_columns(self, rows: Rows, *, learn: bool) -> tuple[_Ints, npt.NDArray[np.int32], _F32]:
        """Return the rows as columns of the covariance; with `learn` new inputs are given some."""
        n = len(rows)
        before_indptr, before = np.zeros(n + 1, np.int64), np.zeros(0, np.int32)
        if self.previous:
            longest = max(int(np.diff(rows.label_indptr).max(initial=0)), len(self.last))
            before = np.empty(n * longest, np.int32)
            newest = rows_before(
                rows.label_indptr, rows.label_indices, rows.status, self.last, learn, before_indptr, before
            )  # fmt: skip
            if newest >= 0:
                self.last = rows.label_indices[rows.label_indptr[newest] : rows.label_indptr[newest + 1]].copy()
        room = n + int(rows.indptr[-1] - rows.indptr[0]) + int(before_indptr[-1])
        indptr, columns, values = np.empty(n + 1, np.int64), np.empty(room, np.int32), np.empty(room, np.float32)
        column_block(
            rows.indptr, rows.indices, rows.values, rows.status, before_indptr, before, PREVIOUS,
            self.feature_columns, self.feature_usage, self.label_columns, self.label_usage, self.marks, learn,
            indptr, columns, values,
        )  # fmt: skip
        return indptr, columns, values

    def _grow(self, n_labels: int) -> None:
        """Make room for the columns in use and for the labels."""
        n, has = int(self.marks[USED]), len(self.P)
        self.P = grown(self.P, (n, n), spare=TABLE)
        new = np.arange(has, len(self.P))
        self.P[new, new] = 1
        self.W = grown(self.W, (n, n_labels), spare=TABLE)
        self.G, self.E = grown(self.G, (PENDING, n), spare=TABLE), grown(self.E, (PENDING, n_labels), spare=TABLE)

    def _learned(self, rows: int, labelled: int) -> None:
        self.t += rows
        self.fresh += labelled
        self.unreviewed += labelled
        if not is_boundary(self.t):
            return
        if self.unreviewed >= REVIEW:
            self.unreviewed = 0
            if self.marks[USED] == self.columns:
                self._review()
        if self.fresh >= self.horizon:
            self.fresh = 0
            self._apply()
            n = int(self.marks[USED])
            halve_evidence(self.P, n, np.arange(n, dtype=np.int32), np.zeros((n, n), np.float32))
            self.feature_usage *= np.float32(0.5)
            self.label_usage *= np.float32(0.5)

    def _apply(self) -> None:
        """Let the pending rows go into covariance and weights."""
        order, share = np.arange(PENDING, dtype=np.int32), np.empty(PENDING, np.float32)
        apply_pending(self.P, self.W, self.G, self.E, self.q, order, share, self.marks)

    def _review(self) -> None:
        """Give the columns of inputs that are hardly used to those that are used far oftener and have none."""
        # Features first, then labels, as one list of inputs.
        d = len(self.feature_columns)
        columns = np.concatenate((self.feature_columns, self.label_columns))
        usage = np.concatenate((self.feature_usage, self.label_usage))
        have, wait = np.flatnonzero(columns >= 0), np.flatnonzero(columns < 0)
        have = have[np.argsort(usage[have], kind="stable")]
        wait = wait[np.argsort(-usage[wait], kind="stable")]
        n = min(len(have), len(wait))
        # The one list rises and the other falls: those that gain come first.
        gain = int(np.count_nonzero(usage[wait[:n]] > OFTENER * usage[have[:n]]))
        if not gain:
            return
        self._apply()
        given = columns[have[:gain]]
        columns[wait[:gain]] = given
        columns[have[:gain]] = -1
        self.feature_columns, self.label_columns = columns[:d], columns[d:]
        self.P[given] = 0
        self.P[:, given] = 0
        self.P[given, given] = 1
        self.W[given] = 0

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:  # noqa: ARG002
        """Let all labels learn as fast as at the start: the prior covariance again, weights kept.

        The covariance is shared, so reopening some labels reopens all.
        """
        self._apply()
        self.P[:] = np.eye(len(self.P), dtype=np.float32)
        self.fresh = 0

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others, as inputs too."""
        if self.previous:
            new = {int(old): i for i, old in enumerate(positions)}
            self.last = np.array([new[k] for k in self.last.tolist() if k in new], np.int32)
            gone = np.delete(self.label_columns, positions)
            self._drop(gone[gone >= 0])
            self.label_columns, self.label_usage = self.label_columns[positions], self.label_usage[positions]
        self.W = np.ascontiguousarray(self.W[:, positions])
        self.E = np.ascontiguousarray(self.E[:, positions])

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others, and the columns that they have."""
        positions = positions[positions < len(self.feature_columns)]
        gone = np.delete(self.feature_columns, positions)
        self._drop(gone[gone >= 0])
        self.feature_columns, self.feature_usage = self.feature_columns[positions], self.feature_usage[positions]

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, with the columns that are given."""
        columns = int(self.marks[USED])
        return 4 * (columns + 32) * (columns + n_labels) + 8 * (n_features + n_labels)

    def _drop(self, columns: npt.NDArray[np.int32]) -> None:
        """Give up columns: of a Gaussian they simply go."""
        if not len(columns):
            return
        n = int(self.marks[USED])
        kept = np.setdiff1d(np.arange(n), columns)
        becomes = np.full(n + 1, -1, np.int32)  # the last for inputs that have none
        becomes[kept] = np.arange(len(kept))
        self.feature_columns, self.label_columns = becomes[self.feature_columns], becomes[self.label_columns]
        self.P, self.W = self.P[np.ix_(kept, kept)], self.W[kept]
        self.G = np.ascontiguousarray(self.G[:, kept])
        self.marks[USED] = len(kept)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included.

        With c <= `columns` columns, d features, L labels: 4 c (c + L) + 128 (c + L) + 8 d, with `previous` 8 L more. While
        evidence is halved, 4 c^2 more for a moment.
        """
        arrays = (self.P, self.W, self.G, self.E, self.q, self.marks, self.last)
        inputs = (self.feature_columns, self.feature_usage, self.label_columns, self.label_usage)
        return sum(array.nbytes for array in (*arrays, *inputs))

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        n_columns, waiting = int(self.marks[USED]), int(self.marks[WAITING])
        return {
            "t": self.t,
            "fresh": self.fresh,
            "unreviewed": self.unreviewed,
            "last": self.last.copy(),
            "P": used(self.P, n_columns, n_columns),
            "W": used(self.W, n_columns, n_labels),
            "G": used(self.G, waiting, n_columns),
            "E": used(self.E, waiting, n_labels),
            "q": used(self.q, waiting),
            "feature_columns": used(self.feature_columns, n_features),
            "feature_usage": used(self.feature_usage, n_features),
            "label_columns": used(self.label_columns, n_labels),
            "label_usage": used(self.label_usage, n_labels),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.t, self.fresh, self.unreviewed, self.last = state["t"], state["fresh"], state["unreviewed"], state["last"]
        self.P, self.W = state["P"], state["W"]
        self.feature_columns, self.feature_usage = state["feature_columns"], state["feature_usage"]
        self.label_columns, self.label_usage = state["label_columns"], state["label_usage"]
        n, waiting = len(self.P), len(state["q"])
        self.G, self.E = np.zeros((PENDING, n), np.float32), np.zeros((PENDING, self.W.shape[1]), np.float32)
        self.q = np.ones(PENDING, np.float32)
        self.G[:waiting], self.E[:waiting], self.q[:waiting] = state["G"], state["E"], state["q"]
        self.marks[[USED, WAITING]] = n, waiting

    def invariants(self) -> None:
        """Check that the covariance is symmetric, positive definite and at most the prior."""
        n = int(self.marks[USED])
        assert n <= self.columns
        P = self.P[:n, :n].astype(np.float64)
        assert (P == P.T).all()
        values = np.linalg.eigvalsh(P)
        assert values[0] > 0, f"eigenvalue {values[0]}"
        assert values[-1] < 1 + 1e-4, f"eigenvalue {values[-1]}"
        taken = np.concatenate((self.feature_columns, self.label_columns))
        taken = taken[taken >= 0]
        assert sorted(taken.tolist()) == list(range(1, n))
        assert self.marks[MOST] == self.columns
