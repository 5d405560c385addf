"""Labels told by the leaves of a random tree."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.synthetic.generator import Matrix, Truth, at_least, at_most
from streams.synthetic.grouped import GroupedGenerator


class RandomTree(GroupedGenerator):
    """Features uniform in [0, 1); a complete tree of random splits, a label set at every leaf.

    The label set of a leaf is drawn once: a group of labels, of which each holds with probability .6, every
    other label with .02. After the random tree generator of Domingos & Hulten (KDD 2000).

    Parameters
    ----------
    rows, features, labels, groups, seed
        See `streams.synthetic.grouped.GroupedGenerator`.
    depth
        Number of splits above each leaf, 1 to 16.
    noise
        Probability that a label is turned over.

    Examples
    --------
    >>> stream = RandomTree(rows=1000, depth=2, noise=0.0)
    >>> len({frozenset(y) for x, y in stream.sets()}) <= 4
    True
    """

    def __init__(
        self,
        *,
        rows: int = 10_000,
        features: int = 50,
        labels: int = 10,
        groups: int | None = None,
        seed: int = 0,
        depth: int = 6, noise: float = 0.05,
    ) -> None:
        super().__init__(rows=rows, features=features, labels=labels, groups=groups, seed=seed)
        at_least("RandomTree", depth=(depth, 1), noise=(noise, 0))
        at_most("RandomTree", depth=(depth, 16), noise=(noise, 1))
        self.depth, self.noise = depth, noise

    @cached_property
    def _tree(self) -> tuple[npt.NDArray[np.int64], Matrix, Truth]:
        """Feature and threshold of the inner nodes (children of i: 2 i + 1 and 2 i + 2), label sets of the leaves."""
        random = self.random()
        inner, leaves = 2**self.depth - 1, 2**self.depth
        feature = random.integers(len(self.features), size=inner)
        # A feature that stands again further down a path must split what is left of its range.
        low, high = np.zeros((2 * leaves - 1, len(self.features))), np.ones((2 * leaves - 1, len(self.features)))
        threshold = np.empty(inner, np.float32)
        for i, (f, share) in enumerate(zip(feature.tolist(), random.uniform(0.3, 0.7, inner).tolist(), strict=True)):
            at = low[i, f] + share * (high[i, f] - low[i, f])
            threshold[i] = at
            left, right = 2 * i + 1, 2 * i + 2
            low[left], high[left], low[right], high[right] = low[i], high[i], low[i], high[i]
            high[left, f] = low[right, f] = at
        return feature, threshold, self.label_sets(random, random.integers(self.n_groups, size=leaves))

    def draw(self, random: np.random.Generator, n: int) -> tuple[Matrix, Truth]:
        """Return features and labels of n rows."""
        feature, threshold, sets = self._tree
        x = random.random((n, len(self.features)), np.float32)
        node, rows = np.zeros(n, np.int64), np.arange(n)
        for _ in range(self.depth):
            node = 2 * node + 1 + (x[rows, feature[node]] >= threshold[node])
        y = sets[node - (2**self.depth - 1)]
        return x, y ^ (random.random(y.shape, np.float32) < self.noise)
