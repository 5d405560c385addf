"""Labels told by hyperplanes that lean together within a group."""

from __future__ import annotations

from functools import cached_property
from statistics import NormalDist

import numpy as np

from streams.synthetic.generator import Matrix, Truth, at_least, at_most
from streams.synthetic.grouped import GroupedGenerator


class Hyperplane(GroupedGenerator):
    """Features uniform in [0, 1); a label holds on one side of its hyperplane.

    The normals of the labels of one group share a direction, so that these labels occur together. After the
    hyperplane generator of Hulten, Spencer & Domingos (KDD 2001), made multi-label as in Read, Bifet, Holmes &
    Pfahringer (Machine Learning 88, 2012): features from the generator, label sets correlated.

    Parameters
    ----------
    rows, features, labels, groups, seed
        See `streams.synthetic.grouped.GroupedGenerator`.
    density
        About which share of the labels holds in a row, between 0 and 1.
    correlation
        Squared share of the group's direction in the normals: 0 independent, 1 all of a group the same.
    noise
        Probability that a label is turned over.

    Examples
    --------
    >>> stream = Hyperplane(rows=1000, density=0.3, noise=0.0)
    >>> total = sum(len(batch.label_indices) for batch in stream.batches())
    >>> 2700 < total < 3300
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
        density: float = 0.2, correlation: float = 0.7, noise: float = 0.05,
    ) -> None:
        super().__init__(rows=rows, features=features, labels=labels, groups=groups, seed=seed)
        at_least("Hyperplane", density=(density, 0), correlation=(correlation, 0), noise=(noise, 0))
        at_most("Hyperplane", density=(density, 1), correlation=(correlation, 1), noise=(noise, 1))
        self.density, self.correlation, self.noise = density, correlation, noise

    @cached_property
    def normals(self) -> Matrix:
        """The unit normals of the labels' hyperplanes, float32 (labels, features)."""
        random = self.random()
        shared = random.normal(size=(self.n_groups, len(self.features)))
        own = random.normal(size=(len(self.labels), len(self.features)))
        normals = self.correlation**0.5 * shared[self.group_of] + (1 - self.correlation) ** 0.5 * own
        unit: Matrix = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def draw(self, random: np.random.Generator, n: int) -> tuple[Matrix, Truth]:
        """Return features and labels of n rows."""
        x = random.random((n, len(self.features)), np.float32)
        # einsum, not BLAS: the order of the sum must not depend on the number of threads.
        heights = np.einsum("nf,lf->nl", x - np.float32(0.5), self.normals)
        y = heights > self._threshold
        return x, y ^ (random.random(y.shape, np.float32) < self.noise)

    @property
    def _threshold(self) -> float:
        # The height over a unit normal is about normal, with the variance of a uniform feature, 1/12.
        if self.density in (0, 1):
            return np.inf if self.density == 0 else -np.inf
        return NormalDist(0, (1 / 12) ** 0.5).inv_cdf(1 - self.density)
