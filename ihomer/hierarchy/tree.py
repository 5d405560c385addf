"""The tree of clusters over label ids: counts, and splits, merges and moves as a rule decides them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept
from ihomer.hierarchy.cooccurrence import CoOccurrence, Ints, Longs, Sight, Trials
from ihomer.hierarchy.events import Change
from ihomer.hierarchy.nodes import FREE, Nodes

T = TypeVar("T", int, float)

#: `restructure` is called at every so many rows; what it tests is due more seldom.
STEP = 64


def check(name: str, value: T, low: float, high: float) -> T:
    """Return a number that is a parameter, if it lies from `low` to `high`; else ValueError."""
    if not isinstance(value, (int, float)) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}, found {value!r}")
    return value


class ClusterTree:
    """What `ihomer.hierarchy.LabelHierarchy` does, on arrays: labels are ids, rows come in CSR.

    `learn_rows` only counts. `restructure`, called at fixed places of the stream (every `STEP` labelled or unlabelled
    rows, by absolute row number, so that the size of batches changes nothing), tests and changes the tree; it
    returns at once when nothing is due.

    Parameters
    ----------
    rule, half_life, delta, min_gain, min_size, tau, period, max_pairs
        See `LabelHierarchy`.

    Attributes
    ----------
    nodes
        The shape of the tree; leaves are the clusters.
    counts
        The faded counts.

    Examples
    --------
    >>> import numpy as np
    >>> tree = ClusterTree()
    >>> tree.add_labels(4)
    >>> nothing = np.zeros(129, np.int64), np.empty(0, np.int32)
    >>> rows = np.arange(0, 258, 2), np.array([0, 1, 2, 3] * 64, np.int32), np.full(128, 2, np.uint8)
    >>> tree.learn_rows(*rows, *nothing)
    >>> tree.restructure()  # a split is proposed, and will be tested on rows to come
    []
    >>> tree.learn_rows(*rows, *nothing)
    >>> [(change.kind, change.before, change.after) for change in tree.restructure()]
    [('split', (0,), (1, 2))]
    >>> [members.tolist() for members in tree.clusters()]
    [[0, 1], [2, 3]]
    >>> tree.cluster_of
    array([1, 1, 2, 2], dtype=int32)
    """

    def __init__(
        self,
        rule: str = "hub",
        half_life: float = 2000.0,
        delta: float = 0.05,
        min_gain: float = 0.5,
        min_size: int = 2,
        tau: float = 0.1,
        period: int = 100,
        max_pairs: int = 1 << 20,
    ) -> None:
        from ihomer.hierarchy.hub_rule import HubRule
        from ihomer.hierarchy.odac_rule import OdacRule
        from ihomer.kernels.cooccurrence import COLUMNS

        if rule not in ("hub", "odac"):
            raise ValueError(f"rule must be 'hub' or 'odac', found {rule!r}")
        check("half_life", half_life, 1, math.inf)
        check("delta", delta, 1e-12, 0.5)
        check("min_gain", min_gain, 0.01, 0.99)
        check("min_size", min_size, 1, 1 << 20)
        check("tau", tau, 0, 1)
        check("period", period, 1, 1 << 40)
        check("max_pairs", max_pairs, 1 << 16, 1 << 30)
        self._parameters = {
            "rule": rule, "half_life": half_life, "delta": delta, "min_gain": min_gain, "min_size": min_size,
            "tau": tau, "period": period, "max_pairs": max_pairs,
        }  # fmt: skip
        self.counts = CoOccurrence(half_life, max_pairs)
        self.nodes = Nodes()
        self.rule: HubRule | OdacRule = (
            HubRule(delta, min_gain, min_size) if rule == "hub" else OdacRule(delta, tau, period)
        )
        self.n_labels = 0
        self._cluster_of: Ints = np.zeros(8, np.int32)
        self._sizes: Longs | None = None  # as `cluster_sizes`, until the tree changes
        self._side: npt.NDArray[np.int8] = np.full(8, -1, np.int8)
        self._g, self._f = np.zeros(8), np.zeros(8)
        self._trials = np.zeros((1, COLUMNS))
        self._sums = np.zeros((1, 5))

    @property
    def cluster_of(self) -> Ints:
        """int32, shape (n_labels,): the number of the cluster of each label; a view that changes with the tree.

        The number of a cluster stays as long as it exists and is given out again later.
        """
        return self._cluster_of[: self.n_labels]

    @property
    def cluster_sizes(self) -> Longs:
        """int64: how many labels each cluster has, by its number, up to the last cluster; O(labels) after a change only."""
        if self._sizes is None:
            self._sizes = np.bincount(self.cluster_of, minlength=1)
        return self._sizes

    @property
    def trials(self) -> Trials:
        """What the clusters have on trial."""
        size = self.n_labels
        return Trials(
            self._cluster_of[:size], self._side[:size], self._g[:size], self._f[:size], self._trials, self._sums
        )

    @property
    def n_rows(self) -> int:
        """Labelled rows learned so far."""
        from ihomer.kernels.cooccurrence import ROWS

        return int(self.counts.ticks[ROWS])

    def members(self, leaf: int) -> Ints:
        """Return the labels of a cluster, ascending."""
        return np.flatnonzero(self.cluster_of == leaf).astype(np.int32)

    def grouped(self) -> tuple[list[int], Ints, Longs]:
        """Return the leaves, ascending, all labels grouped by leaf, and where each group begins and the last ends."""
        leaves = self.nodes.leaves()
        order = np.argsort(self.cluster_of, kind="stable")
        bounds = np.searchsorted(self.cluster_of[order], [*leaves, len(self.nodes)])
        return leaves, order.astype(np.int32), bounds.astype(np.int64)

    def clusters(self) -> list[Ints]:
        """Return the labels of every cluster, each ascending, in order of their smallest labels."""
        _, labels, bounds = self.grouped()
        groups = [labels[a:b] for a, b in pairwise(bounds.tolist()) if a < b]
        return sorted(groups, key=lambda group: int(group[0]))

    def sizes(self) -> tuple[list[int], list[int]]:
        """Return the clusters from left to right, and how many labels each has; O(labels)."""
        leaves = [node for node, _ in self.nodes.walk() if self.nodes.is_leaf(node)]
        counts = np.bincount(self.cluster_of, minlength=len(self.nodes))
        return leaves, counts[leaves].tolist()

    def add_labels(self, n: int) -> None:
        """Add `n` labels at the end of the label space.

        They enter the largest cluster, that with most labels (the smaller number of two), which is the only one at
        first and later the one of labels of which little is known; they are moved when their co-occurrence shows
        where they belong.
        """
        if n <= 0:
            return
        home = int(self.cluster_sizes.argmax()) if self.n_labels else self.nodes.leaves()[0]
        self._sizes = self._sizes if self.n_labels else None
        self.n_labels += n
        self._cluster_of = grown(self._cluster_of, (self.n_labels,))
        self._side = grown(self._side, (self.n_labels,), -1)
        self._g = grown(self._g, (self.n_labels,))
        self._f = grown(self._f, (self.n_labels,))
        self._cluster_of[self.n_labels - n : self.n_labels] = home
        if self._sizes is not None:
            self._sizes[home] += n
        self.counts.add_labels(n)

    def keep(self, positions: Longs) -> None:
        """Keep the labels at `positions` (ascending), drop the others, and clusters of which none is left."""
        self._cluster_of = kept(self._cluster_of, positions)
        self._side = kept(self._side, positions, fill=-1)
        self._g, self._f = kept(self._g, positions), kept(self._f, positions)
        self.n_labels = len(positions)
        self._sizes = None
        self.counts.keep(positions)
        sizes = np.bincount(self.cluster_of, minlength=len(self.nodes))
        while len(leaves := self.nodes.leaves()) > 1 and (empty := [leaf for leaf in leaves if not sizes[leaf]]):
            # A leaf beside it takes its place in the tree; no label changes its cluster.
            self._trials[empty[0]] = 0.0
            self.nodes.remove(empty[0])

    def needed(self, n_labels: int) -> int:
        """Return the bytes that so many labels take, with the pairs that are counted."""
        return 21 * n_labels + self.counts.needed(n_labels)

    def learn_rows(
        self,
        label_indptr: Longs,
        label_indices: Ints,
        status: npt.NDArray[np.uint8],
        known_indptr: Longs,
        known_indices: Ints,
    ) -> None:
        """Count the rows; arrays as in `ihomer.rows.Rows`, all ids below `n_labels`. UNLABELLED rows teach nothing."""
        self.counts.learn_rows(label_indptr, label_indices, status, known_indptr, known_indices, self.trials)

    def restructure(self) -> list[Change]:
        """Test what is due; split, merge and move; return the changes in their order."""
        return self.rule.restructure(self)

    def split(self, leaf: int, right: npt.NDArray[np.bool_], statistics: dict[str, float]) -> Change:
        """Give a cluster two children; `right`, shape (its labels,), says which labels go to the second."""
        labels = self.members(leaf)
        one, other = self.nodes.split(leaf)
        self._trials = grown(self._trials, (len(self.nodes), self._trials.shape[1]))
        self._sums = grown(self._sums, (len(self.nodes), 5))
        self._put(labels, np.where(right, other, one))
        self._end_trials([leaf], labels)
        self.rule.begin(self, [one, other])
        return Change(self.n_rows, "split", (leaf,), (one, other), labels, statistics)

    def merge(self, leaf: int, into: int, statistics: dict[str, float]) -> Change:
        """Put the labels of one cluster into another one, wherever it stands, and take the first out of the tree."""
        self._put(self.members(leaf), into)
        self.nodes.remove(leaf)
        labels = self.members(into)
        self._end_trials([leaf, into], labels)
        return Change(self.n_rows, "merge", (leaf, into), (into,), labels, statistics)

    def collapse(self, node: int, statistics: dict[str, float]) -> Change:
        """Merge all clusters below a node into one, which gets the number of the node."""
        leaves = self.nodes.leaves(node)
        labels = np.flatnonzero(np.isin(self.cluster_of, leaves)).astype(np.int32)
        self._put(labels, node)
        self.nodes.collapse(node)
        self._end_trials(leaves, labels)
        self.rule.begin(self, [node])
        return Change(self.n_rows, "merge", tuple(leaves), (node,), labels, statistics)

    def move(self, labels: Ints, into: int, statistics: dict[str, float]) -> Change:
        """Put labels of one cluster into another one; trials go on without them."""
        source = int(self._cluster_of[labels[0]])
        self._put(labels, into)
        self._side[labels] = -1
        return Change(self.n_rows, "move", (source,), (into,), labels, statistics)

    def _put(self, labels: Ints, clusters: int | npt.NDArray[np.integer[Any]]) -> None:
        self._cluster_of[labels] = clusters
        self._sizes = None

    def _end_trials(self, leaves: list[int], labels: Ints) -> None:
        self._side[labels] = -1
        self._trials[leaves] = 0.0

    def draw(
        self,
        names: Sequence[object],
        format: str = "text",  # noqa: A002
        *,
        width: int = 100,
        max_clusters: int = 24,
    ) -> str:
        """Return a picture of the tree; `names` are the labels', the rest is told in `LabelHierarchy.draw`."""
        from ihomer.hierarchy.drawing import sketch
        from ihomer.hierarchy.svg import svg
        from ihomer.hierarchy.text import text

        root = sketch(self, names, check("max_clusters", max_clusters, 1, 1000))
        if format == "text":
            return text(root, self.n_rows, check("width", width, 40, 1000))
        if format == "svg":
            return svg(root, self.n_rows)
        raise ValueError(f"format must be 'text' or 'svg', found {format!r}")

    def dissimilarities(self, labels: Ints, sight: Sight) -> dict[str, float]:
        """Return d0, d1, d2, mean and the pivots (see `ihomer.kernels.odac.diameters`) of labels of one cluster."""
        from ihomer.kernels.odac import diameters

        out = np.zeros(6)
        if len(labels) > 1:
            diameters(
                labels, self.cluster_of, sight.indptr, sight.ids, sight.weights, sight.n, sight.known, out
            )
        return dict(zip(("d0", "d1", "d2", "mean", "a", "b"), out.tolist(), strict=True))

    @property
    def n_bytes(self) -> int:
        """Size of all arrays."""
        arrays = (self._cluster_of, self._side, self._g, self._f, self._trials, self._sums)
        return sum(array.nbytes for array in arrays) + self.nodes.n_bytes + self.counts.n_bytes + self.rule.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything as a dict of plain values, arrays and such dicts; `from_state` takes it up."""
        size = self.n_labels
        return {
            "parameters": dict(self._parameters),
            "cluster_of": self._cluster_of[:size].copy(),
            "side": self._side[:size].copy(),
            "g": self._g[:size].copy(),
            "f": self._f[:size].copy(),
            "trials": self._trials.copy(),
            "nodes": self.nodes.state(),
            "counts": self.counts.state(),
            "rule": self.rule.state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> ClusterTree:
        """Return the tree of which `state` tells; to continue it equals never having stopped."""
        tree = cls(**state["parameters"])
        tree.set_state(state)
        return tree

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` of a tree with the same parameters returned."""
        self.n_labels, self._sizes = len(state["cluster_of"]), None
        self._cluster_of, self._side = state["cluster_of"].copy(), state["side"].copy()
        self._g, self._f, self._trials = state["g"].copy(), state["f"].copy(), state["trials"].copy()
        self._sums = np.zeros((len(self._trials), 5))
        self.nodes.set_state(state["nodes"])
        self.counts.set_state(state["counts"])
        self.rule.set_state(state["rule"])

    def invariants(self) -> None:
        """Raise AssertionError if the parts contradict each other (for tests)."""
        leaves = self.nodes.leaves()
        assert set(self.cluster_of.tolist()) <= set(leaves)
        for node, _ in self.nodes.walk():
            if not self.nodes.is_leaf(node):
                assert all(self.nodes.parent[child] == node for child in self.nodes.children[node])
        assert int((self.nodes.parent != FREE).sum()) == 2 * len(leaves) - 1
        assert self._trials.shape[0] >= len(self.nodes)
        assert not self._sums[:, 4].any()
        assert self.cluster_sizes.tolist() == np.bincount(self.cluster_of, minlength=1).tolist()
