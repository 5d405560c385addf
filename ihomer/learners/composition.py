"""What a mixture is made of: shared experts by name, and how the stack begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ihomer.learners.protocol import SharedExpert
from ihomer.learners.stack import Stack
from ihomer.learners.stack_prior import stack_prior

#: Weight of the score of a clustered learner at first.
CLUSTERED = 0.3


def _arow(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.arow import AROW

    return AROW()


def _arow_idf(*, dense: bool, seed: int) -> SharedExpert | None:  # noqa: ARG001
    from ihomer.learners.arow import AROW

    # Dense streams have one view of the features.
    return None if dense else AROW(view="idf")


def _slow_arow(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.arow import AROW

    return AROW(r=5.0, weight=0.0)


def _prior(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.label_prior import LabelPrior

    return LabelPrior()


def _history(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.history import LabelHistory

    return LabelHistory(dense=dense)


def _recent_rows(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.recent_rows import RecentRows

    return RecentRows(dense=dense)


def _feature_counts(*, dense: bool, seed: int) -> SharedExpert | None:  # noqa: ARG001
    from ihomer.learners.feature_counts import FeatureCounts

    # Where every row has every feature, which labels a feature has come with says nothing.
    return None if dense else FeatureCounts()


def _row_memory(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.row_memory import RowMemory

    return RowMemory(dense=dense)


def _extra_trees(*, dense: bool, seed: int) -> SharedExpert:
    from ihomer.learners.extra_trees import ExtraTrees

    return ExtraTrees(dense=dense, seed=seed)


def _krls(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.krls import KernelRLS

    return KernelRLS(dense=dense)


def _rls(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.rls import RLS

    return RLS()


def _rls_previous(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.rls import RLS

    return RLS(previous=True)


def _naive_bayes(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.naive_bayes import NaiveBayes

    return NaiveBayes(dense=dense)


def _slot_index(*, dense: bool, seed: int) -> SharedExpert | None:  # noqa: ARG001
    from ihomer.learners.slot_index import SlotIndex

    # As with counts of features: where every feature holds every label, slots say nothing.
    return None if dense else SlotIndex()


#: Every shared expert by name, and what makes it for a dense or a sparse stream; None where it has nothing to say.
PARTS: Mapping[str, Callable[..., SharedExpert | None]] = {
    "arow": _arow,
    "arow idf": _arow_idf,
    "slow arow": _slow_arow,
    "prior": _prior,
    "history": _history,
    "recent rows": _recent_rows,
    "feature counts": _feature_counts,
    "row memory": _row_memory,
    "extra trees": _extra_trees,
    "krls": _krls,
    "slot index": _slot_index,
    "rls": _rls,
    "rls previous": _rls_previous,
    "naive bayes": _naive_bayes,
}


@dataclass(frozen=True, slots=True)
class Composition:
    """Shared experts under a stack.

    Parameters
    ----------
    parts
        Names of the experts, in the order of their scores; see `PARTS`.
    counted
        Those whose scores stand once more, times how much is known of the label.
    own
        Prior variance of a label's own stack weights.
    prior
        Name of the `ihomer.learners.stack_prior` that the stack begins with; None: the experts' own first weights.
    """

    parts: tuple[str, ...]
    counted: tuple[str, ...] = ()
    own: float = 0.006
    prior: str | None = None

    def experts(self, *, dense: bool, seed: int) -> dict[str, SharedExpert]:
        """Return untrained experts for a dense or a sparse stream, by name."""
        made = {part: PARTS[part](dense=dense, seed=seed) for part in self.parts}
        return {part: expert for part, expert in made.items() if expert is not None}

    def stack(self, experts: Mapping[str, SharedExpert], n_others: int, *, dense: bool) -> Stack:
        """Return an untrained stack for `experts` and as many further scores."""
        weights: list[float] = []
        counted: list[int] = []
        for part, expert in experts.items():
            if part in self.counted:
                counted += range(len(weights), len(weights) + expert.n_scores)
            weights += expert.first_weights.tolist()
        weights += [CLUSTERED] * n_others
        stack = Stack(np.array(weights), np.array(counted, np.int64), np.zeros(len(counted) + 1), self.own)
        if self.prior is not None:
            prior = stack_prior(self.prior, dense=dense)
            stack.w, stack.A = prior.of(self.names(experts, n_others), stack.w, np.diag(stack.A).copy())
        return stack

    def names(self, experts: Mapping[str, SharedExpert], n_others: int) -> list[str]:
        """Return the names of the stack's weights, as a `StackPrior` has them."""
        scores = {part: range(expert.n_scores) for part, expert in experts.items()}
        return [
            *(f"{part} {i}" for part, numbers in scores.items() for i in numbers),
            *(f"clustered {i}" for i in range(n_others)),
            *(f"{part}* {i}" for part, numbers in scores.items() if part in self.counted for i in numbers),
            "constant",
        ]


#: The linear expert alone, calibrated.
LINEAR = Composition(("arow", "prior"))
