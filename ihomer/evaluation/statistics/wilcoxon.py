"""Wilcoxon's signed-rank test of every two learners, with Holm's correction for their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ihomer.evaluation.statistics.cliques import cliques
from ihomer.evaluation.statistics.scores import Floats, Scores


@dataclass(slots=True, frozen=True)
class PairTest:
    """The test of two learners.

    Parameters
    ----------
    first, second
        Their names.
    datasets
        On how many data sets both have a score.
    rank_sum_first, rank_sum_second
        Sums of the ranks of the differences in favour of each; ranks of differences that are 0 are shared evenly.
    p_value
        Of the test alone, exact, two-sided.
    adjusted_p_value
        As Holm (1979) corrects it for the number of pairs.
    """

    first: str
    second: str
    datasets: int
    rank_sum_first: float
    rank_sum_second: float
    p_value: float
    adjusted_p_value: float

    @property
    def better(self) -> str | None:
        """The one with the larger rank sum; None if they are level."""
        if self.rank_sum_first == self.rank_sum_second:
            return None
        return self.first if self.rank_sum_first > self.rank_sum_second else self.second

    def __str__(self) -> str:
        sums = f"{self.rank_sum_first:g} : {self.rank_sum_second:g}"
        return (
            f"{self.first} and {self.second}: rank sums {sums} over {self.datasets}, "
            f"p = {self.p_value:.3g}, Holm {self.adjusted_p_value:.3g}"
        )


@dataclass(slots=True, frozen=True)
class WilcoxonHolm:
    """The tests of all pairs.

    Parameters
    ----------
    alpha
        The probability to call any two learners different if all are equal.
    pairs
        Every two learners once.
    """

    alpha: float
    pairs: tuple[PairTest, ...]

    def differ(self, first: str, second: str) -> bool:
        """Return whether two learners differ.

        Raises
        ------
        KeyError
            If they were not compared.
        """
        for pair in self.pairs:
            if {pair.first, pair.second} == {first, second}:
                return pair.adjusted_p_value < self.alpha
        raise KeyError(f"{first!r} and {second!r} were not compared")

    def groups(self, learners: list[str]) -> tuple[tuple[str, ...], ...]:
        """Return the largest groups of `learners` of which no two differ, in their order."""
        return cliques(learners, lambda a, b: not self.differ(a, b))

    def __str__(self) -> str:
        ordered = sorted(self.pairs, key=lambda pair: pair.adjusted_p_value)
        return "\n".join(f"{'*' if pair.adjusted_p_value < self.alpha else ' '} {pair}" for pair in ordered)


def wilcoxon_holm(scores: Scores, alpha: float = 0.05) -> WilcoxonHolm:
    """Test every two learners on the data sets on which both have a score.

    Raises
    ------
    ValueError
        If there are fewer than 2 learners, or alpha is not between 0 and 1.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, wilcoxon_holm
    >>> table = {f"set {i}": {"good": 0.5 + 0.01 * i, "poor": 0.4, "bad": 0.39 + 0.02 * (i % 2)} for i in range(10)}
    >>> print(wilcoxon_holm(Scores.of(table)))
    * good and poor: rank sums 55 : 0 over 10, p = 0.00195, Holm 0.00586
    * good and bad: rank sums 55 : 0 over 10, p = 0.00195, Holm 0.00586
      poor and bad: rank sums 27.5 : 27.5 over 10, p = 1, Holm 1
    """
    if len(scores.learners) < 2:
        raise ValueError(f"pairs need 2 learners, found {len(scores.learners)}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, both excluded, found {alpha}")
    found = [(first, second, *scores.pair(first, second)) for first, second in scores.pairs()]
    p_values = [wilcoxon_p_value(x - y) for _, _, x, y in found]
    return WilcoxonHolm(
        alpha,
        tuple(
            PairTest(first, second, len(x), *_rank_sums(x - y), p, adjusted)
            for (first, second, x, y), p, adjusted in zip(found, p_values, holm(p_values), strict=True)
        ),
    )


def wilcoxon_p_value(differences: Floats) -> float:
    """Return the two-sided p-value of the signed-rank test, exact whatever the ties.

    Differences are ranked by size, those that are 0 too (Pratt 1959; Demsar shares their ranks evenly, which is the same).
    The p-value is the share of all ways to give signs to the others at which the rank sums are as far apart as here: by
    dynamic programming over the rank sums, no normal approximation. 1 without any difference. Differences are taken to 12
    decimals: .8 - .7 and .6 - .5 are level.

    Parameters
    ----------
    differences
        Shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> wilcoxon_p_value(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))  # 2 of the 32 ways
    0.0625
    """
    ranks, signs = _signed_ranks(differences)
    doubled = np.rint(2 * ranks[signs != 0]).astype(np.int64)
    ways = np.ones(1)
    for rank in doubled.tolist():
        longer = np.zeros(len(ways) + rank)
        longer[: len(ways)] += ways / 2
        longer[rank:] += ways / 2
        ways = longer
    total = int(doubled.sum())
    apart = abs(2 * int(doubled[signs[signs != 0] > 0].sum()) - total)
    return min(1.0, float(ways[np.abs(2 * np.arange(total + 1) - total) >= apart].sum()))


def holm(p_values: list[float]) -> list[float]:
    """Return the p-values as Holm's step-down procedure adjusts them.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def _signed_ranks(differences: Floats) -> tuple[Floats, Floats]:
    from scipy.stats import rankdata

    rounded = np.round(differences, 12)
    return rankdata(np.abs(rounded)), np.sign(rounded)


def _rank_sums(differences: Floats) -> tuple[float, float]:
    ranks, signs = _signed_ranks(differences)
    level = ranks[signs == 0].sum() / 2
    return float(ranks[signs > 0].sum() + level), float(ranks[signs < 0].sum() + level)
