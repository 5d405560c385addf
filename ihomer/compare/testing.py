"""Whether differences mean anything: any two learners are compared on the rows that both saw."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ihomer.compare.metrics import sign
from ihomer.evaluation.statistics import Nemenyi, Scores, bayesian_signed_rank, friedman, nemenyi, wilcoxon_p_value
from ihomer.evaluation.statistics.cliques import cliques
from ihomer.evaluation.statistics.wilcoxon import holm
from ihomer.report.data import Pair, Statistics

if TYPE_CHECKING:
    from ihomer.compare.comparison import Comparison

#: Of the tests; and the difference of no practical meaning.
ALPHA: Final = 0.05
ROPE: Final = 0.01
#: Draws of the Bayesian test from so many pairs on: probabilities right to .005.
MANY_PAIRS, FEWER_DRAWS, DRAWS = 50, 10_000, 50_000


def ranked(comparison: Comparison, metric: str) -> Scores | None:
    """Return minus the rank of every learner on every stream, as scores for the tests.

    On one stream the rank of a learner is 1 + the number of those that are better + half of those that are level, any
    two compared on the rows that both saw. Without cuts these are the ranks of the scores. Learners without any score
    are left out.

    Returns
    -------
    Scores or None
        None if there are not two learners and a stream on which all have a score.
    """
    streams = list(comparison.streams)
    learners = [a for a in comparison.learners if any(comparison.score(stream, a, metric) is not None for stream in streams)]
    table: dict[str, dict[str, float | None]] = {}
    for stream in streams:
        whole = all(comparison.score(stream, a, metric) is not None for a in learners)
        table[stream] = {a: _rank(comparison, stream, a, learners, metric) if whole else None for a in learners}
    scores = Scores.of_losses(table)
    return scores if len(learners) > 1 and scores.complete().datasets else None


def _rank(comparison: Comparison, stream: str, learner: str, learners: list[str], metric: str) -> float:
    rank = 1.0
    for other in learners:
        if other != learner:
            pair = both(comparison, stream, learner, other, metric)
            rank += 0.5 if pair is None else 0.5 * (1 + np.sign(pair[1] - pair[0]))
    return rank


def both(comparison: Comparison, stream: str, first: str, second: str, metric: str) -> tuple[float, float] | None:
    """Return the scores of two learners over the rows that both saw, the larger the better; None if one has none."""
    rows = min(comparison.rows(stream, first), comparison.rows(stream, second))
    x, y = (comparison.score(stream, learner, metric, rows) for learner in (first, second))
    return None if x is None or y is None else (sign(metric) * x, sign(metric) * y)


def statistics_of(comparison: Comparison, metric: str, *, bayes: bool = True) -> Statistics | None:
    """Return all tests of a metric; None if there are not two learners and a stream on which all have a score.

    Parameters
    ----------
    comparison
        The cells.
    metric
        Of the cells.
    bayes
        Whether to do the Bayesian signed-rank test of every two.
    """
    scores = ranked(comparison, metric)
    if scores is None:
        return None
    test = nemenyi(scores, ALPHA)
    pairs = _pairs(comparison, scores.learners, metric, bayes=bayes)
    differ = {frozenset((pair.first, pair.second)) for pair in pairs if pair.adjusted is not None and pair.adjusted < ALPHA}
    order = [learner for learner, _ in test.ranks.best_first()]
    return Statistics(
        metric=metric,
        ranks=test.ranks.by_learner(),
        datasets=test.ranks.datasets,
        left_out=test.ranks.left_out,
        critical_difference=test.critical_difference,
        alpha=ALPHA,
        groups=test.groups,
        holm_groups=cliques(order, lambda a, b: frozenset((a, b)) not in differ),
        pairs=tuple(pairs),
        sentences=sentences(comparison, scores, test),
    )


def sentences(comparison: Comparison, scores: Scores, test: Nemenyi) -> tuple[str, ...]:
    """Return what the tests of all learners together found, for people."""
    found = []
    if len(scores.learners) > 2 and test.ranks.datasets > 1:
        found.append(f"{friedman(scores)}.")
    else:
        found.append("Friedman's test needs three learners and two streams on which all have a score.")
    best = test.ranks.best_first()[0][0]
    worse = sum(test.differ(best, other) for other in scores.learners if other != best)
    found.append(
        f"Nemenyi: mean ranks {test.critical_difference:.3f} apart differ (alpha {test.alpha:g}); "
        f"{best} is the first, and differs from {worse} of the other {len(scores.learners) - 1}."
    )
    if any(comparison.cut(stream, learner) for stream in comparison.streams for learner in comparison.learners):
        found.append("Any two learners are compared on the rows that both saw.")
    return tuple(found)


def _pairs(comparison: Comparison, learners: tuple[str, ...], metric: str, *, bayes: bool) -> list[Pair]:
    names = list(combinations(learners, 2))
    tables = [_pair_scores(comparison, first, second, metric) for first, second in names]
    p_values = [wilcoxon_p_value(x - y) if len(x) else 1.0 for x, y in tables]
    draws = DRAWS if len(names) < MANY_PAIRS else FEWER_DRAWS
    found = []
    for (first, second), (x, y), p_value, adjusted in zip(names, tables, p_values, holm(p_values), strict=True):
        posterior = None
        if bayes and len(x):
            scores = Scores(tuple(map(str, range(len(x)))), (first, second), np.stack((x, y), axis=1))
            posterior = bayesian_signed_rank(scores, first, second, rope=ROPE, samples=draws)
        found.append(
            Pair(
                first,
                second,
                wins=int((x > y).sum()),
                ties=int((x == y).sum()),
                losses=int((x < y).sum()),
                p_value=p_value if len(x) else None,
                adjusted=adjusted if len(x) else None,
                better=None if posterior is None else posterior.first_better,
                alike=None if posterior is None else posterior.equivalent,
                worse=None if posterior is None else posterior.second_better,
            )
        )
    return found


def _pair_scores(
    comparison: Comparison, first: str, second: str, metric: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    found = [both(comparison, stream, first, second, metric) for stream in comparison.streams]
    known = np.array([pair for pair in found if pair is not None], np.float64).reshape(-1, 2)
    return known[:, 0], known[:, 1]
