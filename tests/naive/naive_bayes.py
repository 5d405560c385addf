"""Naive Bayes, slowly and obviously: dicts and logarithms, one feature and one label at a time, in float64."""

from __future__ import annotations

import math
from collections import defaultdict

Sums = defaultdict[tuple[int, int], float]


class Sparse:
    """Multinomial shares over which features the rows of a label have."""

    def __init__(self, lines: int | None = None) -> None:
        self.lines = lines  # features whose ids are equal modulo this are one; None: none are
        self.pairs: Sums = defaultdict(float)
        self.features: defaultdict[int, float] = defaultdict(float)
        self.labels: defaultdict[int, float] = defaultdict(float)
        self.non_zeros = 0.0

    def line(self, j: int) -> int:
        return j if self.lines is None else j % self.lines

    def score(self, x: dict[int, float], label: int) -> float:
        if not self.labels[label]:
            return 0.0
        met = sum(n > 0 for n in self.features.values())
        total, n = 0.0, 0
        for j in map(self.line, x):
            if self.features[j]:
                everybody = (self.features[j] + 0.5) / (self.non_zeros + 0.5 * met)
                mine = (self.pairs[j, label] + 50 * everybody) / (self.labels[label] + 50)
                total += math.log(mine / everybody)
                n += 1
        return min(max(total / math.sqrt(n + 1), -6), 6)

    def learn(self, x: dict[int, float], held: set[int]) -> None:
        for j in map(self.line, x):
            self.features[j] += 1
            for label in held:
                self.pairs[j, label] += 1
        self.non_zeros += len(x)
        for label in held:
            self.labels[label] += len(x)

    def halve(self) -> None:
        for counts in (self.pairs, self.features, self.labels):
            for key in counts:
                counts[key] /= 2
        self.non_zeros /= 2

    def fold(self, lines: int) -> None:
        self.lines = lines
        pairs, features = self.pairs, self.features
        self.pairs, self.features = defaultdict(float), defaultdict(float)
        for (j, label), n in pairs.items():
            self.pairs[j % lines, label] += n
        for j, n in features.items():
            self.features[j % lines] += n


class Dense:
    """A normal distribution for every feature and label, and the standard one for everybody."""

    def __init__(self) -> None:
        self.sums: Sums = defaultdict(float)
        self.squares: Sums = defaultdict(float)
        self.rows: defaultdict[int, float] = defaultdict(float)
        self.met: set[int] = set()

    def root(self) -> float:
        return math.sqrt(max(len(self.met), 1))

    def score(self, x: dict[int, float], label: int) -> float:
        c = self.rows[label]
        if not c:
            return 0.0
        total = 0.0
        for j, value in x.items():
            if j in self.met:
                v = value * self.root()
                s = self.sums[j, label]
                mean = s / (c + 2)
                about = max(self.squares[j, label] - s * s / max(c, 1), 0.0)
                variance = (about + 5) / (c + 5)
                total += 0.5 * v * v - 0.5 * (v - mean) ** 2 / variance - 0.5 * math.log(variance)
        return min(max(total / self.root(), -6), 6)

    def learn(self, x: dict[int, float], held: set[int]) -> None:
        root = self.root()
        new = set()
        for j, value in x.items():
            new.add(j)
            for label in held:
                self.sums[j, label] += value * root
                self.squares[j, label] += (value * root) ** 2
        self.met |= new
        for label in held:
            self.rows[label] += 1

    def halve(self) -> None:
        for counts in (self.sums, self.squares, self.rows):
            for key in counts:
                counts[key] /= 2
