"""The count memory as dicts: for every feature the labels that held with it."""

from __future__ import annotations

from tests.naive.linear import log_odds

WINDOW, LABEL_WINDOW = 16_384, 32_768


class FeatureCounts:
    """Keeps at most `slots` labels of a feature (None: all), in the order in which they came."""

    def __init__(self, slots: int | None = None) -> None:
        self.slots = slots
        self.cells: dict[int, dict[int, float]] = {}
        self.seen: dict[int, float] = {}
        self.quality: dict[int, float] = {}
        self.held: dict[int, float] = {}
        self.known: dict[int, float] = {}
        self.rows = self.complete = 0.0

    def enter(self, label: int, through_complete: bool) -> None:
        self.held[label] = 0
        self.known[label] = self.complete if through_complete else 0

    def scores(self, x: dict[int, float], label: int) -> list[float]:
        total = 1e-9 + sum(v * v * self.quality.get(j, 0.1) for j, v in x.items())
        known = self.known[label] / self.rows if self.rows else 1.0
        shares = {j: self.cells.get(j, {}).get(label, 0) / (self.seen.get(j, 0) * known + 1) for j in x}
        relevance = sum(v * v * self.quality.get(j, 0.1) / total * shares[j] for j, v in x.items())
        return [0.5 * log_odds(share, 0.003) + 0.5 for share in (relevance, max(shares.values(), default=0))]

    def excess(self, feature: int, label: int) -> float:
        share = (self.held[label] + 0.5) / (self.known[label] + 1)
        return self.cells[feature][label] - self.seen[feature] * share

    def learn(self, x: dict[int, float], held: set[int], known: set[int] | None) -> None:
        for j in x:
            cells = self.cells.setdefault(j, {})
            n = self.seen.setdefault(j, 0)
            hits = sum(cells.get(k, 0) for k in held)
            fresh = sorted(held - cells.keys())
            for k in held & cells.keys():
                cells[k] += 1
            for k in fresh:
                if self.slots is None or len(cells) < self.slots:
                    cells[k] = 1
                else:
                    self.replace(j, k, held)
            quality = self.quality.setdefault(j, 0.1)
            if held and n:
                self.quality[j] += (hits / ((n + 1) * len(held)) + 0.01 - quality) / min(n + 2, 100)
            self.seen[j] += 1
            if self.seen[j] >= WINDOW:
                self.seen[j] /= 2
                self.cells[j] = {k: c / 2 for k, c in cells.items()}
        self.rows += 1
        self.complete += known is None
        for k in self.held if known is None else known:
            self.known[k] += 1
        for k in held:
            self.held[k] += 1
        if self.rows >= LABEL_WINDOW:
            self.rows /= 2
            self.complete /= 2
            self.held = {k: n / 2 for k, n in self.held.items()}
            self.known = {k: n / 2 for k, n in self.known.items()}

    def replace(self, feature: int, label: int, held: set[int]) -> None:
        cells = self.cells[feature]
        worst = min((k for k in cells if k not in held), key=lambda k: self.excess(feature, k), default=None)
        if worst is None:
            return
        cells[worst] /= 2
        if cells[worst] < 1:
            renamed = {label if k == worst else k: c for k, c in cells.items()}  # in the same place
            self.cells[feature] = {**renamed, label: 1}

    def cut(self) -> None:
        """Go over to `slots` labels of a feature, those with most excess."""
        for j, cells in self.cells.items():
            best = sorted(cells, key=lambda k: (-self.excess(j, k), k))[: self.slots]
            self.cells[j] = {k: cells[k] for k in sorted(best)}
