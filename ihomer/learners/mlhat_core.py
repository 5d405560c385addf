"""MLHAT: the multi-label Hoeffding adaptive tree of one cluster of labels, on arrays."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ihomer.kernels import mlhat_state as at
from ihomer.kernels.mlhat_rows import advance
from ihomer.kernels.mlhat_scale import UNDECIDED_ROWS
from ihomer.learners.mlhat_arrays import (
    grow,
    new_desk,
    new_tree,
    tree_from_state,
    tree_state,
    with_features,
    with_labels,
)
from ihomer.learners.mlhat_columns import regroup, start_labels
from ihomer.learners.mlhat_inherit import new_leaf
from ihomer.learners.mlhat_structure import Policy, Shaper
from ihomer.rows import Rows
from streams.vocabulary import Vocabulary

#: Rows kept for all leaves together, in windows: a leaf's own window is complete if it saw a quarter of the stream.
MEMORY_WINDOWS = 4
#: A leaf is tested again when it has grown by this share, so that tests cost a bounded share of the time.
GROWTH = 0.05
#: An alternate that is neither better nor worse after so many tests makes no difference.
RACE_LIMIT = 10


class MLHATCore:
    """Multi-label Hoeffding adaptive tree for some of a stream's labels (Esteban, Cano, Zafra & Ventura 2024).

    The tree splits on the information gain of a multivariate Bernoulli process under a Hoeffding bound whose
    range is that of the merit (`ihomer.kernels.mlhat_split`), replaces subtrees whose loss rises by alternates, and
    predicts in its leaves with the nearest label sets and logistic regressions. Where it is not the published method:

    - A leaf does not choose its model by rows seen (750) and entropy (.3). Logistic regression, label-set vote of the k
      nearest rows of its window, and the last label set are all asked, and weighted by 1 / loss^4. One
      logistic regression replaces ten bagged ones: scaled inputs, AdaGrad steps, the log-odds of the label's running
      share as offset.
    - Rows have weight 1; `bagging` brings Poisson(1) weights back (a row of weight 0 is not learned). On single trees
      they cost accuracy.
    - A split grows as an alternate of its leaf: it comes in if a paired test finds it better than the leaf, and
      goes if it finds it worse. So a tree is no worse than its own root leaf by more than noise. Children
      inherit the leaf's model, its label shares and the rows of its window that are theirs.
    - An alarm counts only if the loss rose, and gets the row's own loss, not a running mean.

    Parameters
    ----------
    columns
        int32, ascending: the label ids it is responsible for.
    seed
        Of the Poisson weights (SplitMix64 of seed and row); without `bagging` nothing is drawn.
    grace_period
        Rows that a leaf sees between two tests for a split (from 4,000 rows on: a twentieth of its rows).
    delta
        One minus the confidence of a split.
    tau
        Below this Hoeffding bound two features count as equally good; a share of the leaf's entropy, as the merit.
    neighbours, window
        Neighbours that vote, among the last rows that a leaf saw.
    rate
        AdaGrad's step of the logistic regressions.
    bagging
        Whether rows get Poisson(1) weights.
    drift_delta
        The `delta` of the ADWIN on every node's Hamming loss.
    alternate_rows
        Rows between two tests of an alternate, and before its predictions count.
    significance
        Of those tests (one-sided, of the paired differences of the mean squared errors).
    max_depth, max_nodes
        Bounds of the tree, alternates included. At the bound no leaf splits and no alternate grows.
    max_bytes
        Bound on the bytes in use by nodes, weights and observers (`n_bytes` adds the room to grow, and
        what does not depend on the tree: the moments of the features and the last rows). At the bound no leaf splits,
        no alternate grows, new features get no weights, and the leaf that no row has reached for longest loses its
        observers until there is room (if all leaves are in use: the one that needs it).

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.rows import Rows
    >>> none = np.zeros(0, np.int32)
    >>> rows = Rows(
    ...     indptr=np.array([0, 1, 1, 2, 2]), indices=np.array([0, 0], np.int32), values=np.ones(2, np.float32),
    ...     label_indptr=np.array([0, 1, 2, 3, 4]), label_indices=np.array([0, 1, 0, 1], np.int32),
    ...     status=np.full(4, 2, np.uint8), known_indptr=np.zeros(5, np.int64), known_indices=none,
    ...     limits=np.full(5, 2, np.int32), n_features=1, n_labels=2)
    >>> core = MLHATCore(np.array([0, 1], np.int32), seed=1)
    >>> out = np.zeros((4, 2), np.float32)
    >>> core.test_then_train(rows, np.zeros(1, np.uint8), out)
    >>> out[0]
    array([0.25, 0.25], dtype=float32)
    """

    def __init__(
        self,
        columns: npt.NDArray[np.int32],
        *,
        seed: int = 0,
        grace_period: int = 200,
        delta: float = 1.66e-7,
        tau: float = 0.05,
        neighbours: int = 4,
        window: int = 170,
        rate: float = 1.0,
        bagging: bool = False,
        drift_delta: float = 0.002,
        alternate_rows: int = 200,
        significance: float = 0.05,
        max_depth: int = 20,
        max_nodes: int = 255,
        max_bytes: int = 256 << 20,
    ) -> None:
        self.columns = np.array(columns, np.int32)
        self.parameters: dict[str, Any] = {
            "seed": seed, "grace_period": grace_period, "delta": delta, "tau": tau, "neighbours": neighbours,
            "window": window, "rate": rate, "bagging": bagging, "drift_delta": drift_delta,
            "alternate_rows": alternate_rows, "significance": significance, "max_depth": max_depth,
            "max_nodes": max_nodes, "max_bytes": max_bytes,
        }  # fmt: skip
        _check(self.parameters)
        self._settings = _settings(self.parameters)
        self._policy = Policy(
            delta=delta,
            tau=tau,
            quantile=NormalDist().inv_cdf(1.0 - significance),
            race_limit=RACE_LIMIT,
            max_nodes=max_nodes,
            cold_rows=grace_period,
        )
        tree = new_tree(len(self.columns), window, MEMORY_WINDOWS * window)
        self._tree, _ = new_leaf(tree, depth=0)
        start_labels(self._tree, np.arange(len(self.columns)))
        self._desk = self._new_desk(0)

    def test_then_train(
        self,
        rows: Rows,
        kinds: npt.NDArray[np.uint8],  # noqa: ARG002
        out: npt.NDArray[np.float32],
    ) -> None:
        """Write the probability of each of its labels to `out[i, columns]` before learning row i.

        Parameters
        ----------
        rows
            n rows. Those of which no label of `columns` is known are only predicted.
        kinds
            Not asked: the values of a feature show whether it is the indicator of a category.
        out
            float32, (n, at least rows.n_labels); 0 for a label that is not in the label space when its row comes.
        """
        self._tree = with_features(self._tree, rows.n_features)
        self._run(rows, out, learn=True)

    def predict(
        self,
        rows: Rows,
        kinds: npt.NDArray[np.uint8],  # noqa: ARG002
        out: npt.NDArray[np.float32],
    ) -> None:
        """Write probabilities as `test_then_train` does; nothing changes."""
        self._run(rows, out, learn=False)

    def _run(self, rows: Rows, out: npt.NDArray[np.float32], *, learn: bool) -> None:
        mine = rows.of_labels(self.columns)
        longest = int(np.diff(rows.indptr).max(initial=0))
        # Features of the first rows may be centred from then on.
        fresh = UNDECIDED_ROWS if learn and self._tree.counters[at.ROWS] < UNDECIDED_ROWS else 0
        entries = longest * (1 + fresh) + int(self._tree.counters[at.CENTRED])
        done, reason = 0, -1
        while reason != at.DONE:
            self._fit_desk(entries)
            done = advance(
                self._tree, self._desk, self._settings, self.columns, mine.indptr, mine.indices, mine.values,
                mine.label_indptr, mine.label_indices, mine.status, mine.known_indptr, mine.known_indices, mine.limits,
                done, learn, out,
            )  # fmt: skip
            reason = int(self._desk.report[at.REASON])
            if reason == at.EVENT:
                shaper = Shaper(self._tree, self._desk, self._settings, self._policy, int(mine.limits[done]))
                self._tree = shaper.reshape()
            elif reason != at.DONE:
                self._tree = grow(self._tree, reason)

    def _fit_desk(self, entries: int) -> None:
        desk, tree = self._desk, self._tree
        if (
            entries > len(desk.z)
            or len(tree.moments) != len(desk.query)
            or tree.positives.shape[1] != len(desk.truth)
        ):
            self._desk = self._new_desk(max(entries, len(desk.z)))

    def _new_desk(self, entries: int) -> at.Desk:
        return new_desk(self._tree, self.parameters["max_depth"] + 2, entries, self.parameters["neighbours"])

    def add_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Take on more labels: unknown in all rows so far, except that one born in a complete row was absent."""
        ids = np.sort(np.asarray(ids, np.int32))
        n = len(self.columns)
        if np.isin(ids, self.columns).any():
            raise ValueError(f"columns {ids[np.isin(ids, self.columns)].tolist()} are there already")
        columns = np.concatenate((self.columns, ids))
        if n == 0 or not len(ids) or ids[0] > self.columns[-1]:
            self._tree = with_labels(self._tree, len(columns))
            start_labels(self._tree, np.arange(n, len(columns)))
        else:
            order = np.argsort(columns)
            columns = columns[order]
            self._tree = regroup(self._tree, np.where(order < n, order, -1))
        self.columns = columns

    def renumber(self, becomes: npt.NDArray[np.int32], names: Vocabulary) -> None:  # noqa: ARG002
        """Follow labels that are numbered anew."""
        self.columns = becomes[self.columns]

    def keep_columns(self, ids: npt.NDArray[np.int32]) -> None:
        """Keep these of its labels and drop the rest; what it says of those kept does not change."""
        ids = np.sort(np.asarray(ids, np.int32))
        where = np.searchsorted(self.columns, ids)
        if not np.isin(ids, self.columns).all():
            raise ValueError(f"columns {ids[~np.isin(ids, self.columns)].tolist()} are not there")
        self._tree = regroup(self._tree, where.astype(np.int64))
        self.columns = ids

    def copy(self) -> Self:
        """Return an independent copy."""
        return self.from_state(self.state())

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow and working room included."""
        arrays = (*self._tree, *self._desk, self._settings, self.columns)
        return sum(array.nbytes for array in arrays)

    @property
    def summary(self) -> dict[str, int]:
        """Numbers on the tree: nodes and splits, alarms, alternates swapped in and pruned, rows learned."""
        counters = self._tree.counters
        names = {
            "rows": at.ROWS, "nodes": at.NODES, "splits": at.SPLITS, "alarms": at.ALARMS, "swaps": at.SWAPS,
            "pruned": at.PRUNED,
        }  # fmt: skip
        return {name: int(counters[i]) for name, i in names.items()}

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays without room to grow."""
        return {
            "parameters": dict(self.parameters),
            "columns": self.columns.copy(),
            "tree": tree_state(self._tree, len(self.columns)),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the core that `state` was taken from."""
        core = cls(state["columns"], **state["parameters"])
        core._tree = tree_from_state(state["tree"])
        return core


def _settings(p: dict[str, Any]) -> npt.NDArray[np.float64]:
    settings = np.zeros(at.SETTINGS)
    settings[at.SEED] = p["seed"] % (1 << 32)  # what a float64 holds exactly
    settings[at.BAGGING] = p["bagging"]
    settings[at.GRACE] = p["grace_period"]
    settings[at.GROWTH] = GROWTH
    settings[at.RATE] = p["rate"]
    settings[at.DRIFT_DELTA] = p["drift_delta"]
    settings[at.RACE_LENGTH] = p["alternate_rows"]
    settings[at.MAX_DEPTH] = p["max_depth"]
    settings[at.MAX_BYTES] = p["max_bytes"]
    return settings


def _check(p: dict[str, Any]) -> None:
    for name in ("grace_period", "neighbours", "window", "alternate_rows", "max_nodes"):
        if p[name] < 1:
            raise ValueError(f"{name} must be at least 1, found {p[name]!r}")
    for name in ("delta", "drift_delta"):
        if not 0 < p[name] < 1:
            raise ValueError(f"{name} must lie between 0 and 1, found {p[name]!r}")
    if not 0 < p["significance"] <= 0.5:
        raise ValueError(f"significance must lie in (0, .5], found {p['significance']!r}")
    for name in ("tau", "rate", "max_depth", "max_bytes"):
        if not (p[name] >= 0 and math.isfinite(p[name])):
            raise ValueError(f"{name} must be finite and not negative, found {p[name]!r}")
