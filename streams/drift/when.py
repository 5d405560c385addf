"""When a change holds: how far it has come at each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.drift.chance import uniform


@dataclass(frozen=True, slots=True)
class When:
    """A pace and its ramps: the change comes over the rows of the first, goes over those of the second, and so on.

    Made by `sudden`, `gradual`, `incremental` and `recurring`.

    Parameters
    ----------
    pace
        ``sudden``, ``gradual``, ``incremental`` or ``recurring``.
    ramps
        (first, last) rows of each transition, ascending; at the last row it is complete.

    Examples
    --------
    >>> gradual(2, 5).strength(np.arange(7)).tolist()
    [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    >>> recurring(1, 2, pause=1, times=2).strength(np.arange(7)).tolist()
    [0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]
    """

    pace: str
    ramps: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        row = -1
        for first, last in self.ramps:
            if not row < first <= last:
                raise ValueError(
                    f"rows of changes must rise from 0 on, each from its first to its last, found {first} to {last}"
                    + (f" after {row}" if row >= 0 else "")
                )
            row = last

    @property
    def first(self) -> int:
        """The first row that may be changed."""
        return self.ramps[0][0]

    def strength(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return how far the change has come at each row, 0 to 1."""
        strength = np.zeros(len(rows))
        for k, (first, last) in enumerate(self.ramps):
            part = np.clip((rows - first + 1) / (last - first + 1), 0.0, 1.0)
            strength += part if k % 2 == 0 else -part
        return strength

    def amount(self, rows: npt.NDArray[np.int64], seed: int, salt: int) -> npt.NDArray[np.float64]:
        """Return how much of the change each row has: `strength` if it is incremental, else all or nothing.

        Of a row on a ramp chance decides; it depends on the row, `seed` and `salt` alone.
        """
        strength = self.strength(rows)
        if self.pace == "incremental":
            return strength
        return (uniform(seed, salt, rows) < strength).astype(np.float64)


def sudden(at: int) -> When:
    """Return: all rows from row `at` on are changed."""
    return When("sudden", ((at, at),))


def gradual(first: int, last: int) -> When:
    """Return: from row `first` on each row may be changed, ever more likely; from row `last` on all are."""
    return When("gradual", ((first, last),))


def incremental(first: int, last: int) -> When:
    """Return: from row `first` to row `last` all rows are changed more and more.

    Values move little by little; where labels or names change, one is reached after the other.
    """
    return When("incremental", ((first, last),))


def recurring(at: int, rows: int, *, pause: int | None = None, times: int = 1, width: int = 1) -> When:
    """Return: from row `at` on the change holds for `rows` rows, then not for `pause` rows, then again.

    Parameters
    ----------
    at
        Where it begins for the first time.
    rows, pause
        How long it holds, and how long it does not; `pause` is `rows` if not given.
    times
        How often it comes; each time it goes again.
    width
        Rows of each transition, gradual if there are more than 1.

    Raises
    ------
    ValueError
        If a number is below 1, or a transition is longer than what lies between two.
    """
    pause = rows if pause is None else pause
    if min(rows, pause, times, width) < 1:
        raise ValueError(f"rows, pause, times and width must be at least 1, found {rows}, {pause}, {times}, {width}")
    starts = [at + k * (rows + pause) + gone for k in range(times) for gone in (0, rows)]
    return When("recurring", tuple((start, start + width - 1) for start in starts))
