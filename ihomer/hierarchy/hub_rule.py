"""When the tree changes, by hub pivots and fresh evidence: the rule of this project."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.arrays import grown
from ihomer.hierarchy.cooccurrence import FAINT, Doubles, Ints, Longs, Sight
from ihomer.hierarchy.events import Change

if TYPE_CHECKING:
    from ihomer.hierarchy.tree import ClusterTree

#: A test, or a look at all pairs, comes when what it rests on has grown by this share.
GROWTH = 0.1
#: Rows before the first look, and rows with a pair before the first test of a trial.
FIRST_LOOK, FIRST_TEST = 64, 16
#: Rounds of merges in one look; each can halve the number of clusters.
ROUNDS = 16


class HubRule:
    """Splits that are proposed from past rows and tested on the rows that follow; merges and moves.

    **Proposal.** Inside a cluster the label with most similarity and the heaviest one that is hardly similar to it are
    the pivots; the others follow in order of falling mass, and sweeps improve the sides
    (`ihomer.kernels.odac_hub.divide`). Or a tight core is told from a diffuse rest (`core`), if that promises more.
    Any cluster can be divided so, also one of independent labels: the best of 2^m divisions always looks good on the
    rows that chose it.

    **Trial.** So it is tested on rows that had no part in choosing it. On them the strength of association (odds of
    Jaccard similarity over those of independent labels) across the two sides is compared with the one within the
    tighter side (as past rows have it). The split is made when gain = 1 - across / within exceeds `min_gain`, beyond
    a Hoeffding bound: each row has a weight v, the co-occurrence in it, and a share across; the mean share must be
    below one half by more than eps = sqrt(ln(k (k + 1) / delta) / 2 n), n = (sum v)^2 / sum v^2, in the k-th test of
    the cluster. By the union bound over k the risk of ever splitting what should not be is at most `delta` a cluster,
    as far as rows are independent. Tests come when the rows with a pair have grown by 10%; a trial lasts as many rows
    as are remembered, then a split is proposed anew. What is made is the best proposal of that moment.

    **Merges** of any two clusters come when by all that is remembered the gain falls short of `min_gain`, beyond the
    bound, with n the rows that hold a label of the two; **moves** of single labels to a cluster that they belong to
    more, by the same comparison, with n the rows that hold the label, and `delta` shared among all labels and
    clusters. Both can be undone, so each look is a test by itself. n is (sum w)^2 / sum w^2 for fading weights w, in
    the proportion in which that stands to sum w over all rows. Looks at all pairs come when rows grew by 10% and at
    least twice as many pairs were counted as there are, so that they add a constant to the cost of a pair. A cluster
    with fewer than `min_size` labels alive joins its sibling.

    Parameters
    ----------
    delta, min_gain, min_size
        See `LabelHierarchy`.
    """

    def __init__(self, delta: float, min_gain: float, min_size: int) -> None:
        self.delta = delta
        self.min_gain = min_gain
        self.min_size = min_size
        self._tests: Longs = np.zeros(1, np.int64)
        #: Per node, the row at which its next proposal is due.
        self.until: Longs = np.zeros(1, np.int64)
        self._looked = 0

    @property
    def n_bytes(self) -> int:
        """Size of all arrays."""
        return self._tests.nbytes + self.until.nbytes

    def begin(self, tree: ClusterTree, leaves: list[int]) -> None:
        """Take note of new clusters."""
        self._tests = grown(self._tests, (len(tree.nodes),))
        self.until = grown(self.until, (len(tree.nodes),))
        self._tests[leaves] = 0
        self.until[leaves] = 0

    def restructure(self, tree: ClusterTree) -> list[Change]:
        """Make the splits whose trial succeeded; merge, move and propose at a look."""
        from ihomer.kernels.cooccurrence import RIPE, UPDATES, USED

        ticks, rows = tree.counts.ticks, tree.n_rows
        split = self._succeeded(tree) if ticks[RIPE] else []
        look = (
            ticks[UPDATES] >= 2 * ticks[USED] + tree.n_labels
            and ticks[USED] > 0
            and rows - self._looked >= FIRST_LOOK
            and rows - self._looked >= GROWTH * tree.counts.total
        )
        if not split and not look:
            return []
        if look:
            self._looked = rows
            ticks[UPDATES] = 0
        return _Look(self, tree, rows).act(split, look)

    def _succeeded(self, tree: ClusterTree) -> list[tuple[int, dict[str, float]]]:
        """Return the clusters whose trial passed its test, with eps, n and gain."""
        from ihomer.kernels.cooccurrence import DUE, PAIRED, RIPE, START
        from ihomer.kernels.odac_hub import ripe_leaves, trial_share

        trials = tree.trials.trials
        leaves = np.array(tree.nodes.leaves(), np.int32)
        ripe = np.empty(len(leaves), np.int32)
        passed = []
        for leaf in ripe[: ripe_leaves(leaves, trials, ripe)].tolist():
            self._tests[leaf] += 1
            trial = trials[leaf]
            share, n, ratio = trial_share(trial, tree.n_rows - trial[START], 1 - self.min_gain)
            eps = self.bound(n, int(self._tests[leaf]), 1)
            if share + eps < 0.5:
                passed.append((leaf, {"eps": eps, "n": n, "gain": 1 - ratio}))
            trial[DUE] = math.floor((1 + GROWTH) * trial[PAIRED]) + 1
        tree.counts.ticks[RIPE] = 0
        return passed

    def bound(self, n: float, k: int, choices: float) -> float:
        """Return Hoeffding's eps for n observations in the k-th test of any of so many choices."""
        return math.sqrt(math.log(max(1.0, choices) * k * (k + 1) / self.delta) / (2 * n)) if n > 0 else math.inf

    def state(self) -> dict[str, Any]:
        """Return what was learned as plain values and arrays."""
        return {
            "tests": self._tests.copy(),
            "until": self.until.copy(),
            "looked": self._looked,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self._tests, self.until = state["tests"].copy(), state["until"].copy()
        self._looked = state["looked"]


class _Look:
    """One look at all pairs, and what is done at it."""

    def __init__(self, rule: HubRule, tree: ClusterTree, rows: int) -> None:
        self.rule = rule
        self.tree = tree
        self.rows = rows
        self.sight: Sight = tree.counts.sight()
        # A label counts at least as one row: g = 1 / sqrt(n) of a faint one would drown all others.
        self.n: Doubles = np.maximum(self.sight.n, 1.0)
        self.total = max(self.sight.total, 1.0)
        self.place = np.full(tree.n_labels, -1, np.int8)
        self.pull = np.zeros(tree.n_labels)
        self.changes: list[Change] = []

    @property
    def pairs(self) -> tuple[Longs, Ints, Doubles, Doubles]:
        return self.sight.indptr, self.sight.ids, self.sight.weights, self.n

    def act(self, split: list[tuple[int, dict[str, float]]], look: bool) -> list[Change]:
        for leaf, statistics in split:
            self._split(leaf, statistics)
        if look:
            self._dissolve()
            self._merge()
            self._move()
            self._dissolve()
        self._propose()
        return self.changes

    def _divide(self, members: Ints) -> int:
        """Write the more promising of two proposals for a cluster to `place`; return its tighter side.

        -1 if neither promises the gain by what is remembered.
        """
        from ihomer.kernels.odac_hub import core, divide, hubs

        cluster_of, mass = self.tree.cluster_of, np.empty(len(members))
        self.place[members] = -1
        a, b, level = hubs(members, cluster_of, *self.pairs, self.total, mass)
        some = np.flatnonzero(mass)  # most labels of a large cluster have no mass at all: they need no sorting
        order = np.concatenate([some[np.argsort(-mass[some], kind="stable")], np.flatnonzero(mass == 0)])
        divide(members, order, cluster_of, *self.pairs, self.total, level, a, b, self.place)
        promise, tight = self._promise(members)
        halves = self.place[members]
        core(members, cluster_of, *self.pairs, self.total, 1 - self.rule.min_gain, self.pull, self.place)
        promise_of_core, tight_core = self._promise(members)
        if promise_of_core > promise:
            return tight_core
        self.place[members] = halves
        return tight if promise > 0 else -1

    def _promise(self, members: Ints) -> tuple[float, int]:
        """Return what the sides in `place` promise, and the tighter one.

        That is how far the share across is below one half, times the root of (a bound of) the rows with pairs.
        """
        from ihomer.kernels.odac_hub import cut_sums, inner_strength, pair_share

        alive = self.place[members[self.sight.n[members] >= FAINT]]
        if min((alive == 0).sum(), (alive == 1).sum()) < self.rule.min_size:
            return 0.0, -1
        sums = np.zeros((2, 7))
        across = cut_sums(members, self.place, self.tree.cluster_of, *self.pairs, self.total, sums)
        share = pair_share(sums, 0, 1, across, 1 - self.rule.min_gain)
        tight = int(inner_strength(sums, 1) > inner_strength(sums, 0))
        rows = min(sums[tight, 6], sums[tight, 3] ** 2 / (sums[tight, 4] + 2 * sums[tight, 5]))
        return max(0.0, 0.5 - share) * math.sqrt(rows), tight

    def _split(self, leaf: int, statistics: dict[str, float]) -> None:
        """Split along today's proposal: the trial has shown that there is a split, more rows show better where."""
        members = self.tree.members(leaf)
        if self._divide(members) < 0:
            return
        d = self.tree.dissimilarities(members, self.sight)
        statistics |= {key: d[key] for key in ("d0", "d1", "mean")}
        self.changes.append(self.tree.split(leaf, self.place[members] != self.place[members[0]], statistics))

    def _propose(self) -> None:
        """Begin a trial in every cluster whose last one is over."""
        from ihomer.kernels.odac_hub import begin_trial

        until, trials = self.rule.until, self.tree.trials
        leaves, labels, bounds = self.tree.grouped()
        for leaf, start, stop in zip(leaves, bounds[:-1], bounds[1:], strict=True):
            if until[leaf] > self.rows or stop - start < 2 * self.rule.min_size:
                continue
            members = labels[start:stop]
            tight = self._divide(members)
            if tight >= 0:
                begin_trial(
                    members, self.place, tight, self.n, leaf, self.rows, FIRST_TEST, trials.side, trials.g, trials.f,
                    trials.trials,
                )  # fmt: skip
                until[leaf] = self.rows + max(FIRST_LOOK, self.total)
            else:
                trials.side[members] = -1
                trials.trials[leaf] = 0.0

    def _dissolve(self) -> None:
        """Let clusters with too few labels alive join the largest cluster beside them."""
        alive = self.sight.n >= FAINT
        while len(leaves := self.tree.nodes.leaves()) > 1:
            sizes = np.bincount(self.tree.cluster_of[alive], minlength=len(self.tree.nodes))
            small = [leaf for leaf in leaves if sizes[leaf] < self.rule.min_size]
            if not small:
                return
            beside = self.tree.nodes.leaves(self.tree.nodes.sibling(small[0]))
            self._join(small[0], max(beside, key=lambda leaf: (sizes[leaf], -leaf)), {})

    def _join(self, leaf: int, into: int, statistics: dict[str, float]) -> None:
        change = self.tree.merge(leaf, into, statistics)
        self.rule.until[into] = 0
        d = self.tree.dissimilarities(change.members, self.sight)
        statistics |= {key: d[key] for key in ("d0", "d1", "mean")}
        self.changes.append(change)

    def _sums(self) -> Doubles:
        from ihomer.kernels.odac_hub import cluster_sums

        sums = np.zeros((len(self.tree.nodes), 6))
        cluster_sums(self.tree.cluster_of, *self.pairs, self.total, sums)
        return sums

    def _merge(self) -> None:
        """Merge clusters that are associated with each other nearly as much as within."""
        from ihomer.kernels.odac_hub import closest_clusters

        for _ in range(ROUNDS):
            leaves, labels, bounds = self.tree.grouped()
            count = len(leaves)
            if count < 2:
                return
            sums = self._sums()
            best, share, rows = np.empty(count, np.int32), np.empty(count), np.empty(count)
            closest_clusters(
                labels, bounds, np.array(leaves, np.int32), self.tree.cluster_of, *self.pairs, sums,
                1 - self.rule.min_gain, np.zeros(len(self.tree.nodes)), best, share, rows,
            )  # fmt: skip
            wanted = []
            for leaf, other, s, weight in zip(leaves, best.tolist(), share.tolist(), rows.tolist(), strict=True):
                n = self.sight.sample * weight
                eps = self.rule.bound(n, 1, 0.5)
                if other >= 0 and s - eps > 0.5:
                    wanted.append((eps - s, leaf, other, {"eps": eps, "n": n, "gain": 1 - self.rule.min_gain}))
            taken: set[int] = set()
            for _, leaf, other, statistics in sorted(wanted, key=lambda merge: merge[:3]):
                if not taken & {leaf, other}:
                    taken |= {leaf, other}
                    self._join(max(leaf, other), min(leaf, other), statistics)
            if not taken:
                return

    def _move(self) -> None:
        """Move labels that belong to another cluster more than to their own."""
        from ihomer.kernels.odac_hub import better_clusters

        count, size = len(self.tree.nodes.leaves()), self.tree.n_labels
        if count < 2:
            return
        best, share = np.empty(size, np.int32), np.empty(size)
        cluster_of = self.tree.cluster_of
        better_clusters(
            cluster_of, *self.pairs, self.total, self._sums(), 1 - self.rule.min_gain,
            np.zeros(len(self.tree.nodes)), best, share,
        )  # fmt: skip
        n = self.sight.sample * self.n
        bounds = self.rule.bound(1.0, 1, size * (count - 1.0) / 2) / np.sqrt(n)
        gone = np.flatnonzero((best >= 0) & (share + bounds < 0.5))
        for source, target in sorted(set(zip(cluster_of[gone].tolist(), best[gone].tolist(), strict=True))):
            labels = gone[(cluster_of[gone] == source) & (best[gone] == target)].astype(np.int32)
            i = labels[0]
            statistics = {"eps": float(bounds[i]), "n": float(n[i]), "gain": 1 - float(share[i] / (1 - share[i]))}
            self.changes.append(self.tree.move(labels, target, statistics))
