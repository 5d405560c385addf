"""The experts of a model that is one mixture, or for a while after a change an old one and a young one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ihomer.explain.parts import Evidence, Expert, Nested
from ihomer.explain.stacked import Weights, expert_of, stacked
from ihomer.kernels.stack import to_log_odds
from ihomer.learners.generations import LEAST, Generations
from ihomer.rows import Rows
from streams.names import Name
from streams.vocabulary import Vocabulary


def of_generations(
    generations: Generations,
    rows: Rows,
    label: int,
    others: Sequence[tuple[str, Sequence[Evidence]]],
    said: npt.NDArray[np.float32],
    names: tuple[Vocabulary, Sequence[Name]],
    k: int,
) -> tuple[Expert, ...]:
    """Return the experts of the one mixture; of two, the mixtures as experts, each with its own; parameters as `stacked`."""
    if generations.young is None:
        return stacked(generations.old, rows, label, others, said, names, k)
    mixtures = {"old mixture": generations.old, "young mixture": generations.young}
    scores = np.stack([mixture.block(rows, said, learn=False) for mixture in mixtures.values()])
    for score in scores:
        to_log_odds(score, LEAST)
    weights = Weights(generations.stack, scores, rows.n_labels, label)
    experts = []
    for i, (name, mixture) in enumerate(mixtures.items()):
        theirs = stacked(mixture, rows, label, others, said, names, k)
        what = f"experts under a stack of their own: what they add to its log-odds, which are cut at +-{_most():.2f}"
        total = math.fsum(expert.part for expert in theirs)
        experts.append(expert_of(name, weights.terms(i, ("log-odds",)), (Nested(what, total, theirs),)))
    experts.sort(key=lambda expert: -abs(expert.part))
    return (*experts, expert_of("constant", [weights.constant()]))


def _most() -> float:
    return math.log((1 - LEAST) / LEAST)
