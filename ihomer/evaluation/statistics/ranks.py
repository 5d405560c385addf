"""Mean ranks of learners over data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ihomer.evaluation.statistics.scores import Scores


@dataclass(slots=True, frozen=True)
class MeanRanks:
    """The mean rank of every learner; 1 is the best.

    Parameters
    ----------
    learners, ranks
        In the order of the scores.
    datasets
        How many data sets the means are over.
    left_out
        Data sets that do not count, since a learner has no score there.
    """

    learners: tuple[str, ...]
    ranks: tuple[float, ...]
    datasets: int
    left_out: tuple[str, ...] = ()

    def by_learner(self) -> dict[str, float]:
        """Return learner -> mean rank."""
        return dict(zip(self.learners, self.ranks, strict=True))

    def best_first(self) -> list[tuple[str, float]]:
        """Return the learners with their mean ranks, the best first; those that are level in the order of the scores."""
        return sorted(self.by_learner().items(), key=lambda pair: pair[1])

    def __str__(self) -> str:
        width = max(map(len, self.learners), default=0)
        lines = [f"{learner:<{width}}  {rank:6.3f}" for learner, rank in self.best_first()]
        return "\n".join([*lines, counted(self.datasets, self.left_out)])


def mean_ranks(scores: Scores) -> MeanRanks:
    """Return the mean rank of every learner; learners that are level share the mean of their ranks.

    Only data sets on which all learners have a score count; the others are named in the result.

    Raises
    ------
    ValueError
        If no data set is left.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, mean_ranks
    >>> ranks = mean_ranks(Scores.of({"one": {"a": 0.5, "b": 0.7, "c": 0.5}, "other": {"a": 0.9, "b": 0.8, "c": 0.7}}))
    >>> print(ranks)
    b   1.500
    a   1.750
    c   2.750
    over 2 data sets
    """
    from scipy.stats import rankdata

    whole = scores.complete()
    if not whole.datasets or not whole.learners:
        raise ValueError(
            f"ranks need a data set on which every learner has a score; "
            f"found none among {len(scores.datasets)} with {len(scores.learners)} learners"
        )
    ranks = rankdata(-whole.values, axis=1).mean(axis=0)
    return MeanRanks(whole.learners, tuple(float(rank) for rank in np.ravel(ranks)), len(whole.datasets), scores.incomplete)


def counted(datasets: int, left_out: tuple[str, ...]) -> str:
    """Return how many data sets something is over, and which are left out."""
    over = f"over {datasets} data set{'s' * (datasets != 1)}"
    return over + (f"; left out, not all have a score: {', '.join(left_out)}" if left_out else "")
