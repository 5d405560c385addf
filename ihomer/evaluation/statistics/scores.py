"""Scores of learners on data sets, as a table in which cells may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(slots=True, frozen=True, eq=False)
class Scores:
    """One score of k learners on n data sets; the larger the better.

    Parameters
    ----------
    datasets, learners
        Their names, n and k.
    values
        float64 (n, k); NaN where a learner has no score.

    Raises
    ------
    ValueError
        If a name comes twice, the shape is another, or a value is infinite.

    Examples
    --------
    >>> scores = Scores.of({"emotions": {"ours": 0.7, "theirs": 0.6}, "enron": {"ours": 0.5}})
    >>> scores.learners, scores.complete().datasets, scores.incomplete
    (('ours', 'theirs'), ('emotions',), ('enron',))
    """

    datasets: tuple[str, ...]
    learners: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        shape = (len(self.datasets), len(self.learners))
        if self.values.shape != shape:
            raise ValueError(f"values must have shape {shape}, found {self.values.shape}")
        for what, names in (("data set", self.datasets), ("learner", self.learners)):
            if len(set(names)) != len(names):
                raise ValueError(f"a {what} comes twice: {', '.join(names)}")
        for i, j in np.argwhere(np.isinf(self.values)):
            raise ValueError(f"a score must be finite, found {self.values[i, j]} of {self.learners[j]} on {self.datasets[i]}")

    @classmethod
    def of(cls, table: Mapping[str, Mapping[str, float | None]]) -> Scores:
        """Return the scores of a table data set -> learner -> score; learners that are not there, None and NaN are missing."""
        learners = tuple(dict.fromkeys(learner for row in table.values() for learner in row))
        values = np.array([[_number(row.get(learner)) for learner in learners] for row in table.values()], np.float64)
        return cls(tuple(table), learners, values.reshape(len(table), len(learners)))

    @classmethod
    def of_losses(cls, table: Mapping[str, Mapping[str, float | None]]) -> Scores:
        """Return what `of` does for values of which the smaller are better: they are negated."""
        scores = cls.of(table)
        return cls(scores.datasets, scores.learners, -scores.values)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """The data sets on which a learner has no score."""
        return tuple(name for name, row in zip(self.datasets, self.values, strict=True) if np.isnan(row).any())

    def complete(self) -> Scores:
        """Return the data sets on which every learner has a score."""
        keep = np.flatnonzero(~np.isnan(self.values).any(axis=1))
        return Scores(tuple(self.datasets[i] for i in keep.tolist()), self.learners, self.values[keep])

    def pair(self, first: str, second: str) -> tuple[Floats, Floats]:
        """Return the scores of two learners on the data sets on which both have one.

        Raises
        ------
        KeyError
            If one of them is not among the learners.
        """
        for name in (first, second):
            if name not in self.learners:
                raise KeyError(f"there is no learner {name!r}; there are {', '.join(self.learners)}")
        x, y = self.values[:, self.learners.index(first)], self.values[:, self.learners.index(second)]
        both = ~np.isnan(x) & ~np.isnan(y)
        return x[both], y[both]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield every two learners once."""
        return combinations(self.learners, 2)


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
