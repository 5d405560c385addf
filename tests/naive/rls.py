"""Recursive least squares, slowly and obviously: named inputs, numpy in float64, the covariance by its formula, row by row."""

from __future__ import annotations

import numpy as np

#: The constant; features are ("x", j), labels of the row before ("y", k).
Input = tuple[str, int]
ONE: Input = ("1", 0)


class RLS:
    """Covariance and weights over the inputs that have a column, in the order in which they got one."""

    def __init__(self, columns: int, *, previous: bool, horizon: int) -> None:
        self.most, self.previous, self.horizon = columns, previous, horizon
        self.inputs = [ONE]
        self.P = np.eye(1)
        self.W: dict[int, np.ndarray] = {}
        self.used: dict[Input, float] = {}
        self.last: set[int] = set()
        self.fresh = self.unreviewed = 0

    def row(self, x: dict[int, float]) -> dict[Input, float]:
        before = {("y", k): 0.3 for k in sorted(self.last)} if self.previous else {}
        return {ONE: 1.0, **{("x", j): v for j, v in x.items()}, **before}

    def step(self, x: dict[int, float], labels: int, held: set[int], known: set[int] | None, *, labelled: bool) -> list[float]:
        """Return the regressions of labels 0..labels - 1, then learn."""
        row = self.row(x)
        if labelled:
            for name in row:
                self.used[name] = self.used.get(name, 0.0) + 1
                if name not in self.inputs and len(self.inputs) < self.most:
                    self._extend(name)
        u = np.array([row.get(name, 0.0) for name in self.inputs])
        y = [float(self._weights(k) @ u) for k in range(labels)]
        if labelled:
            g = self.P @ u
            q = 1 + u @ g
            for k in range(labels) if known is None else known:
                self.W[k] = self._weights(k) + g * ((k in held) - y[k]) / q
            self.P = self.P - np.outer(g, g) / q
            self.last = held
            self.fresh += 1
            self.unreviewed += 1
        return y

    def _weights(self, k: int) -> np.ndarray:
        return self.W.get(k, np.zeros(len(self.inputs)))

    def _extend(self, name: Input) -> None:
        self.W = {k: np.append(w, 0.0) for k, w in self.W.items()}
        self.inputs.append(name)
        n = len(self.P)
        self.P = np.block([[self.P, np.zeros((n, 1))], [np.zeros((1, n)), np.ones((1, 1))]])

    def boundary(self) -> None:
        if self.unreviewed >= 256:
            self.unreviewed = 0
            if len(self.inputs) == self.most:
                self._review()
        if self.fresh >= self.horizon:
            self.fresh = 0
            self.P = 0.999 * (2 * self.P - self.P @ self.P) + 0.001 * np.eye(len(self.P))
            self.used = {name: n / 2 for name, n in self.used.items()}

    def _review(self) -> None:
        def order(name: Input) -> tuple[str, int]:  # features before labels
            return name

        have = sorted(self.inputs[1:], key=lambda name: (self.used[name], order(name)))
        wait = sorted((n for n in self.used if n not in self.inputs), key=lambda name: (-self.used[name], order(name)))
        for old, new in zip(have, wait, strict=False):
            if self.used[new] > 2 * self.used[old]:
                at = self.inputs.index(old)
                self.inputs[at] = new
                self.P[at] = self.P[:, at] = 0
                self.P[at, at] = 1
                for w in self.W.values():
                    w[at] = 0
