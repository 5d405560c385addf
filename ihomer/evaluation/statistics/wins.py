"""On how many data sets a learner is better than another, level, or worse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ihomer.evaluation.statistics.scores import Scores


@dataclass(slots=True, frozen=True)
class WinTieLoss:
    """How often one learner is better than another.

    Parameters
    ----------
    first, second
        Their names.
    wins, ties, losses
        On how many data sets `first` is better, level, worse.
    """

    first: str
    second: str
    wins: int
    ties: int
    losses: int

    def __str__(self) -> str:
        return f"{self.first} against {self.second}: {self.wins} better, {self.ties} level, {self.losses} worse"


def win_tie_loss(scores: Scores, margin: float = 0.0) -> tuple[WinTieLoss, ...]:
    """Return the counts of every two learners, over the data sets on which both have a score.

    Parameters
    ----------
    scores
        The scores.
    margin
        Scores no further apart than this are level.

    Raises
    ------
    ValueError
        If `margin` is negative.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, win_tie_loss
    >>> pair, = win_tie_loss(Scores.of({"one": {"a": 0.5, "b": 0.4}, "other": {"a": 0.5, "b": 0.5}}))
    >>> print(pair)
    a against b: 1 better, 1 level, 0 worse
    """
    if not margin >= 0:
        raise ValueError(f"margin must be at least 0, found {margin}")
    found = []
    for first, second in scores.pairs():
        x, y = scores.pair(first, second)
        wins, losses = int(np.count_nonzero(x - y > margin)), int(np.count_nonzero(y - x > margin))
        found.append(WinTieLoss(first, second, wins, len(x) - wins - losses, losses))
    return tuple(found)
