"""MLHAT in plain Python: the obvious twin of the kernels and of the code that shapes the tree."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from tests.naive.adwin import NaiveADWIN
from tests.naive.mlhat_leaf import Leaf, Scaler, Stored

F = np.float32


class Node:
    def __init__(self, depth, leaf):
        self.depth, self.leaf = depth, leaf
        self.feature, self.cut, self.children = None, None, None
        self.passed = 0.0
        self.adwin = NaiveADWIN()
        self.alternate, self.race = None, []

    def child(self, x):
        v = x.get(self.feature, 0.0)
        if math.isnan(v):
            return self.children[0 if self.children[0].passed >= self.children[1].passed else 1]
        return self.children[0 if v <= self.cut else 1]


def poisson(seed, row):
    """Return SplitMix64 of seed and row as a Poisson(1) number."""
    mask = (1 << 64) - 1
    z = (seed + row * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    u = ((z ^ (z >> 31)) >> 11) / (1 << 53)
    k, term = 0, math.exp(-1)
    total = term
    while u >= total and k < 20:
        k += 1
        term /= k
        total += term
    return k


class NaiveMLHAT:
    """The tree over labels 0 .. n_labels - 1 of which those below a row's limit are born."""

    def __init__(
        self, n_labels, *, seed=0, grace_period=200, delta=1.66e-7, tau=0.05, neighbours=4, window=170, rate=1.0,
        bagging=False, drift_delta=0.002, alternate_rows=200, significance=0.05, max_depth=20,
    ):  # fmt: skip
        self.n_labels, self.seed, self.grace, self.delta, self.tau = n_labels, seed, grace_period, delta, tau
        self.k, self.window, self.rate, self.bagging = neighbours, window, rate, bagging
        self.drift_delta, self.race_rows, self.max_depth = drift_delta, alternate_rows, max_depth
        self.quantile = NormalDist().inv_cdf(1 - significance)
        self.rows = 0
        self.scaler = Scaler()
        self.memory, self.since = [], [0] * n_labels
        self.root = self.node(0, Leaf(n_labels))

    def node(self, depth, leaf):
        node = Node(depth, leaf)
        node.adwin.delta = self.drift_delta
        return node

    def nodes(self, node=None):
        node = node or self.root
        below = [*(node.children or ()), *([node.alternate] if node.alternate else ())]
        return [node, *(n for b in below for n in self.nodes(b))]

    def reach(self, x):
        path, alternates = [self.root], []
        while True:
            node = path[-1]
            other = node.alternate
            while other is not None and other.children:
                other = other.child(x)
            alternates.append(other)
            if not node.children:
                return path, alternates
            path.append(node.child(x))

    def ask(self, x, path, alternates, n_labels):
        """Return the predictions of all leaves reached, and those of every node on the path before its alternate's."""
        members = {
            id(node): node.leaf.predict(x, self.scaler, self.since, n_labels, self.memory, self.k)
            for node in (path[-1], *alternates)
            if node is not None
        }
        p = members[id(path[-1])][3].copy()
        own = []
        for node, other in reversed(list(zip(path, alternates, strict=True))):
            own.append(p.copy())
            if other is not None and len(node.race) >= self.race_rows:
                mine = sum(a for a, _ in node.race) / len(node.race) + 1e-6
                its = sum(b for _, b in node.race) / len(node.race) + 1e-6
                share = F(its * its / (mine * mine + its * its))
                p = share * p + (F(1) - share) * members[id(other)][3]
        return members, own[::-1], p

    def predict(self, x, limit):
        path, alternates = self.reach(x)
        return self.ask(x, path, alternates, limit)[2]

    def test_then_train(self, x, truth, complete, limit, next_limit):
        """Return the prediction of a row (dict feature -> float32), and learn it.

        `truth` maps the labels that are known to whether they hold; of a complete row, all below `next_limit`.
        """
        known = bool(truth)
        path, alternates = self.reach(x)
        for label in range(limit, next_limit):
            self.since[label] = 0 if complete and known else self.rows
            for node in self.nodes():
                leaf = node.leaf
                if leaf:
                    leaf.missing[label] = leaf.seen_partial if complete and known else leaf.seen
                    leaf.base[label] = 0.5 / leaf.base_weight
        members, own, p = self.ask(x, path, alternates, next_limit if known else limit)
        if known:
            self.learn(x, truth, complete, limit, next_limit, path, alternates, members, own)
        return p[:limit]

    def learn(self, x, truth, complete, n_scored, n_labels, path, alternates, members, own):
        self.rows += 1
        weight = float(poisson(self.seed, self.rows)) if self.bagging else 1.0
        reached = [path[-1], *(node for node in alternates if node is not None)]
        if weight > 0:
            row = Stored(x, {label: h for label, h in truth.items() if h or not complete}, complete, self.rows)
            self.memory = [*self.memory, row][-4 * self.window :]
            for node in reached:
                leaf = node.leaf
                leaf.learn(
                    x, truth, members[id(node)], self.scaler, weight, self.rate, n_labels, n_scored, not complete
                )
                leaf.window = [*leaf.window, row][-self.window :]
            for node in path:
                self.pass_on(node, x, weight)
        if self.scaler.learn(x):
            for node in self.nodes():
                if node.leaf:
                    for f in node.leaf.weights:
                        node.leaf.weights[f][:] = 0
                        node.leaf.squares[f][:] = 0
        self.watch(truth, n_scored, n_labels, path, alternates, reached, members, own)

    def pass_on(self, node, x, weight):
        node.passed += weight
        node = node.alternate
        while node:
            following = node.child(x) if node.children else None
            node.passed += weight
            node = following

    def watch(self, truth, n_scored, n_labels, path, alternates, reached, members, own):
        scored = [label for label in truth if label < n_scored]
        alarm, gone = None, False

        def square(p):
            return sum((float(p[label]) - truth[label]) ** 2 for label in scored) / len(scored)

        if scored:
            for node, other, p in zip(path, alternates, own, strict=True):
                wrong = sum((p[label] > 0.5) != truth[label] for label in scored) / len(scored)
                rose = node.adwin.update(wrong) == 1
                if other is not None:
                    node.race.append((square(p), square(members[id(other)][3])))
                elif rose and alarm is None:
                    alarm = node
            for k, node in enumerate(path):
                if node.alternate and len(node.race) % self.race_rows == 0:
                    verdict = self.verdict(node.race)
                    if verdict > 0:
                        self.swap(node, path[k - 1] if k else None)
                        return
                    if verdict < 0 or len(node.race) >= 10 * self.race_rows:
                        node.alternate, gone = None, True
                        if node.leaf:
                            node.leaf.attempt = 2 * node.leaf.seen
        if gone:
            return
        if alarm:
            source = path[-1].leaf
            leaf = source.heir(self.n_labels, 20.0, True)
            leaf.window = [row for row in source.window if row in self.memory]
            alarm.alternate, alarm.race = self.node(alarm.depth, leaf), []
            return
        for node in reached:
            leaf = node.leaf
            due = leaf.seen - leaf.attempt >= max(self.grace, 0.05 * leaf.seen)
            if due and leaf.mixed and not node.alternate and node.depth < self.max_depth:
                self.try_split(node, node is path[-1], n_labels)

    def verdict(self, race):
        gaps = [a - b for a, b in race]
        mean = sum(gaps) / len(gaps)
        variance = max(sum(g * g for g in gaps) / len(gaps) - mean * mean, 0.0)
        bound = self.quantile * math.sqrt(variance / len(gaps))
        return (mean > bound) - (mean < -bound)

    def swap(self, node, parent):
        alternate, node.alternate = node.alternate, None
        if parent is None:
            self.root = alternate
        else:
            parent.children = [alternate if child is node else child for child in parent.children]

    def try_split(self, node, foreground, n_labels):
        leaf = node.leaf
        leaf.attempt = leaf.seen
        merit, feature, cut, second = leaf.best_cut(n_labels)
        bound = math.sqrt(math.log(1 / self.delta) / (2 * leaf.seen))
        if merit <= bound or (merit - second <= bound and bound >= self.tau):
            return
        fork = self.node(node.depth, None) if foreground else node
        children = [self.node(node.depth + 1, leaf.heir(self.n_labels, 200.0, False)) for _ in range(2)]
        for row in leaf.window:
            if row in self.memory:
                children[row.x.get(feature, 0.0) > cut].leaf.window.append(row)
        fork.feature, fork.cut, fork.children = feature, cut, children
        if foreground:
            node.alternate, node.race = fork, []
        else:
            node.leaf = None
