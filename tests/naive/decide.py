"""Slow, obvious twins of the decisions: one row at a time, everything computed anew from what was seen.

`predict(p)` gets the probabilities of the labels that there are; `learn(p, predicted, held, known)` the truth, where
`known` is None for complete rows; labels beyond len(p) came with the row.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product

import numpy as np


class Empties:
    """Whether label sets are hardly ever empty."""

    def __init__(self) -> None:
        self.rows, self.empty = 0.0, 0.0

    def rare(self) -> bool:
        return self.empty <= 0.02 * self.rows

    def learn(self, held: set[int], known: set[int] | None) -> None:
        if known is None:
            self.rows = 0.9995 * self.rows + 1
            self.empty = 0.9995 * self.empty + (not held)


class MacroF1:
    """Half of the best F1 of every label."""

    def __init__(self) -> None:
        self.hits: dict[int, float] = {}
        self.mass: dict[int, float] = {}
        self.empties = Empties()

    def threshold(self, k: int) -> float:
        return max(0.05, self.hits.get(k, 0.5) / self.mass.get(k, 2.0))

    def predict(self, p: np.ndarray) -> set[int]:
        shares = [float(q) / self.threshold(k) for k, q in enumerate(p)]
        over = {k for k, share in enumerate(shares) if share > 1}
        if not over and len(p) and self.empties.rare():
            over = {int(np.argmax(shares))}
        return over

    def learn(self, p: np.ndarray, predicted: set[int], held: set[int], known: set[int] | None) -> None:
        for k in set(range(len(p))) | held if known is None else known:
            m = ((k in held) + (float(p[k]) if k < len(p) else 0.0)) / 2
            self.hits[k] = 0.999 * self.hits.get(k, 0.5) + m * (k in predicted) + 0.5e-6
            self.mass[k] = 0.999 * self.mass.get(k, 2.0) + m + (k in predicted) + 2e-6
        self.empties.learn(held, known)


def size_distribution(p) -> np.ndarray:
    """P(so many of independent labels hold), 65 sizes, the last for all from it on."""
    whole = np.ones(1)
    for q in p:
        whole = np.convolve(whole, [1 - q, q])
    sizes = np.zeros(65)
    for size, share in enumerate(whole):
        sizes[min(size, 64)] += share
    return sizes


class Sizes:
    """How much more often each size is true than expected."""

    def __init__(self) -> None:
        self.true, self.expected = np.full(65, 0.5), np.full(65, 0.5)

    def learn(self, size: int, expected: np.ndarray) -> None:
        self.true = 0.999 * self.true + 1e-6
        self.expected = 0.999 * self.expected + 1e-6 + expected
        self.true[size] += 1

    def ratio(self) -> np.ndarray:
        return self.true / self.expected


def expected_f1(p: np.ndarray, ratio: np.ndarray) -> tuple[list[float], float]:
    """Expected F1 of the k first labels, k = 1..n, and of none; P(labels) = independent times ratio of their number."""
    n = len(p)
    total = float(size_distribution(p)[: n + 1] @ ratio[: n + 1])
    delta = np.zeros((n, n + 1))  # P(label holds, size c)
    for i in range(n):
        others = size_distribution(np.delete(p, i))
        delta[i, 1:] = p[i] * others[:n] * ratio[1 : n + 1] / total
    sizes = np.arange(1, n + 1)
    values = [2 * float((delta[:k, 1:] / (k + sizes)).sum()) for k in range(1, n + 1)]
    return values, float(np.prod(1 - p)) * ratio[0] / total


@cache
def every_set(n: int) -> tuple[np.ndarray, np.ndarray]:
    """All sets of n labels as rows of 0 and 1, and the F1 of each (row) for each (column)."""
    sets = np.array(list(product([0, 1], repeat=n))).reshape(-1, n)
    both, sizes = sets @ sets.T, sets.sum(1)
    total = sizes[:, None] + sizes
    return sets, np.where(total > 0, 2 * both / np.maximum(total, 1), 1.0)


def best_f1_of_all(p: np.ndarray, ratio: np.ndarray) -> tuple[float, float]:
    """The largest expected F1 of any set that is not empty, and that of the empty one, by looking at all."""
    sets, f1 = every_set(len(p))
    weights = np.prod(np.where(sets == 1, p, 1 - p), axis=1) * ratio[sets.sum(1)]
    values = f1 @ (weights / weights.sum())
    return float(values[1:].max()), float(values[0])


class ExampleF1:
    """The set with the largest expected F1."""

    def __init__(self) -> None:
        self.sizes, self.empties = Sizes(), Empties()
        self.labels = 0.0

    def best(self, p: np.ndarray) -> list[int]:
        most = max(24, int(2 * self.labels / max(self.empties.rows, 1)))
        possible = [k for k in range(len(p)) if p[k] > np.float32(0.005)]
        return sorted(possible, key=lambda k: (-p[k], k))[: min(most, 64)]

    def predict(self, p: np.ndarray) -> set[int]:
        best = self.best(p)
        if not best:
            return set()
        values, empty = expected_f1(np.clip(p[best].astype(float), 1e-6, 1 - 1e-6), self.sizes.ratio())
        if empty > max(values) and not self.empties.rare():
            return set()
        return set(best[: int(np.argmax(values)) + 1])

    def learn(self, p: np.ndarray, _: set[int], held: set[int], known: set[int] | None) -> None:
        if known is not None:
            return
        best = self.best(p)
        expected = size_distribution(np.clip(p[best].astype(float), 1e-6, 1 - 1e-6))
        self.sizes.learn(min(len(held), len(best)), expected)
        self.empties.learn(held, known)
        self.labels = 0.9995 * self.labels + len(held)


class SeenSets:
    """The likeliest of the seen sets and of the labels over one half."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.seen: list[frozenset[int]] = []
        self.counts: list[float] = []
        self.last: frozenset[int] | None = None
        self.sizes = Sizes()
        self.w, self.squares = np.array([0.85, 0.25, 0.1, 0.57, -1.0]), np.ones(5)

    def candidates(self, p: np.ndarray) -> list[tuple[float, frozenset[int], np.ndarray]]:
        """(score, set, features) of the ten best seen sets, best first, then of the labels over one half, if unseen."""
        q = np.clip(p.astype(float), 0.001, 0.999)
        ratio = np.log(self.sizes.ratio())

        def scored(labels, count, unseen):
            fit = sum(math.log(q[k] / (1 - q[k])) for k in labels)
            f = [fit, math.log(max(count, 0.02)), labels == self.last, ratio[len(labels)], unseen]
            return float(self.w @ f), labels, np.array(f, float)

        best = sorted((scored(s, c, 0) for s, c in zip(self.seen, self.counts, strict=True)), key=lambda c: -c[0])[:10]
        mode = frozenset(np.flatnonzero(q > 0.5).tolist())
        if mode not in self.seen and len(mode) <= 64:
            best.append(scored(mode, 0, 1))
        return best

    def predict(self, p: np.ndarray) -> set[int]:
        return set(max(self.candidates(p), key=lambda c: c[0])[1])

    def learn(self, p: np.ndarray, _: set[int], held: set[int], known: set[int] | None) -> None:
        if known is not None:
            return
        truth, candidates = frozenset(held), self.candidates(p)
        if truth in [labels for _, labels, _ in candidates]:
            scores = np.array([score for score, _, _ in candidates])
            shares = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
            features = np.array([f for _, _, f in candidates])
            g = features[[labels for _, labels, _ in candidates].index(truth)] - shares @ features
            self.squares = 0.9999 * self.squares + 0.0001 + g * g
            self.w = self.w + 0.05 * g / np.sqrt(self.squares)
            self.w[:2] = np.maximum(self.w[:2], 0)
        q = np.clip(p.astype(float), 0.001, 0.999)
        self.sizes.learn(min(len(held), 64), size_distribution(q[q > 0.01]))
        self.counts = [0.999 * c for c in self.counts]
        self.last = None
        if len(truth) > 64:
            return
        if truth not in self.seen:
            if len(self.seen) < self.most:
                self.seen.append(truth)
                self.counts.append(0.0)
            else:
                coldest = int(np.argmin(self.counts))
                self.seen[coldest], self.counts[coldest] = truth, 0.0
        self.counts[self.seen.index(truth)] += 1
        self.last = truth


class Choice:
    """Which rule to follow, from everything that all rules ever predicted."""

    def __init__(self, n_rules: int, target: str) -> None:
        self.n_rules, self.target = n_rules, target
        self.past: list[tuple[list[set[int]], set[int], set[int] | None]] = []
        self.n_labels = 0

    def worth(self, rule: int) -> float:
        total = mass = 0.0
        labels: dict[int, list[float]] = {}
        for age, (predictions, held, known) in enumerate(reversed(self.past)):
            fade = 0.9995**age
            predicted = predictions[rule] if known is None else predictions[rule] & known
            both = len(predicted & held)
            sizes = len(predicted) + len(held)
            for k in predicted | held:
                counts = labels.setdefault(k, [0.0, 0.0])
                counts[0] += 2 * fade * (k in predicted and k in held)
                counts[1] += fade * ((k in predicted) + (k in held))
            total += fade * {
                "micro_f1": 2 * both,
                "example_f1": 2 * both / sizes if sizes else 1,
                "subset_accuracy": predicted == held,
                "hamming": -len(predicted ^ held),
                "macro_f1": 0,
            }[self.target]
            mass += fade * (sizes if self.target == "micro_f1" else 1)
        if self.target == "macro_f1":
            return sum(hits / mass for hits, mass in labels.values()) / max(self.n_labels, 1)
        return total / mass if mass else 0.0

    def rule(self) -> int:
        if not self.past:
            return 0
        worths = [self.worth(rule) for rule in range(self.n_rules)]
        lead = 4 / sum(0.9995**age for age in range(len(self.past)))
        best = max(range(self.n_rules), key=lambda rule: (worths[rule], -rule))
        return best if worths[best] > worths[0] + lead else 0


def calibration_error(cells: list[tuple[float, bool]]) -> float:
    """Expected calibration error of (probability, truth), 15 bins."""
    p, y = np.array([c[0] for c in cells], float), np.array([c[1] for c in cells], float)
    bins = np.minimum((p * 15).astype(int), 14)
    return sum(abs(p[bins == b].mean() - y[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
