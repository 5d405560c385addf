"""Generators whose labels come in planted groups."""

from __future__ import annotations

import abc
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.synthetic.generator import Generator, Truth, at_least

#: Probability that a label of the row's group holds, and that any other label holds.
INSIDE, OUTSIDE = 0.6, 0.02


class GroupedGenerator(Generator, abc.ABC):
    """A generator with groups of labels that occur together.

    Parameters
    ----------
    rows, features, labels, seed
        See `streams.synthetic.generator.Generator`.
    groups
        How many groups of labels: labels of one group occur together. Label j is of group j mod `groups`. Not given:
        5, or as many as there are labels.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.
    """

    def __init__(
        self,
        *,
        rows: int = 10_000,
        features: int = 50,
        labels: int = 10,
        groups: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(rows=rows, features=features, labels=labels, seed=seed)
        self.n_groups = min(5, labels) if groups is None else groups
        at_least(self.name, groups=(self.n_groups, 1))
        if self.n_groups > labels:
            raise ValueError(f"{self.name}: groups must be at most {labels}, the number of labels, found {groups}")

    @cached_property
    def group_of(self) -> npt.NDArray[np.int64]:
        """The group of each label, shape (labels,)."""
        return np.arange(len(self.labels)) % self.n_groups

    def label_sets(self, random: np.random.Generator, groups: npt.NDArray[np.int64]) -> Truth:
        """Return a label set, bool (n, labels), for each entry of `groups`: .6 inside the group, .02 outside."""
        chance = np.full((self.n_groups, len(self.labels)), OUTSIDE, np.float32)
        chance[self.group_of, np.arange(len(self.labels))] = INSIDE
        return random.random((len(groups), len(self.labels)), np.float32) < chance[groups]
