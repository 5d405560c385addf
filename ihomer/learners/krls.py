"""KernelRLS: kernel recursive least squares over a bounded dictionary of rows, for all labels at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, capacity, grown, used
from ihomer.blocks import is_boundary
from ihomer.kernels.krls import PREVIOUS, krls_block, regression_scores, rows_before
from ihomer.kernels.krls_reset import halve_evidence, invert, kernel_matrix, removal_errors, squared_lengths
from ihomer.kernels.row_store import COMPLETE, LABELS, N_HELD
from ihomer.learners.protocol import Views
from ihomer.learners.row_index import RowIndex
from ihomer.learners.row_store import RowStore
from ihomer.rows import Rows

#: Share of a full dictionary that makes room when evidence is halved.
RENEWED = 0.25
#: What the stack learned on streams other than those that are reported, sparse and dense. (Sparse, where the score
#: stands once more times how much is known of a label: -.46 and .48.)
FIRST_WEIGHTS = {False: (0.0,), True: (0.1,)}

_F64 = npt.NDArray[np.float64]


class KernelRLS:
    """One score of each label: Gaussian process regression on its truth, followed row by row.

    The kernel recursive least squares tracker of Van Vaerenbergh, Lazaro-Gredilla & Santamaria 2012, with the kernel
    (1 - mix) exp(-gamma |x - x'|^2) + mix x . x' on the row's features and .3 times the labels of the row before. Up to
    `size` rows that the others do not foretell are the dictionary; the covariance of the function there is shared by
    all labels, each has a mean. The score is 4 (clip(mean, -.3, 1.3) - .4).

    It never grows stiff and never winds up: every `horizon` labelled rows (at a boundary of the stream, `ihomer.blocks`)
    half of the evidence is forgotten exactly - the covariance then lies between what it was and the prior - and a full
    dictionary drops the quarter of its rows whose going would have changed the last predictions least (after section 4
    of the paper), so that it follows features that change. At the same time all rounding of the float32 updates since
    is undone by exact inverses in float64. So evidence is that of 2 `horizon` rows at most, for ever.

    In partial rows labels that are not known keep their means; the covariance, shared by all, moves as for any row: an
    approximation that makes unknown labels learn a little more slowly.

    Parameters
    ----------
    size
        Most rows of the dictionary. The cost of a row is about 3 size^2 + 2 size x labels multiplications.
    gamma, mix
        Of the kernel.
    horizon
        Labelled rows after which evidence is halved. Streams whose rows change gain much from a renewed dictionary
        (d20ng: micro-F1 .55 without, .57 with 8,192, .63 with 1,024), others lose nothing; less costs more.
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
    >>> scores = KernelRLS().block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (1, 40, 2)
    >>> scores[0, -2:].round(1)
    array([[ 2.3, -1.6],
           [-1.6,  2.3]], dtype=float32)
    """

    n_scores = 1

    def __init__(
        self, size: int = 300, *, gamma: float = 1.0, mix: float = 0.5, horizon: int = 1024, dense: bool = False
    ) -> None:
        for name, value, least in (("size", size, 4), ("horizon", horizon, 1)):
            if value < least:
                raise ValueError(f"{name}: {value} found, at least {least} expected")
        if not (gamma > 0 and 0 <= mix < 1):
            raise ValueError(f"gamma and mix: {gamma} and {mix} found, over 0 and 0 to below 1 expected")
        self.size = size
        self.gamma = np.float32(gamma)
        self.mix = np.float32(mix)
        self.horizon = horizon
        self.dense = dense
        self.first_weights: _F64 = np.array(FIRST_WEIGHTS[dense])
        self.store = RowStore(size)
        self.index = RowIndex(dense=dense)
        self.label_index = RowIndex(dense=False)
        self.Q = np.zeros((0, 0), np.float32)
        self.S = np.zeros((0, 0), np.float32)
        self.mu = np.zeros((0, 0), np.float32)
        self.norms = np.zeros(0, np.float32)
        self.usage = np.zeros(0, np.float32)  # of each row of the dictionary, since evidence was halved
        self.last = np.zeros(0, np.int32)  # labels of the last labelled row
        self.t = 0  # rows learned, labelled or not
        self.fresh = 0  # labelled rows since evidence was halved

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (1, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        before_indptr = np.empty(len(rows) + 1, np.int64)
        longest = int(np.diff(rows.label_indptr).max(initial=0))
        before = np.empty(len(rows) * max(longest, len(self.last)), np.int32)
        newest = rows_before(
            rows.label_indptr, rows.label_indices, rows.status, self.last, learn, before_indptr, before
        )  # fmt: skip
        before = before[: before_indptr[-1]]
        ones = np.full(len(before), PREVIOUS, np.float32)
        complete = np.full(len(rows), COMPLETE, np.uint8)
        if learn and len(self.store) < self.size:
            self._reserve(replace(rows, label_indptr=before_indptr, label_indices=before))
        self.mu = grown(self.mu, (len(self.mu), rows.n_labels))
        m, n_labels = len(self.norms), rows.n_labels
        out = np.zeros((1, len(rows), n_labels), np.float32)
        krls_block(
            rows.indptr, rows.indices, rows.values,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            before_indptr, before, ones, complete,
            self.index.arrays, self.label_index.arrays, self.store.arrays, self.dense, self.gamma, self.mix,
            self.Q, self.S, self.mu, self.norms, self.usage,
            np.empty(m, np.float32), np.empty(m, np.float32), np.empty(m, np.float32), np.empty(n_labels, np.float32),
            np.zeros(n_labels, np.float32), learn, out[0],
        )  # fmt: skip
        regression_scores(rows.limits, out[0])
        if learn:
            if newest >= 0:
                self.last = rows.label_indices[rows.label_indptr[newest] : rows.label_indptr[newest + 1]].copy()
            self.t += len(rows)
            self.fresh += int(np.count_nonzero(rows.status))
            if self.fresh >= self.horizon and is_boundary(self.t):
                self._halve()
        return out

    def _reserve(self, rows: Rows) -> None:
        """Make room for all of `rows`, with the labels before them, to enter the dictionary."""
        self.store.reserve(rows)
        m = min(self.size, len(self.store) + len(rows))
        self.index.reserve(rows.n_features, m, self.index.n_chunks + int(rows.indptr[-1] - rows.indptr[0]))
        self.label_index.reserve(rows.n_labels, m, self.label_index.n_chunks + len(rows.label_indices))
        if m > len(self.norms):
            room = min(capacity(m, len(self.norms), TABLE), self.size)
            self.Q, self.S, self.mu, self.norms, self.usage = (
                _of_length(self.Q, room, room), _of_length(self.S, room, room), _of_length(self.mu, room, self.mu.shape[1]),
                _of_length(self.norms, room), _of_length(self.usage, room),
            )  # fmt: skip

    def _prior(self) -> _F64:
        """Return the kernel matrix of the dictionary, jitter included."""
        m = len(self.store)
        K = np.empty((m, m), np.float64)
        labels = np.full(len(self.store.arrays.labels), PREVIOUS, np.float32)
        kernel_matrix(
            self.index.arrays, self.label_index.arrays, self.store.arrays, self.dense, labels, self.gamma, self.mix,
            self.norms, np.empty(m, np.float32), K,
        )  # fmt: skip
        return K

    def _halve(self) -> None:
        """Forget half of the evidence, let the least useful rows of a full dictionary go, and undo rounding."""
        self.fresh = 0
        if len(self.store) == self.size:
            self._select(self._useful())
        m = len(self.store)
        K = self._prior()
        S = self.S[:m, :m].astype(np.float64)
        S = (S + S.T) / 2
        work = np.empty_like(K)
        halve_evidence(S, K, work)
        invert(K, work)
        self.S[:m, :m], self.Q[:m, :m] = S, K
        self.usage[:] = 0

    def _useful(self) -> npt.NDArray[np.int64]:
        """Return the rows of the dictionary whose going would lose most: all but `RENEWED`."""
        m = len(self.store)
        error = np.empty(m, np.float64)
        removal_errors(self.Q, self.mu, self.usage, m, np.empty(self.mu.shape[1], np.float64), error)
        gone = np.argsort(error, kind="stable")[: int(m * RENEWED)]
        return np.setdiff1d(np.arange(m), gone)

    def _select(self, rows: npt.NDArray[np.int64]) -> None:
        """Keep these rows of the dictionary; of a Gaussian the others simply go."""
        m = len(rows)
        self.store.select(rows)
        Q, S, mu, norms = self.Q, self.S, self.mu, self.norms
        self.Q, self.S, self.mu, self.norms = np.zeros_like(Q), np.zeros_like(S), np.zeros_like(mu), np.zeros_like(norms)
        self.S[:m, :m] = S[np.ix_(rows, rows)]
        self.mu[:m], self.norms[:m] = mu[rows], norms[rows]
        self._index_anew()

    def _index_anew(self) -> None:
        positions = np.arange(len(self.store))
        self.index = RowIndex(dense=self.dense)
        self.index.put(*self.store.features(), positions)
        self.label_index = RowIndex(dense=False)
        spans, labels = self.store.arrays.spans[positions], self.store.arrays.labels
        indptr = np.zeros(len(positions) + 1, np.int64)
        np.cumsum(spans[:, N_HELD], out=indptr[1:])
        held = labels[np.repeat(spans[:, LABELS] - indptr[:-1], spans[:, N_HELD]) + np.arange(indptr[-1])]
        self.label_index.put(indptr, held, np.full(len(held), PREVIOUS, np.float32), positions)

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:  # noqa: ARG002
        """Let all labels learn as fast as at the start: the prior covariance again, means kept.

        The covariance is shared, so reopening some labels reopens all.
        """
        m = len(self.store)
        self.S[:m, :m] = self._prior()
        self.fresh = 0

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others, in the rows of the dictionary too."""
        new = {int(old): i for i, old in enumerate(positions)}
        self.last = np.array([new[k] for k in self.last.tolist() if k in new], np.int32)
        self.store.reserve_labels(self.mu.shape[1])
        self.mu = np.ascontiguousarray(self.mu[:, positions])
        self.store.keep(positions)
        squared_lengths(self.store.arrays, PREVIOUS, self.norms)
        self._index_anew()
        K = self._prior()
        invert(K, np.empty_like(K))
        self.Q[: len(K), : len(K)] = K

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others.

        Lengths and kernel matrix stay: what is gone counts as features that the rows of the dictionary do not share.
        """
        self.store.keep_features(positions)
        self._index_anew()

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, with the dictionary that is held."""
        m, (entries, _) = len(self.store), self.store.n_entries
        index = 4 * n_features * m if self.dense else 16 * n_features + 100 * entries
        return 8 * m * m + 4 * m * n_labels + 8 * m + self.store.needed(0) + index

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included (a quarter; of m an eighth, and never beyond `size`).

        With m <= size rows of z non-zeros and l labels before them, d features, L labels: 8 m^2 + 4 m L, rows
        m (48 + 8 z + 4 l), and their index: dense 4 d m, sparse 16 d and at most 100 m z.
        """
        arrays = (self.Q, self.S, self.mu, self.norms, self.usage, self.last)
        parts = (self.store, self.index, self.label_index)
        return sum(array.nbytes for array in arrays) + sum(part.n_bytes for part in parts)

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - the rows say what they have
        """Return everything that was learned as plain values and arrays."""
        m = len(self.store)
        return {
            "t": self.t,
            "fresh": self.fresh,
            "last": self.last.copy(),
            "store": self.store.state(n_labels),
            "Q": used(self.Q, m, m),
            "S": used(self.S, m, m),
            "mu": used(self.mu, m, n_labels),
            "norms": used(self.norms, m),
            "usage": used(self.usage, m),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.t, self.fresh, self.last = state["t"], state["fresh"], state["last"]
        self.store = RowStore.from_state(state["store"])
        self.Q, self.S, self.mu = state["Q"], state["S"], state["mu"]
        self.norms, self.usage = state["norms"], state["usage"]
        self._index_anew()

    def invariants(self) -> None:
        """Check that the covariance and the kernel matrix's inverse are what they say: symmetric and positive definite."""
        m = len(self.store)
        assert m <= self.size
        if m == 0:
            return
        K = self._prior()
        for name, matrix in (("S", self.S), ("Q", self.Q)):
            A = matrix[:m, :m].astype(np.float64)
            np.testing.assert_allclose(A, A.T, atol=1e-3 * np.abs(A).max(), err_msg=name)
            least = np.linalg.eigvalsh((A + A.T) / 2)[0]
            assert least > 0, f"{name} has the eigenvalue {least}"
        np.testing.assert_allclose(self.Q[:m, :m].astype(np.float64) @ K, np.eye(m), atol=0.1)
        # No direction is less sure than before anything was learned.
        assert np.linalg.eigvalsh(K - self.S[:m, :m].astype(np.float64))[0] > -1e-2


def _of_length(array: npt.NDArray[np.float32], *shape: int) -> npt.NDArray[np.float32]:
    """Return a copy with zeros at the ends."""
    return np.pad(array, [(0, n - has) for n, has in zip(shape, array.shape, strict=True)])
