"""The Bayesian signed-rank test: how probable it is that a learner is better, or that the two are as good as equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ihomer.evaluation.statistics.scores import Floats, Scores

#: Draws from the posterior: probabilities are right to about .002 each.
SAMPLES: Final = 50_000
#: Weight of the one data set of difference 0 that is believed in beforehand (Benavoli et al. 2017).
PRIOR: Final = 0.5
#: Draws at a time: a few MB.
_AT_ONCE = 5_000


@dataclass(slots=True, frozen=True)
class SignedRank:
    """The posterior of the test of two learners.

    Parameters
    ----------
    first, second
        Their names.
    datasets
        On how many data sets both have a score.
    rope
        Differences no larger are of no practical meaning ("region of practical equivalence").
    first_better, equivalent, second_better
        Probabilities that the one, that neither, that the other is better in practice; they add up to 1.
    """

    first: str
    second: str
    datasets: int
    rope: float
    first_better: float
    equivalent: float
    second_better: float

    def verdict(self, probability: float = 0.95) -> str | None:
        """Return the name of the better one, "equivalent", or None where nothing is as probable as asked."""
        for name, found in ((self.first, self.first_better), (self.second, self.second_better)):
            if found >= probability:
                return name
        return "equivalent" if self.equivalent >= probability else None

    def __str__(self) -> str:
        return (
            f"{self.first} better {self.first_better:.3f}, equivalent within {self.rope:g} {self.equivalent:.3f}, "
            f"{self.second} better {self.second_better:.3f} (over {self.datasets})"
        )


def bayesian_signed_rank(
    scores: Scores, first: str, second: str, *, rope: float = 0.01, samples: int = SAMPLES, seed: int = 0
) -> SignedRank:
    """Compare two learners (Benavoli, Corani, Demsar & Zaffalon, Time for a change, JMLR 18(77), 2017, section 4.2.1).

    Of the data sets of the world those at hand are a sample: weights of them, and of one with difference 0 that is
    believed in beforehand, are drawn from a Dirichlet distribution. With each draw the mean of two random data sets lies
    above, within or below the rope with some probability; what is largest wins the draw.

    Parameters
    ----------
    scores
        The scores; data sets on which both have one count.
    first, second
        The learners.
    rope
        What difference is of no practical meaning: .01 is one point of F1 in a hundred.
    samples
        Draws.
    seed
        Of the draws.

    Raises
    ------
    KeyError
        If one of them is not among the learners.
    ValueError
        If both have a score on no data set, `rope` is negative, or there is no draw.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, bayesian_signed_rank
    >>> scores = Scores.of({f"set {i}": {"ours": 0.7 + 0.01 * i, "theirs": 0.66} for i in range(10)})
    >>> bayesian_signed_rank(scores, "ours", "theirs").verdict()
    'ours'
    """
    x, y = scores.pair(first, second)
    if not len(x):
        raise ValueError(f"{first} and {second} have a score on no data set together")
    if not rope >= 0:
        raise ValueError(f"rope must be at least 0, found {rope}")
    if samples < 1:
        raise ValueError(f"samples must be at least 1, found {samples}")
    better, worse = won_draws(x - y, rope, samples, seed)
    return SignedRank(
        first, second, len(x), rope, better / samples, (samples - better - worse) / samples, worse / samples
    )  # fmt: skip


def won_draws(differences: Floats, rope: float, samples: int, seed: int) -> tuple[int, int]:
    """Return in how many draws "above the rope" and "below the rope" is the largest; a draw that is level is the rope's."""
    z = np.concatenate(([0.0], differences))
    sums = np.add.outer(z, z)
    # A sum at the edge belongs to the rope, also if it is a few bits beyond: .8 - .79 is more than .01.
    edge = 2 * rope + 1e-12
    above, below = (sums > edge).astype(np.float64), (sums < -edge).astype(np.float64)
    alpha = np.ones(len(z))
    alpha[0] = PRIOR
    rng = np.random.default_rng(seed)
    better = worse = 0
    for start in range(0, samples, _AT_ONCE):
        w = rng.dirichlet(alpha, min(_AT_ONCE, samples - start))
        right, left = ((w @ above) * w).sum(axis=1), ((w @ below) * w).sum(axis=1)
        within = 1.0 - right - left
        better += int(np.count_nonzero((right > left) & (right > within)))
        worse += int(np.count_nonzero((left > right) & (left > within)))
    return better, worse
