"""Nemenyi's test: learners differ if their mean ranks are further apart than a critical difference."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ihomer.evaluation.statistics.cliques import cliques
from ihomer.evaluation.statistics.ranks import MeanRanks, mean_ranks
from ihomer.evaluation.statistics.scores import Scores


@dataclass(slots=True, frozen=True)
class Nemenyi:
    """What the test found.

    Parameters
    ----------
    ranks
        The mean ranks.
    alpha
        The probability to call any two learners different if all are equal.
    critical_difference
        Mean ranks at least so far apart differ.
    groups
        Largest groups of learners of which no two differ, best first.
    """

    ranks: MeanRanks
    alpha: float
    critical_difference: float
    groups: tuple[tuple[str, ...], ...]

    def differ(self, first: str, second: str) -> bool:
        """Return whether two learners differ."""
        ranks = self.ranks.by_learner()
        return abs(ranks[first] - ranks[second]) >= self.critical_difference

    def __str__(self) -> str:
        groups = "; ".join(", ".join(group) for group in self.groups) or "none"
        return f"{self.ranks}\ncritical difference {self.critical_difference:.3f} (alpha {self.alpha:g}); alike: {groups}"


def nemenyi(scores: Scores, alpha: float = 0.05) -> Nemenyi:
    """Compare all learners with each other (Demsar 2006, section 3.2.2).

    Raises
    ------
    ValueError
        If there are fewer than 2 learners, no data set on which all have a score, or alpha is not between 0 and 1.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, nemenyi
    >>> table = {f"set {i}": {"good": 0.9, "fair": 0.8 + 0.2 * (i < 2), "poor": 0.1} for i in range(8)}
    >>> print(nemenyi(Scores.of(table)))
    good   1.250
    fair   1.750
    poor   3.000
    over 8 data sets
    critical difference 1.172 (alpha 0.05); alike: good, fair
    """
    ranks = mean_ranks(scores)
    distance = critical_difference(len(ranks.learners), ranks.datasets, alpha)
    by_learner = ranks.by_learner()
    order = [learner for learner, _ in ranks.best_first()]
    groups = cliques(order, lambda a, b: abs(by_learner[a] - by_learner[b]) < distance)
    return Nemenyi(ranks, alpha, distance, groups)


def critical_difference(learners: int, datasets: int, alpha: float = 0.05) -> float:
    """Return how far apart mean ranks must be: q sqrt(k (k + 1) / (6 n)), q of the studentized range over sqrt(2).

    Raises
    ------
    ValueError
        If there are fewer than 2 learners or no data set, or alpha is not between 0 and 1.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    if learners < 2 or datasets < 1:
        raise ValueError(f"a critical difference needs 2 learners and a data set, found {learners} and {datasets}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, both excluded, found {alpha}")
    q = float(studentized_range.ppf(1 - alpha, learners, math.inf)) / math.sqrt(2)
    return q * math.sqrt(learners * (learners + 1) / (6 * datasets))
