"""The slot index as dicts: for every feature its labels, each with [count, weight, curvature]."""

from __future__ import annotations

import math

WINDOW = 16384
FADE = 1 - 1 / 16384
FREQUENT = 20


class SlotIndex:
    """Keeps at most `slots` labels of a feature, in the order in which they came."""

    def __init__(self, slots: int, g: float, weights: tuple[float, ...]) -> None:
        self.slots, self.g = slots, g
        self.lines: dict[int, dict[int, list[float]]] = {}
        self.seen: dict[int, float] = {}
        self.quality: dict[int, float] = {}
        self.held: dict[int, int] = {}
        self.known: dict[int, int] = {}
        self.bias: dict[int, float] = {}
        self.squares: dict[int, float] = {}
        self.weights = list(weights)
        self.gradients = [1.0] * len(weights)
        self.frequent: list[int] = []
        self.previous: set[int] = set()
        self.rows = self.complete = 0
        self.close_calls = 0  # what rounding may decide otherwise

    def enter(self, label: int, through_complete: bool) -> None:
        self.held[label] = 0
        self.known[label] = self.complete if through_complete else 0
        self.bias[label], self.squares[label] = 0.0, 0.01

    def prior(self, label: int) -> float:
        return (self.held[label] + 0.5) / (self.known[label] + 1)

    def candidates(self, x: dict[int, float]) -> set[int]:
        touched = {k for j in x for k in self.lines.get(j, {})}
        return touched | set(self.frequent) | self.previous

    def evidence(self, x: dict[int, float], label: int) -> list[float]:
        total = 1e-9 + sum(v * v * self.quality.get(j, 0.1) for j, v in x.items())
        known = self.known[label] / self.rows if self.rows else 1.0
        rel = top = pmi = 0.0
        for j, v in x.items():
            if label in self.lines.get(j, {}):
                share = self.lines[j][label][0] / (self.seen[j] * known + 1)
                rel += v * v * self.quality.get(j, 0.1) / total * share
                top = max(top, share)
                pmi += v * max(0.0, math.log(share) - math.log(self.prior(label)))
        logs = [math.log1p(rel / 0.003), math.log1p(top / 0.003), math.log(self.prior(label))]
        linear = sum(v * self.lines[j][label][1] for j, v in x.items() if label in self.lines.get(j, {}))
        new = min(1 / (self.held[label] + 0.5), 1.0)
        return [*logs, float(label in self.previous), pmi, rel, 1.0, linear, new, new * linear]

    def score(self, x: dict[int, float], label: int) -> float:
        return self.bias[label] + sum(w * e for w, e in zip(self.weights, self.evidence(x, label), strict=True))

    def errors(self, x: dict[int, float], held: set[int], known: set[int] | None) -> dict[int, float]:
        """What the candidates and the labels that hold are wrong by, where that is known and not negligible."""
        asked = self.candidates(x) | held
        errors = {
            k: (k in held) - 1 / (1 + math.exp(-min(max(self.score(x, k), -15), 15)))
            for k in sorted(asked if known is None else asked & known)
        }
        self.close_calls += any(abs(abs(e) - 0.02) < 1e-4 for e in errors.values())
        return {k: e for k, e in errors.items() if abs(e) >= 0.02}

    def learn(self, x: dict[int, float], held: set[int], known: set[int] | None) -> None:
        errors = self.errors(x, held, known)
        self.learn_shared(x, {k: e for k, e in errors.items() if k in self.candidates(x)})
        for j, v in x.items():
            self.learn_feature(j, v, held, errors)
        self.rows += 1
        self.complete += known is None
        for k in self.held if known is None else known:
            self.known[k] += 1
        for k in held:
            self.held[k] += 1
        for k in sorted(held):
            if k not in self.frequent:
                self.note(k)
        self.previous = held

    def learn_shared(self, x: dict[int, float], errors: dict[int, float]) -> None:
        evidence = {k: self.evidence(x, k) for k in errors}
        for k, e in errors.items():
            self.squares[k] = FADE * self.squares[k] + e * e
            self.bias[k] += 0.2 * e / math.sqrt(self.squares[k])
        for i in range(len(self.weights)):
            gradient = sum(e * evidence[k][i] for k, e in errors.items())
            self.gradients[i] = FADE * self.gradients[i] + gradient * gradient
            self.weights[i] += 0.15 * gradient / math.sqrt(self.gradients[i])

    def learn_feature(self, feature: int, v: float, held: set[int], errors: dict[int, float]) -> None:
        line = self.lines.setdefault(feature, {})
        n, quality = self.seen.get(feature, 0.0), self.quality.get(feature, 0.1)
        hits = sum(line[k][0] for k in held & line.keys())
        for k in held & line.keys():
            line[k][0] += 1
        for k in line.keys() & errors.keys():
            self.step(line[k], v, errors[k])
        for k in sorted(held - line.keys()):
            if len(line) < self.slots:
                line[k] = [1.0, 0.0, 0.0]
            else:
                self.replace(feature, k, held)
            if k in line and k in errors:
                self.step(line[k], v, errors[k])
        if held and n:
            self.quality[feature] = quality + (hits / ((n + 1) * len(held)) + 0.01 - quality) / min(n + 2, 100)
        self.seen[feature] = n + 1
        if n + 1 >= WINDOW:
            self.seen[feature] /= 2
            for slot in line.values():
                slot[0], slot[2] = max(slot[0] / 2, 1e-6), slot[2] / 2

    def step(self, slot: list[float], v: float, error: float) -> None:
        slot[2] += max(abs(error) * (1 - abs(error)), 0.05) * v * v
        slot[1] += error * v / (slot[2] + self.g)

    def replace(self, feature: int, label: int, held: set[int]) -> None:
        """Halve the weakest slot; if its count is below 1 then, `label` takes its place."""
        line, n = self.lines[feature], self.seen.get(feature, 0.0)
        excess = {k: slot[0] - n * self.prior(k) for k, slot in line.items() if k not in held}
        if not excess:
            return
        weakest = min(excess, key=excess.__getitem__)
        close = {(line[k][0], self.held[k], self.known[k]) for k, e in excess.items() if e - excess[weakest] < 1e-5}
        self.close_calls += len(close) > 1
        line[weakest][0] /= 2
        if line[weakest][0] < 1:
            slots = {label if k == weakest else k: slot for k, slot in line.items()}
            slots[label] = [1.0, 0.0, 0.0]
            line.clear()
            line.update(slots)

    def note(self, label: int) -> None:
        """Take the label among the most frequent if it holds more often than one of them."""
        if len(self.frequent) < FREQUENT:
            self.frequent.append(label)
            return
        rarest = min(self.frequent, key=lambda k: self.held[k])
        if self.held[label] > self.held[rarest]:
            self.frequent[self.frequent.index(rarest)] = label
