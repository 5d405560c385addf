"""What a leaf of a multi-label tree knows of its rows, and the split that tells its labels apart best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Thresholds tried for each feature, evenly between the smallest and the largest value.
THRESHOLDS: Final = 10
#: Share of the rows that each side of a split must have.
MIN_SHARE: Final = 0.01
#: Features looked at together: bounds the memory of a test for a split.
BLOCK: Final = 256


@dataclass(slots=True, frozen=True)
class Split:
    """A test that sends rows to the left if feature `column` is at most `threshold`; `merit` is its information gain."""

    merit: float
    column: int = -1
    threshold: float = 0.0


class LabelStatistics:
    """Gaussian observers: mean and variance of every feature over all rows and over the rows of every label.

    Arrays are by feature (first axis) and by label plus one (second; column 0 is all rows); they grow by themselves.
    Of a feature only rows in which it is not zero are recorded: the zeros follow from the counts.
    """

    def __init__(self) -> None:
        self.rows = np.zeros(1)
        self._count, self._mean, self._m2, self._missing = (np.zeros((0, 1)) for _ in range(4))
        self._low, self._high = np.zeros(0), np.zeros(0)

    @property
    def total(self) -> float:
        """Rows seen."""
        return float(self.rows[0])

    @property
    def n_bytes(self) -> int:
        """Bytes of the arrays."""
        return 4 * self._count.nbytes + 2 * self._low.nbytes

    def update(self, columns: Ints, values: Floats, missing: Ints, labels: Ints) -> None:
        """Take in a row: its features that are not zero, those that are missing, and its labels."""
        kinds = np.concatenate((np.zeros(1, np.int64), labels + 1))
        self._grow(max(columns.max(initial=-1), missing.max(initial=-1)) + 1, kinds.max() + 1)
        self.rows[kinds] += 1
        self._missing[np.ix_(missing, kinds)] += 1
        cells = np.ix_(columns, kinds)
        self._count[cells] += 1
        off = values[:, None] - self._mean[cells]
        self._mean[cells] += off / self._count[cells]
        self._m2[cells] += off * (values[:, None] - self._mean[cells])
        self._low[columns] = np.minimum(self._low[columns], values)
        self._high[columns] = np.maximum(self._high[columns], values)

    def best_splits(self) -> list[Split]:
        """Return the best split of every feature that has one."""
        active = np.flatnonzero(self._count[:, 0])
        blocks = [self._best_of(active[start : start + BLOCK]) for start in range(0, len(active), BLOCK)]
        return [split for block in blocks for split in block]

    def _best_of(self, columns: Ints) -> list[Split]:
        known, mean, m2, low, high, zeros = self._with_zeros(columns)
        steps = np.arange(1, THRESHOLDS + 1) / (THRESHOLDS + 1)
        at = low[:, None] + (high - low)[:, None] * steps
        left = known[:, None] * _share_below(at[:, :, None], mean[:, None], m2[:, None], known[:, None])
        # Of a feature that is zero or one other value, the counts say it exactly.
        two = (self._m2[columns, 0] <= 0) & (zeros[:, 0] > 0)
        below = np.where((self._mean[columns, 0] > 0)[:, None], zeros, self._count[columns])
        left[two] = below[two][:, None]
        right = known[:, None] - left
        share = left[:, :, 0] / known[:, None, 0]
        after = share * _entropy(left) + (1 - share) * _entropy(right)
        gain = _entropy(known)[:, None] - after
        gain[np.minimum(share, 1 - share) < MIN_SHARE] = -np.inf
        best = gain.argmax(1)
        return [
            Split(float(gain[i, k]), int(columns[i]), float(at[i, k])) for i, k in enumerate(best) if gain[i, k] > -np.inf
        ]

    def _with_zeros(self, columns: Ints) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """Return rows in which the features are known, mean and squared deviations over them, range, and zeros."""
        count, mean = self._count[columns], self._mean[columns]
        known = np.maximum(self.rows - self._missing[columns], count)
        zeros = known - count
        share = np.divide(count, known, out=np.zeros_like(count), where=known > 0)
        m2 = self._m2[columns] + mean**2 * zeros * share
        low, high = self._low[columns], self._high[columns]
        has = zeros[:, 0] > 0
        low, high = np.where(has, np.minimum(low, 0.0), low), np.where(has, np.maximum(high, 0.0), high)
        return known, mean * share, m2, low, high, zeros

    def _grow(self, n_columns: int, n_kinds: int) -> None:
        features, kinds = self._count.shape
        if n_columns <= features and n_kinds <= kinds:
            return
        more = (0, max(0, n_columns - features, features // 2 if n_columns > features else 0)), (0, max(0, n_kinds - kinds))
        self.rows = np.pad(self.rows, more[1])
        self._count, self._mean, self._m2, self._missing = (
            np.pad(array, more) for array in (self._count, self._mean, self._m2, self._missing)
        )
        self._low = np.pad(self._low, more[0], constant_values=np.inf)
        self._high = np.pad(self._high, more[0], constant_values=-np.inf)


def _share_below(at: Floats, mean: Floats, m2: Floats, n: Floats) -> Floats:
    """Return the share of a normal distribution up to `at`; of a constant all or nothing."""
    from scipy.special import ndtr

    deviation = np.sqrt(np.maximum(m2, 0.0) / np.maximum(n - 1.0, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = ndtr((at - mean) / deviation)
    return np.where(deviation > 0, share, (at >= mean).astype(float))


def _entropy(counts: Floats) -> Floats:
    """Return the sum over labels of the entropy of "holds or not"; `counts` (..., 1 + labels) begins with the rows."""
    rows = counts[..., :1]
    p = np.clip(np.divide(counts[..., 1:], rows, out=np.zeros_like(counts[..., 1:]), where=rows > 0), 0.0, 1.0)
    q = 1.0 - p
    bits = p * np.log2(np.where(p > 0, p, 1.0)) + q * np.log2(np.where(q > 0, q, 1.0))
    entropy: Floats = -bits.sum(-1)
    return entropy
