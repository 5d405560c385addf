"""Friedman's test that all learners are equal, with the correction of Iman and Davenport."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ihomer.evaluation.statistics.ranks import counted, mean_ranks
from ihomer.evaluation.statistics.scores import Scores


@dataclass(slots=True, frozen=True)
class Friedman:
    """What the test found.

    Parameters
    ----------
    chi2, p_value
        Friedman's statistic, corrected for ties, and the probability of one as large if all learners are equal.
    chi2_without_ties
        The statistic as if there were no ties, as in the text of Demsar (2006), equation 6.
    f, f_p_value
        The less conservative statistic of Iman & Davenport (1980), distributed as F, and its probability. This is
        the one to look at.
    learners, datasets
        How many.
    left_out
        Data sets that do not count, since a learner has no score there.
    """

    chi2: float
    p_value: float
    chi2_without_ties: float
    f: float
    f_p_value: float
    learners: int
    datasets: int
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        k, n = self.learners, self.datasets
        return (
            f"Friedman chi2({k - 1}) = {self.chi2:.3f}, p = {self.p_value:.3g}; "
            f"Iman-Davenport F({k - 1}, {(k - 1) * (n - 1)}) = {self.f:.3f}, p = {self.f_p_value:.3g}; "
            f"{k} learners {counted(n, self.left_out)}"
        )


def friedman(scores: Scores) -> Friedman:
    """Test whether the learners are all equal.

    Raises
    ------
    ValueError
        If there are fewer than 3 learners, or fewer than 2 data sets on which all have a score.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, friedman
    >>> rows = [(3, 2, 1), (3, 1, 2), (3, 2, 1), (2, 3, 1), (3, 2, 1), (3, 2, 1)]
    >>> scores = Scores.of({f"set {i}": dict(zip("abc", row)) for i, row in enumerate(rows)})
    >>> print(friedman(scores))
    Friedman chi2(2) = 8.333, p = 0.0155; Iman-Davenport F(2, 10) = 11.364, p = 0.00266; 3 learners over 6 data sets
    """
    from scipy import stats

    whole = scores.complete()
    n, k = whole.values.shape
    if k < 3 or n < 2:
        raise ValueError(
            f"Friedman's test needs 3 learners and 2 data sets on which all have a score, found {k} and {n}; "
            f"two learners are compared by wilcoxon_holm or bayesian_signed_rank"
        )
    ranks = np.array(mean_ranks(scores).ranks)
    without_ties = 12 * n / (k * (k + 1)) * (float((ranks**2).sum()) - k * (k + 1) ** 2 / 4)
    chi2, p_value = 0.0, 1.0
    if not (whole.values == whole.values[:, :1]).all():
        chi2, p_value = (float(found) for found in stats.friedmanchisquare(*whole.values.T))
    most = n * (k - 1)
    f = (n - 1) * chi2 / (most - chi2) if most - chi2 > 1e-9 * most else math.inf
    f_p_value = float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
    return Friedman(chi2, p_value, without_ties, f, f_p_value, k, n, scores.incomplete)
