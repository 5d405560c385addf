"""The kernel RLS tracker, slowly and obviously: dicts, numpy's linear algebra in float64, one row at a time."""

from __future__ import annotations

import math

import numpy as np

Row = tuple[dict[int, float], set[int]]  # features, labels of the row before


class KernelRLS:
    """The posterior over the dictionary: prior covariance K, covariance S, means mu."""

    def __init__(self, size: int, gamma: float, mix: float, horizon: int) -> None:
        self.size, self.gamma, self.mix, self.horizon = size, gamma, mix, horizon
        self.rows: list[Row] = []
        self.K = np.zeros((0, 0))
        self.S = np.zeros((0, 0))
        self.mu: dict[int, np.ndarray] = {}
        self.last: set[int] = set()
        self.fresh = 0
        self.usage = np.zeros(0)

    def kernel(self, a: Row, b: Row) -> float:
        dot = sum(v * b[0].get(j, 0.0) for j, v in a[0].items()) + 0.09 * len(a[1] & b[1])
        lengths = sum(v * v for r in (a, b) for v in r[0].values()) + 0.09 * (len(a[1]) + len(b[1]))
        return (1 - self.mix) * math.exp(-self.gamma * (lengths - 2 * dot)) + self.mix * dot

    def step(
        self, x: dict[int, float], labels: int, held: set[int], known: set[int] | None, *, labelled: bool
    ) -> list[float]:
        """Return the means of labels 0..labels - 1, then learn."""
        row = (x, self.last)
        k = np.array([self.kernel(row, other) for other in self.rows])
        q = np.linalg.solve(self.K, k) if self.rows else np.zeros(0)
        means = [float(q @ self._mean(label)) for label in range(labels)]
        if not labelled:
            return means
        h = self.S @ q
        own = self.kernel(row, row) + 0.001
        novelty = own - k @ q
        variance = max(novelty, 0.0) + q @ h
        self.usage = self.usage + q**2
        if len(self.rows) < self.size and novelty > 0.02:
            self.K = np.block([[self.K, k[:, None]], [k[None], own]])
            self.S = np.block([[self.S, h[:, None]], [h[None], variance]])
            self.mu = {label: np.append(self._mean(label), means[label]) for label in range(labels)}
            self.rows.append(row)
            h = np.append(h, variance)
            self.usage = np.append(self.usage, 1.0)
        for label in range(labels) if known is None else known:
            self.mu[label] = self._mean(label) + h * ((label in held) - means[label]) / (0.5 + variance)
        self.S = self.S - np.outer(h, h) / (0.5 + variance)
        self.last = held
        self.fresh += 1
        return means

    def _mean(self, label: int) -> np.ndarray:
        return self.mu.get(label, np.zeros(len(self.rows)))

    def boundary(self) -> None:
        if self.fresh < self.horizon:
            return
        self.fresh = 0
        if len(self.rows) == self.size:
            Q = np.linalg.inv(self.K)
            error = np.sqrt(self.usage) * sum((Q @ mu) ** 2 for mu in self.mu.values()) / np.diag(Q) ** 2
            kept = np.sort(np.argsort(error, kind="stable")[self.size // 4 :])
            self.rows = [self.rows[i] for i in kept]
            self.K, self.S = self.K[np.ix_(kept, kept)], self.S[np.ix_(kept, kept)]
            self.mu = {label: mu[kept] for label, mu in self.mu.items()}
        self.usage = np.zeros(len(self.rows))
        # Precision is the prior's and what the rows added: half of that stays.
        self.S = np.linalg.inv((np.linalg.inv(self.S) + np.linalg.inv(self.K)) / 2)


def score(mean: float) -> float:
    return 4 * (min(max(mean, -0.3), 1.3) - 0.4)
