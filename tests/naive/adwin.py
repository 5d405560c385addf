"""ADWIN as a list of buckets: the obvious twin of `ihomer.kernels.adwin`."""

from __future__ import annotations

import math


class NaiveADWIN:
    """One detector; buckets are (size, sum, spread), oldest first."""

    def __init__(self, delta=0.002, clock=32, max_buckets=5, min_window_length=5, grace_period=10):
        self.delta, self.clock, self.max_buckets = delta, clock, max_buckets
        self.min_window_length, self.grace_period = min_window_length, grace_period
        self.buckets = []
        self.tick = 0
        self.drifted = False

    @property
    def width(self):
        return sum(size for size, _, _ in self.buckets)

    @property
    def mean(self):
        return sum(total for _, total, _ in self.buckets) / max(self.width, 1)

    @property
    def variance(self):
        merged = self.buckets[0]
        for bucket in self.buckets[1:]:
            merged = self._merge(merged, bucket)
        return merged[2] / merged[0]

    @staticmethod
    def _merge(a, b):
        gap = a[1] / a[0] - b[1] / b[0]
        return (a[0] + b[0], a[1] + b[1], a[2] + b[2] + a[0] * b[0] / (a[0] + b[0]) * gap * gap)

    def update(self, value):
        """Return 1, -1 or 0: the mean rose, fell, or nothing changed."""
        if self.drifted:
            self.buckets, self.tick, self.drifted = [], 0, False
        self.buckets.append((1, value, 0.0))
        size = 1
        while sum(s == size for s, _, _ in self.buckets) > self.max_buckets:
            i = next(i for i, (s, _, _) in enumerate(self.buckets) if s == size)
            self.buckets[i : i + 2] = [self._merge(self.buckets[i], self.buckets[i + 1])]
            size *= 2
        self.tick += 1
        if self.tick % self.clock or self.width <= self.grace_period:
            return 0
        answer = cut = self._cut()
        while cut:
            del self.buckets[0]
            cut = self._cut()
        self.drifted = answer != 0
        return answer

    def _cut(self):
        for i in range(1, len(self.buckets)):
            old, new = sum(b[0] for b in self.buckets[:i]), sum(b[0] for b in self.buckets[i:])
            if min(old, new) < self.min_window_length:
                continue
            gap = sum(b[1] for b in self.buckets[i:]) / new - sum(b[1] for b in self.buckets[:i]) / old
            m = 1 / (old - self.min_window_length + 1) + 1 / (new - self.min_window_length + 1)
            d = math.log(2 * math.log(self.width) / self.delta)
            if abs(gap) > math.sqrt(2 * m * self.variance * d) + 2 / 3 * d * m:
                return 1 if gap > 0 else -1
        return 0
