"""Labels told by the centre that a row was drawn around."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from streams.synthetic.generator import Matrix, Truth, at_least, at_most
from streams.synthetic.grouped import GroupedGenerator


class RBF(GroupedGenerator):
    """Rows scattered around random centres, a label set at every centre.

    The label set of a centre is drawn once: a group of labels, of which each holds with probability .6, every
    other label with .02. After the radial basis function generator of MOA (Bifet et al., JMLR 11, 2010).

    Parameters
    ----------
    rows, features, labels, groups, seed
        See `streams.synthetic.grouped.GroupedGenerator`.
    centres
        How many centres, uniform in the unit cube.
    radius
        Standard deviation of each feature around its centre.
    noise
        Probability that a label is turned over.

    Examples
    --------
    >>> stream = RBF(rows=1000, centres=3, noise=0.0)
    >>> len({frozenset(y) for x, y in stream.sets()}) <= 3
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
        centres: int = 50, radius: float = 0.2, noise: float = 0.05,
    ) -> None:
        super().__init__(rows=rows, features=features, labels=labels, groups=groups, seed=seed)
        at_least("RBF", centres=(centres, 1), radius=(radius, 0), noise=(noise, 0))
        at_most("RBF", radius=(radius, 1000), noise=(noise, 1))
        self.centres, self.radius, self.noise = centres, radius, noise

    @cached_property
    def _concept(self) -> tuple[Matrix, Truth]:
        """The centres, float32 (centres, features), and their label sets, bool (centres, labels)."""
        random = self.random()
        middle = random.random((self.centres, len(self.features)), np.float32)
        return middle, self.label_sets(random, random.integers(self.n_groups, size=self.centres))

    def draw(self, random: np.random.Generator, n: int) -> tuple[Matrix, Truth]:
        """Return features and labels of n rows."""
        middle, sets = self._concept
        centre = random.integers(self.centres, size=n)
        x = middle[centre] + np.float32(self.radius) * random.standard_normal((n, len(self.features)), np.float32)
        y = sets[centre]
        return x, y ^ (random.random(y.shape, np.float32) < self.noise)
