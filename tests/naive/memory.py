"""The experts that look back at stored rows, slowly and obviously: cosine memory and extra trees, one row at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass
class Stored:
    """A labelled row: features, labels that hold, labels whose truth is known, labels that held in the row before."""

    number: int
    x: dict[int, float]
    held: set[int]
    known: set[int] | None  # None: all
    before: set[int]


class Memory:
    """The last labelled rows, and which labels were unknown in the complete rows before they were first named."""

    def __init__(self) -> None:
        self.rows: list[Stored] = []
        self.count = 0
        self.since: dict[int, int] = {}
        self.last: set[int] = set()

    def enter(self, new: range, *, complete: bool) -> None:
        self.since |= dict.fromkeys(new, 0 if complete else self.count)

    def add(self, x: dict[int, float], held: set[int], known: set[int] | None) -> Stored:
        row = Stored(self.count, x, held, known, self.last)
        self.rows.append(row)
        self.last = held
        self.count += 1
        return row

    def knows(self, row: Stored, label: int) -> bool:
        if row.known is None:
            return row.number >= self.since.get(label, 0)
        return label in row.known


def soft(share: float) -> float:
    share = min(max(share, 0.01), 0.99)
    return 0.7 * math.log(share / (1 - share)) + 0.5


ZERO, ONE = np.float32(0), np.float32(1)


def inverse_length(x: dict[int, float]) -> np.float32:
    square = sum((np.float32(v) * np.float32(v) for v in x.values()), ZERO)
    return ONE / np.sqrt(square) if square > 0 else ZERO


class RowMemory:
    """Cosines with all stored rows, a sort, and sums.

    The cosines are summed in float32 in the order of the features: rows that are as good as equally near stand in the
    order in which the kernel has them.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.memory = Memory()

    def scores(self, x: dict[int, float], label: int) -> list[float]:
        rows = self.memory.rows[-self.size :][::-1]
        if not rows:
            return [0.0] * 5
        scale = inverse_length(x)
        cosines = [scale * sum((np.float32(v) * r.x[j] for j, v in x.items() if j in r.x), ZERO) for r in rows]
        near = [(max(0.001, float(cosine)), row) for cosine, row in zip(cosines, rows, strict=True)]
        best = [near[i] for i in np.argsort(-np.array(cosines), kind="stable")[:30]]  # at a tie the newest
        recent = [(0.95 ** (age + 1) * u**3, r) for age, (u, r) in enumerate(near[:60])]

        def share(weighted: list[tuple[float, Stored]], doubt: float) -> float | None:
            knowing = [(w, r) for w, r in weighted if self.memory.knows(r, label)]
            return sum(w for w, r in knowing if label in r.held) / (sum(w for w, _ in knowing) + doubt) if knowing else None

        u, nearest = best[0]
        sign = (1 if label in nearest.held else -1) if self.memory.knows(nearest, label) else 0
        voted = share(best[:10], 0.0)
        sharp = share([(u**6, r) for u, r in best], 0.02)
        lately = share(recent, 0.02)
        wide = share([(u**2, r) for u, r in best], 0.0)
        return [
            0.0 if voted is None else soft(voted),
            0.0 if sharp is None else soft(sharp),
            sign * 2 * u**3,
            0.0 if lately is None else 2 * lately - 1,
            0.0 if wide is None else soft(wide),
        ]

    def learn(self, x: dict[int, float], held: set[int], known: set[int] | None) -> None:
        scale = inverse_length(x)
        self.memory.add({j: scale * np.float32(v) for j, v in x.items()}, held, known)


class Draws:
    """SplitMix64 from a key, in Python's own integers."""

    def __init__(self, key: int) -> None:
        self.key, self.count = key, 0

    def draw(self, n: int) -> int:
        m = (1 << 64) - 1
        self.count += 1
        z = (self.key + self.count * 0x9E3779B97F4A7C15) & m
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & m
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & m
        z ^= z >> 31
        return ((z >> 32) * n) >> 32


class Node:
    """A leaf with its rows, the oldest first, or a split with two children."""

    def __init__(self, rows: list[Stored]) -> None:
        self.rows = rows
        self.attempt = max(5, len(rows) * 3 // 2 + 1)
        self.split: tuple[int, float] | None = None
        self.children: tuple[Node, Node] | None = None


def value(x: dict[int, float], before: set[int], feature: int) -> float:
    if feature >= 0:
        return x.get(feature, 0.0)
    return float(np.float32(0.3)) if -1 - feature in before else 0.0


class Tree:
    """One extra tree; splits and thresholds come from the same draws as the kernel's."""

    def __init__(self, key: int, proposals: int) -> None:
        self.draws = Draws(key)
        self.proposals = proposals
        self.root = Node([])
        self.root.attempt = 5

    def leaf(self, x: dict[int, float], before: set[int]) -> Node:
        node = self.root
        while node.children is not None:
            feature, threshold = node.split
            node = node.children[value(x, before, feature) > threshold]
        return node

    def share(self, memory: Memory, x: dict[int, float], before: set[int], label: int) -> float | None:
        knowing = [r for r in self.leaf(x, before).rows[-64:] if memory.knows(r, label)]
        return sum(label in r.held for r in knowing) / (len(knowing) + 0.5) if knowing else None

    def add(self, row: Stored) -> None:
        leaf = self.leaf(row.x, row.before)
        leaf.rows.append(row)
        if len(leaf.rows) < leaf.attempt:
            return
        leaf.attempt = len(leaf.rows) * 3 // 2 + 1
        found = self.best_split(leaf.rows)
        if found is not None:
            self.divide(leaf, found)

    def divide(self, node: Node, split: tuple[int, float]) -> None:
        sides: tuple[list[Stored], list[Stored]] = ([], [])
        for row in node.rows:
            sides[value(row.x, row.before, split[0]) > split[1]].append(row)
        node.split, node.children, node.rows = split, (Node(sides[0]), Node(sides[1])), []

    def rebuild(self, rows: list[Stored]) -> None:
        self.root = Node(list(rows))
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            found = self.best_split(node.rows) if len(node.rows) >= 5 else None
            if found is None:
                continue
            self.divide(node, found)
            left, right = node.children
            waiting += [left, right] if len(left.rows) >= len(right.rows) else [right, left]

    def best_split(self, rows: list[Stored]) -> tuple[int, float] | None:
        if all(row.held == rows[0].held for row in rows):
            return None
        best, best_score = None, -1.0
        for _ in range(self.proposals):
            split = self.propose(rows)
            if split is not None:
                score = self.judge(rows, *split)
                if score > best_score:
                    best, best_score = split, score
        return best

    def propose(self, rows: list[Stored]) -> tuple[int, float] | None:
        row = rows[self.draws.draw(len(rows))]
        features = [*sorted(row.x), *(-1 - k for k in sorted(row.before))]
        if not features:
            return None
        feature = features[self.draws.draw(len(features))]
        one = np.float32(value(row.x, row.before, feature))
        for _ in range(2):
            second = rows[self.draws.draw(len(rows))]
            other = np.float32(value(second.x, second.before, feature))
            if other != one:
                share = np.float32((self.draws.draw(65536) + 0.5) / 65536)
                return feature, float(one + (other - one) * share)
        return None

    def judge(self, rows: list[Stored], feature: int, threshold: float) -> float:
        looked = min(len(rows), 100)
        sides: tuple[list[Stored], list[Stored]] = ([], [])
        for q in range(looked):
            row = rows[q * len(rows) // looked]
            sides[value(row.x, row.before, feature) > threshold].append(row)
        if not sides[0] or not sides[1]:
            return -1.0
        score = 0.0
        for side in sides:
            labels = {k for row in side for k in row.held}
            score += sum(sum(k in row.held for row in side) ** 2 for k in labels) / len(side)
        return score / looked


class ExtraTrees:
    """A forest with its schedule: trees are grown anew at the boundaries of the stream."""

    def __init__(self, keys: list[int], proposals: int, rows: int, growth: float) -> None:
        self.trees = [Tree(key, proposals) for key in keys]
        self.due = [20 * growth ** (i / len(keys)) for i in range(len(keys))]
        self.rows, self.growth = rows, growth
        self.memory = Memory()

    def score(self, x: dict[int, float], label: int) -> float:
        shares = [tree.share(self.memory, x, self.memory.last, label) for tree in self.trees]
        said = [share for share in shares if share is not None]
        return soft(sum(said) / len(said)) if said else 0.0

    def learn(self, x: dict[int, float], held: set[int], known: set[int] | None) -> None:
        row = self.memory.add(x, held, known)
        for tree in self.trees:
            tree.add(row)

    def boundary(self) -> None:
        for i, tree in enumerate(self.trees):
            if self.memory.count < self.due[i]:
                continue
            while self.due[i] <= self.memory.count:
                self.due[i] += max(4.0, min((self.growth - 1) * self.due[i], self.rows / 2))
            tree.rebuild(self.memory.rows[-self.rows :])
