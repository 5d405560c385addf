"""What is to be explained, as the experts see it; and the choice of what is worth telling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ihomer.explain.parts import Feature, Number
from ihomer.learners.protocol import Views
from ihomer.rows import Rows
from streams.names import Name
from streams.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One label of one row.

    Parameters
    ----------
    label
        Its id.
    rows
        The one row, with values as they came.
    views
        The same, scaled.
    features
        Names of the columns.
    labels
        Names of the labels.
    learned
        Rows learned before, labelled or not.
    k
        So many items of a kind are told, the rest is added up.
    """

    label: int
    rows: Rows
    views: Views
    features: Vocabulary
    labels: Sequence[Name]
    learned: int
    k: int

    def entries(self, view: Rows) -> list[tuple[int, float]]:
        """Return (id, scaled value) of those features of a view that the model has met."""
        pairs = zip(view.indices.tolist(), view.values.tolist(), strict=True)
        return [(j, x) for j, x in pairs if j < len(self.features)]

    def feature(self, j: int, part: float, **numbers: float) -> Feature:
        """Return what feature `j` adds; an underscore in the name of a number stands for a space."""
        told = tuple(Number(name.replace("_", " "), float(value)) for name, value in numbers.items())
        return Feature(self.features.name(j), raw_value(self.rows, j), float(part), told)


def raw_value(rows: Rows, j: int) -> float:
    """Return the value of feature `j` in the one row, 0 if it is not there."""
    at = int(np.searchsorted(rows.indices, j))
    return float(rows.values[at]) if at < len(rows.indices) and rows.indices[at] == j else 0.0


class _HasPart(Protocol):
    @property
    def part(self) -> float: ...


P = TypeVar("P", bound=_HasPart)


def largest(items: Sequence[P], k: int) -> tuple[tuple[P, ...], int, float]:
    """Return the k items that add most, up or down, in falling order; how many others there are, and their sum.

    What adds nothing is not told. At a tie the first comes first.

    Examples
    --------
    >>> largest([Feature("a", 1.0, 0.2, ()), Feature("b", 1.0, -0.5, ()), Feature("c", 1.0, 0.1, ())], 1)
    ((Feature(name='b', value=1.0, part=-0.5, numbers=()),), 2, 0.30000000000000004)
    """
    ordered = sorted(items, key=lambda item: -abs(item.part))
    told = tuple(item for item in ordered[:k] if item.part)
    return told, *rest(ordered[len(told) :])


def rest(items: Sequence[P]) -> tuple[int, float]:
    """Return how many items there are, and what they add."""
    return len(items), math.fsum(item.part for item in items)


def within(labels: npt.NDArray[np.int32], label: int) -> bool:
    """Whether a label is among some."""
    return bool((labels == label).any())
