"""When the tree changes, by the plain ODAC tests of the iHOMER paper."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown
from ihomer.hierarchy.cooccurrence import Doubles, Ints, Longs, Sight
from ihomer.hierarchy.events import Change

if TYPE_CHECKING:
    from ihomer.hierarchy.tree import ClusterTree


class OdacRule:
    """The tests of Rodrigues, Gama & Pedroso (2008), section 3, over 1 - Jaccard, as in iHOMER (2025).

    Every `period` rows each cluster is tested. With d1 and d2 the largest two dissimilarities in it, d0 the smallest
    and eps = sqrt(ln(1 / delta) / 2 n), n the rows since the cluster began (their faded weight where that is less), it
    is split if (d1 - d2 > eps or eps < tau) and (d1 - d0) |d1 + d0 - 2 mean| > eps; the first pair at d1 are the
    pivots, the other labels go to the nearer one. A split that leaves fewer labels on a side than the most common
    label set has is not made: the paper merges clusters below that size, and would have to merge it back at once.
    The children of a node become one cluster again if the diameter d1 of one of them exceeds the one that their
    parent had at the split by more than the larger of both bounds.

    Parameters
    ----------
    delta, tau, period
        See `LabelHierarchy`.
    """

    def __init__(self, delta: float, tau: float, period: int) -> None:
        self.delta = delta
        self.tau = tau
        self.period = period
        self._next = period
        self._born: Longs = np.zeros(1, np.int64)
        self._split_at: Doubles = np.zeros((1, 2))  # diameter and bound of inner nodes when they were split

    @property
    def n_bytes(self) -> int:
        """Size of all arrays."""
        return self._born.nbytes + self._split_at.nbytes

    def begin(self, tree: ClusterTree, leaves: list[int]) -> None:
        """Take note of new clusters."""
        self._born = grown(self._born, (len(tree.nodes),))
        self._split_at = grown(self._split_at, (len(tree.nodes), 2))
        self._born[leaves] = tree.n_rows

    def restructure(self, tree: ClusterTree) -> list[Change]:
        """Test every cluster, if that is due."""
        rows = tree.n_rows
        if rows < self._next:
            return []
        self._next = (rows // self.period + 1) * self.period
        sight = tree.counts.sight()
        changes: list[Change] = []
        for leaf in tree.nodes.leaves():
            # A leaf may be gone, or made anew, by what was done to its sibling.
            if leaf < len(tree.nodes) and tree.nodes.parent[leaf] != -2 and tree.nodes.is_leaf(leaf):
                changes += self._test(tree, leaf, sight)
        return changes

    def _test(self, tree: ClusterTree, leaf: int, sight: Sight) -> list[Change]:
        members = tree.members(leaf)
        n = min(float(tree.n_rows - self._born[leaf]), sight.total)
        if len(members) < 2 or n <= 0:
            return []
        eps = math.sqrt(math.log(1 / self.delta) / (2 * n))
        d = tree.dissimilarities(members, sight)
        statistics = {"d0": d["d0"], "d1": d["d1"], "mean": d["mean"], "eps": eps, "n": n}
        above = int(tree.nodes.parent[leaf])
        if above >= 0 and d["d1"] - self._split_at[above, 0] > max(eps, self._split_at[above, 1]):
            return [tree.collapse(above, {**statistics, "gain": float(d["d1"] - self._split_at[above, 0])})]
        gain = (d["d1"] - d["d0"]) * abs(d["d1"] + d["d0"] - 2 * d["mean"])
        if not ((d["d1"] - d["d2"] > eps or eps < self.tau) and gain > eps):
            return []
        side = self._sides(members, sight, int(d["a"]), int(d["b"]))
        if min(side.sum(), len(side) - side.sum()) < max(1, tree.counts.commonest_size()):
            return []
        self._split_at[leaf] = d["d1"], eps
        return [tree.split(leaf, side, {**statistics, "gain": gain})]

    def _sides(self, members: Ints, sight: Sight, a: int, b: int) -> npt.NDArray[np.bool_]:
        from ihomer.kernels.odac import nearest_pivot

        side = np.empty(len(members), np.int8)
        nearest_pivot(members, sight.indptr, sight.ids, sight.weights, sight.n, sight.known, a, b, side)
        return np.asarray(side != side[0])

    def state(self) -> dict[str, Any]:
        """Return what was learned as plain values and arrays."""
        return {"next": self._next, "born": self._born.copy(), "split_at": self._split_at.copy()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self._next = state["next"]
        self._born, self._split_at = state["born"].copy(), state["split_at"].copy()
