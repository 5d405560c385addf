"""The shape of an MLHAT: what is decided once in a few hundred rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ihomer.kernels.mlhat_pools import bytes_in_use, bytes_of_slot
from ihomer.kernels.mlhat_rows import REVIVE_BELOW, is_due
from ihomer.kernels.mlhat_split import best_cuts
from ihomer.kernels.mlhat_state import (
    ALARM,
    ALARMS,
    ALTERNATE,
    ATTEMPT,
    DEAF,
    DEPTH,
    FEATURE,
    LAST_SEEN,
    LEAF,
    LEFT,
    MAX_BYTES,
    NODE_TOP,
    NODES,
    PATH_LENGTH,
    PRUNED,
    RACE_LENGTH,
    RACE_OTHER,
    RACE_ROWS,
    RACE_SQUARES,
    RACE_SUM,
    REACHED,
    RIGHT,
    ROOT,
    ROWS,
    SEEN,
    SPLITS,
    SQUARE,
    SWAPS,
    THRESHOLD,
    Desk,
    Tree,
)
from ihomer.learners.mlhat_inherit import (
    drop_slots,
    drop_subtree,
    forget_observations,
    heir,
    inherit_window,
    new_leaf,
    slots_of,
    values_in_memory,
    window_of,
)

#: Rows that inherited label shares count for: in a child of a split, and in a leaf made because of a drift.
SPLIT_ROWS, DRIFT_ROWS = 200.0, 20.0


@dataclass(slots=True, frozen=True)
class Policy:
    """When the tree changes its shape.

    Parameters
    ----------
    delta, tau
        Of the Hoeffding bound of a split.
    quantile
        How many standard errors decide a race between a node and its alternate.
    race_limit
        An alternate that is neither better nor worse after so many tests makes no difference.
    max_nodes
        Bound on nodes, alternates included.
    cold_rows
        A leaf that no row has reached for so long may lose its observers when there is no room.
    """

    delta: float
    tau: float
    quantile: float
    race_limit: int
    max_nodes: int
    cold_rows: int


class Shaper:
    """Changes the shape of one tree after a row; `tree` is the tree as it is then.

    Parameters
    ----------
    tree, desk
        After the row: path, leaves and losses of the row stand on the desk.
    settings
        Of the kernels.
    policy
        See `Policy`.
    n_labels
        Labels there are after the row.
    """

    def __init__(
        self, tree: Tree, desk: Desk, settings: npt.NDArray[np.float64], policy: Policy, n_labels: int
    ) -> None:
        self.tree, self.desk, self.settings, self.policy, self.n_labels = tree, desk, settings, policy, n_labels
        self.path: list[int] = desk.path[: desk.report[PATH_LENGTH]].tolist()
        self.leaves: list[int] = desk.reached[: desk.report[REACHED]].tolist()

    def reshape(self) -> Tree:
        """Decide races, start alternates, split, keep to the byte bound; return the tree."""
        if not (self._decide_races() or self._start_alternate()):
            for leaf in self.leaves:
                if is_due(self.tree.nodes, self.tree.node_stats, self.settings, leaf):
                    self._try_split(leaf)
        self._keep_to_bytes()
        return self.tree

    def _decide_races(self) -> bool:
        """Test the alternates whose turn it is; return whether some leaves that the row reached are gone."""
        pruned = False
        for k, node in enumerate(self.path):
            stats = self.tree.node_stats[node]
            n = stats[RACE_ROWS]
            scored = self.desk.losses[k, SQUARE] >= 0
            if self.tree.nodes[node, ALTERNATE] < 0 or not scored or n % self.settings[RACE_LENGTH]:
                continue
            mean = stats[RACE_SUM] / n
            error = math.sqrt(max(stats[RACE_SQUARES] / n - mean * mean, 0.0) / n)
            if mean > self.policy.quantile * error:
                self._swap_in(node, self.path[k - 1] if k else -1)
                return True
            if mean < -self.policy.quantile * error or n >= self.policy.race_limit * self.settings[RACE_LENGTH]:
                self.tree = drop_subtree(self.tree, int(self.tree.nodes[node, ALTERNATE]))
                self.tree.nodes[node, ALTERNATE] = -1
                # What did not help a leaf (a split, mostly) is not tried again before it has seen as much once more.
                self.tree.node_stats[node, ATTEMPT] = 2.0 * self.tree.node_stats[node, SEEN]
                self.tree.counters[PRUNED] += 1
                pruned = True
        return pruned

    def _swap_in(self, node: int, parent: int) -> None:
        nodes = self.tree.nodes
        alternate = nodes[node, ALTERNATE]
        nodes[node, ALTERNATE] = -1
        if parent < 0:
            self.tree.counters[ROOT] = alternate
        else:
            nodes[parent, LEFT if nodes[parent, LEFT] == node else RIGHT] = alternate
        self.tree = drop_subtree(self.tree, node)
        self.tree.counters[SWAPS] += 1

    def _affordable(self, leaf: int, copies: int, nodes: int) -> bool:
        """Whether the bounds allow `copies` heirs of a leaf among `nodes` new nodes."""
        tree, m, window = self.tree, self.n_labels, self.tree.windows.shape[1]
        more = tree.counters.copy()
        more[:] = 0
        more[NODES] = nodes
        more_bytes = copies * len(slots_of(tree, [leaf])) * bytes_of_slot(m) + bytes_in_use(more, window, m)
        return bool(
            tree.counters[NODES] + nodes <= self.policy.max_nodes
            and bytes_in_use(tree.counters, window, m) + more_bytes < self.settings[MAX_BYTES]
        )

    def _start_alternate(self) -> bool:
        """Let an alternate grow beside the highest node whose loss rose; return whether one does."""
        alarmed = [node for k, node in enumerate(self.path) if self.desk.losses[k, ALARM]]
        if not alarmed:
            return False
        self.tree.counters[ALARMS] += 1
        leaf, node = self.leaves[0], alarmed[0]
        if not self._affordable(leaf, 1, 1):
            return False
        self.tree, new = heir(self.tree, leaf, int(self.tree.nodes[node, DEPTH]), DRIFT_ROWS, reopen=True)
        inherit_window(self.tree, new, window_of(self.tree, leaf))
        self._race(node, new)
        return True

    def _race(self, node: int, alternate: int) -> None:
        self.tree.nodes[node, ALTERNATE] = alternate
        self.tree.node_stats[node, RACE_ROWS : RACE_OTHER + 1] = 0

    def _try_split(self, leaf: int) -> None:
        """Split a leaf if its best cut is beyond the bound.

        A split in the foreground grows as an alternate of its leaf, so that it must prove itself; one inside an
        alternate, which must prove itself as a whole, is made in place.
        """
        tree = self.tree
        seen = tree.node_stats[leaf, SEEN]
        tree.node_stats[leaf, ATTEMPT] = seen
        if not self._affordable(leaf, 2, 3):
            return
        best = np.zeros(4)
        best_cuts(
            tree.nodes, tree.node_stats, tree.positives, tree.missing, tree.slots, tree.slot_stats, tree.pairs,
            tree.pair_stats, leaf, self.desk.labels, self.n_labels, best,
        )  # fmt: skip
        merit, cut, second = float(best[0]), float(best[2]), float(best[3])
        bound = math.sqrt(math.log(1.0 / self.policy.delta) / (2.0 * seen))
        if merit <= bound or (merit - second <= bound and bound >= self.policy.tau):
            return
        feature, depth = int(best[1]), int(tree.nodes[leaf, DEPTH])
        numbers = window_of(tree, leaf)
        values = values_in_memory(tree, numbers, feature)
        right = values > cut
        tree, left_child = heir(tree, leaf, depth + 1, SPLIT_ROWS, reopen=False)
        tree, right_child = heir(tree, leaf, depth + 1, SPLIT_ROWS, reopen=False)
        inherit_window(tree, left_child, numbers[~right])  # missing values too: which side is heavier shows later
        inherit_window(tree, right_child, numbers[right])
        if leaf == self.leaves[0]:
            tree, fork = new_leaf(tree, depth)
        else:
            tree, fork = drop_slots(tree, [leaf]), leaf
        tree.nodes[fork, [FEATURE, LEFT, RIGHT]] = feature, left_child, right_child
        tree.node_stats[fork, THRESHOLD] = cut
        tree.counters[SPLITS] += 1
        self.tree = tree
        if fork != leaf:
            self._race(leaf, fork)

    def _keep_to_bytes(self) -> None:
        """Take observers away where there is no room for them, the coldest leaf's first; give back where there is."""
        budget, window = self.settings[MAX_BYTES], self.tree.windows.shape[1]
        for leaf in self.leaves:
            if self.tree.nodes[leaf, FEATURE] != LEAF:
                continue
            in_use = bytes_in_use(self.tree.counters, window, self.n_labels)
            if self.tree.nodes[leaf, DEAF] and in_use < REVIVE_BELOW * budget:
                self.tree = forget_observations(self.tree, leaf)
                self.tree.nodes[leaf, DEAF] = 0
            while not self.tree.nodes[leaf, DEAF] and in_use >= budget:
                coldest = self._coldest_leaf()
                loser = leaf if coldest < 0 else coldest
                self.tree = forget_observations(self.tree, loser)
                self.tree.nodes[loser, DEAF] = 1
                in_use = bytes_in_use(self.tree.counters, window, self.n_labels)

    def _coldest_leaf(self) -> int:
        """Return the leaf with observers that no row has reached for longest, and for long; -1 if there is none."""
        nodes = self.tree.nodes[: self.tree.counters[NODE_TOP]]
        cold = np.flatnonzero(
            (nodes[:, FEATURE] == LEAF)
            & (nodes[:, DEAF] == 0)
            & (nodes[:, LAST_SEEN] < self.tree.counters[ROWS] - self.policy.cold_rows)
        )
        return int(cold[np.argmin(nodes[cold, LAST_SEEN])]) if len(cold) else -1
