"""The shared experts, slowly and obviously: scaling, AROW, stack, F1 threshold, in float64 numpy, one row at a time."""

from __future__ import annotations

import math

import numpy as np


class Scaler:
    """Keeps all rows, and computes every scale anew from them."""

    def __init__(self, regime: int) -> None:
        self.regime = regime
        self.rows: list[dict[int, float]] = []

    def met(self) -> list[int]:
        return sorted({j for row in self.rows for j, v in row.items() if not math.isnan(v)})

    def scale(self, row: dict[int, float]) -> dict[int, float]:
        row = dict(row)
        if self.regime == 0:
            out = {}
            for j, v in row.items():
                if not math.isnan(v):
                    seen = [abs(r[j]) for r in self.rows if j in r and not math.isnan(r[j])]
                    out[j] = v / max([abs(v), *seen])
            norm = math.sqrt(sum(v * v for v in out.values()))
            return {j: v / norm for j, v in out.items()}
        met = self.met()
        out = {}
        for j in met:
            values = [r.get(j, 0.0) for r in self.rows]
            values = np.array([v for v in values if not math.isnan(v)])
            v = row.get(j, 0.0)
            if math.isnan(v) or not len(values) or values.std() < 1e-9 * (1 + abs(values).max()):
                continue
            s = (v - values.mean()) / values.std()
            out[j] = min(max(s, -4.0), 4.0) / math.sqrt(len(met))
        return out

    def rarity(self, scaled: dict[int, float]) -> dict[int, float]:
        """The scaled row with values weighted by how rare their features were, at unit length; dense rows as they are."""
        if self.regime == 1:
            return scaled
        had = {j: 1 + sum(j in r and not math.isnan(r[j]) for r in self.rows) for j in scaled}
        weighted = {j: v * (math.log((len(self.rows) + 2) / had[j]) + 0.1) for j, v in scaled.items()}
        norm = math.sqrt(sum(v * v for v in weighted.values()))
        return {j: v / norm for j, v in weighted.items()}

    def observe(self, row: dict[int, float]) -> None:
        self.rows.append(row)


class AROW:
    """One weight vector per label as a dict; figure 1 of the paper with a diagonal covariance that fades back to 1."""

    def __init__(self, r: float, first: float) -> None:
        self.r, self.first = r, first
        self.w: dict[tuple[int, int], float] = {}
        self.s: dict[tuple[int, int], float] = {}

    def born(self, label: int, like: int = -1) -> None:
        """Let a label begin as one that never held, which is learned as label -1."""
        for cells in (self.w, self.s):
            for j, k in list(cells):
                if k == like:
                    cells[j, label] = cells[j, k]

    def margin(self, x: dict[int, float], label: int) -> float:
        bias = self.w.get((-1, label), self.first)
        return bias + sum(v * self.w.get((j, label), 0.0) for j, v in x.items())

    def learn(self, x: dict[int, float], label: int, y: int, margin: float) -> None:
        if 1 - y * margin <= 0:
            return
        x = {-1: 1.0, **x}
        v = sum(xj * xj * self.s.get((j, label), 1.0) for j, xj in x.items())
        beta = 1 / (v + self.r)
        for j, xj in x.items():
            s = self.s.get((j, label), 1.0)
            w = self.w.get((j, label), self.first if j == -1 else 0.0)
            self.w[j, label] = w + (1 - y * margin) * beta * y * s * xj
            self.s[j, label] = s - beta * ((s * xj) ** 2 - s * (1 - s) * self.r / 16_384)


class Stack:
    """The formulas of the kernel with numpy's linear algebra."""

    def __init__(self, first: np.ndarray, precision: np.ndarray, counted: list[int], own: float) -> None:
        self.w = first.copy()
        self.A = np.diag(precision)
        self.first, self.counted, self.own = precision, counted, own
        self.v: dict[int, np.ndarray] = {}
        self.D: dict[int, np.ndarray] = {}
        self.held: dict[int, int] = {}
        self.rows = 0
        self.inverse_due = 0
        self.inverse = np.linalg.inv(self.A)

    def features(self, label: int, scores: np.ndarray) -> np.ndarray:
        known = 0.3 * min(max(math.log((self.held.get(label, 0) + 0.5) / 5), -2.5), 4.0)
        return np.array([*scores, *(known * scores[i] for i in self.counted), 1.0])

    def probability(self, label: int, f: np.ndarray) -> float:
        z = float((self.w + self.v.get(label, np.zeros(len(f)))) @ f)
        return 1 / (1 + math.exp(-min(max(z, -7.0), 7.0)))

    def learn(self, rows: list[tuple[int, np.ndarray, int, float]]) -> None:
        """Learn the known labels of one row: (label, features, truth, probability)."""
        self.rows += 1
        for label, _, y, _ in rows:
            self.held[label] = self.held.get(label, 0) + y
        g = np.zeros(len(self.w))
        curvature = np.zeros_like(self.A)
        if all(abs(y - p) < 0.003 for _, _, y, p in rows):
            return
        for label, f, y, p in rows:
            on = abs(y - p) >= 0.003
            e, h = (y - p) * on, max(p * (1 - p), 0.02) * on
            g += e * f
            curvature += h * np.outer(f, f)
            D = self.D.setdefault(label, np.full(len(f), self.own))
            v = self.v.setdefault(label, np.zeros(len(f)))
            q = f @ (D * f)
            v += D * f * e / (1 + h * q)
            D += (self.own - D) / 100_000 - (D * f) ** 2 * h / (1 + h * q)
        if self.rows <= 256 or self.rows % 4 == 0:
            weight = 1 if self.rows <= 256 else 4
            self.A *= 1 - weight / 100_000
            self.A += np.diag(self.first) * weight / 100_000 + weight * curvature
        if self.rows >= self.inverse_due:
            self.inverse = np.linalg.inv(self.A)
            self.inverse_due = self.rows + min(max(1, self.rows // 32), 3125)
        self.w += self.inverse @ g


def log_odds(p: float, least: float) -> float:
    p = min(max(p, least), 1 - least)
    return math.log(p / (1 - p))


class F1Threshold:
    """Follows half of the best micro-F1."""

    def __init__(self) -> None:
        self.hits, self.mass, self.rows, self.empty = 5.0, 20.0, 0.0, 0.0

    def predict(self, p: np.ndarray) -> set[int]:
        over = {int(k) for k in np.flatnonzero(p > max(0.05, self.hits / self.mass))}
        if not over and len(p) and self.empty <= 0.02 * self.rows:
            over = {int(np.argmax(p))}
        return over

    def learn(self, p: np.ndarray, predicted: set[int], held: set[int], known: set[int] | None) -> None:
        """Labels beyond len(p) were not in the label space when the row was predicted; known None: all are."""
        everything = set(range(len(p))) | held if known is None else known
        m = {k: 0.5 * (k in held) + 0.5 * (float(p[k]) if k < len(p) else 0.0) for k in everything}
        self.hits = 0.999 * self.hits + sum(m[k] for k in predicted & everything) + 5e-6
        self.mass = 0.999 * self.mass + sum(m.values()) + len(predicted & everything) + 20e-6
        if known is None:
            self.rows = 0.9995 * self.rows + 1
            self.empty = 0.9995 * self.empty + (not held)
