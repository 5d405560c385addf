"""The short memory as a list of rows; products in float32 and in order of id, so that ties are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.naive.linear import log_odds

BUCKETS = 16384


@dataclass
class Stored:
    x: dict[int, np.float32]
    held: set[int]
    known: set[int]
    complete: bool


def inverse_length(x: dict[int, float]) -> np.float32:
    total = np.float32(0)
    for v in x.values():
        total += np.float32(v) * np.float32(v)
    return np.float32(1) / (np.sqrt(total) + np.float32(1e-9))


class RecentRows:
    """The last `size` rows, the newest last.

    A label that enters through a complete row was absent in the complete rows before, and so known in them.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: list[Stored] = []
        self.met = 0

    def enter(self, label: int, through_complete: bool) -> None:
        for row in self.rows:
            if through_complete and row.complete:
                row.known.add(label)

    def cosines(self, x: dict[int, float]) -> list[float]:
        """Newest first."""
        found = []
        for row in reversed(self.rows):
            product = np.float32(0)
            for j, v in x.items():
                if j < self.met:
                    product += np.float32(v) * row.x.get(j % BUCKETS, np.float32(0))
            found.append(float(product * inverse_length(x)))
        return found

    def scores(self, x: dict[int, float], label: int) -> list[float]:
        cosines = self.cosines(x)
        newest_first = list(reversed(self.rows))
        nearest = sorted(range(len(cosines)), key=lambda age: -cosines[age])[:10]
        voters = [age for age in nearest if label in newest_first[age].known]
        weights = {age: max(cosines[age], 0.001) for age in voters}
        held = [age for age in voters if label in newest_first[age].held]
        out = [0.0, 0.0]
        if voters:
            out[0] = 0.7 * log_odds(sum(weights[age] for age in held) / sum(weights.values()), 0.01) + 0.5
        if nearest and nearest[0] in voters:
            out[1] = (1 if nearest[0] in held else -1) * 2 * max(cosines[nearest[0]], 0) ** 3
        recent = {
            age: 0.95 ** (age + 1) * max(cosines[age], 0) ** 3
            for age, row in enumerate(newest_first[:60])
            if label in row.known
        }
        votes = sum(w for age, w in recent.items() if label in newest_first[age].held)
        return [*out, 2 * votes / (0.02 + sum(recent.values())) - 1]

    def learn(self, x: dict[int, float], held: set[int], known: set[int], complete: bool) -> None:
        inverse = inverse_length(x)
        stored: dict[int, np.float32] = {}
        for j, v in x.items():
            stored[j % BUCKETS] = stored.get(j % BUCKETS, np.float32(0)) + np.float32(v) * inverse
            self.met = max(self.met, j + 1)
        self.rows.append(Stored(stored, held, known, complete))
        del self.rows[: -self.size]
