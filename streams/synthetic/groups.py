"""Planted label groups told by sparse features."""

from __future__ import annotations

import numpy as np

from streams.synthetic.generator import Truth
from streams.synthetic.grouped import GroupedGenerator


class Groups(GroupedGenerator):
    """Each row draws one of k groups; its labels and its features tell which.

    Every label of the group holds with probability .6, every other one with .02. Features are 0 or 1: feature j
    belongs to group j mod k and is 1 with probability .3 in rows of its group, .03 in others; stored sparsely.

    Parameters
    ----------
    rows, features, labels, groups, seed
        See `streams.synthetic.grouped.GroupedGenerator`.

    Examples
    --------
    >>> stream = Groups(rows=2000, labels=4, groups=2, seed=1)
    >>> sets = [y for x, y in stream.sets()]
    >>> together = sum({"label0", "label2"} <= y for y in sets)
    >>> apart = sum({"label0", "label1"} <= y for y in sets)
    >>> together > 300 > 60 > apart
    True
    """

    _LIT, _DARK = np.float32(0.3), np.float32(0.03)

    def draw(self, random: np.random.Generator, n: int) -> tuple[Truth, Truth]:
        """Return features and labels of n rows."""
        group = random.integers(self.n_groups, size=n)
        own = np.arange(len(self.features)) % self.n_groups
        chance = np.where(own == np.arange(self.n_groups)[:, None], self._LIT, self._DARK)
        lit = random.random((n, len(self.features)), np.float32) < chance[group]
        return lit, self.label_sets(random, group)
