"""What a mixture is made of: shared experts by name, and how the stack begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ihomer.learners.protocol import SharedExpert
from ihomer.learners.stack import Stack

#: Weight of the score of a clustered learner at first.
CLUSTERED = 0.3


def _arow(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.arow import AROW

    return AROW()


def _arow_idf(*, dense: bool, seed: int) -> SharedExpert:  # noqa: ARG001
    from ihomer.learners.arow import AROW

    return AROW(view="idf")


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


#: Every shared expert by name, and what makes it for a dense or a sparse stream; None where it has nothing to say.
PARTS: Mapping[str, Callable[..., SharedExpert | None]] = {
    "arow": _arow,
    "arow idf": _arow_idf,
    "prior": _prior,
    "history": _history,
    "recent rows": _recent_rows,
    "feature counts": _feature_counts,
    "row memory": _row_memory,
    "extra trees": _extra_trees,
    "krls": _krls,
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
    first
        dense -> name of a part -> the stack's first weights of its scores, in place of the expert's own; "constant": of
        the constant; a name with "*" behind it: of the scores that stand once more.
    """

    parts: tuple[str, ...]
    counted: tuple[str, ...] = ()
    own: float = 0.006
    first: Mapping[bool, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)

    def experts(self, *, dense: bool, seed: int) -> dict[str, SharedExpert]:
        """Return untrained experts for a dense or a sparse stream, by name."""
        made = {part: PARTS[part](dense=dense, seed=seed) for part in self.parts}
        return {part: expert for part, expert in made.items() if expert is not None}

    def stack(self, experts: Mapping[str, SharedExpert], n_others: int, *, dense: bool) -> Stack:
        """Return an untrained stack for `experts` and as many further scores."""
        first = self.first.get(dense, {})
        weights: list[float] = []
        counted: list[int] = []
        more: list[float] = []
        for part, expert in experts.items():
            if part in self.counted:
                counted += range(len(weights), len(weights) + expert.n_scores)
                more += first.get(f"{part}*", (0.0,) * expert.n_scores)
            weights += first.get(part, tuple(expert.first_weights))
        weights += [CLUSTERED] * n_others
        return Stack(
            np.array(weights), np.array(counted, np.int64), np.array([*more, *first.get("constant", (0.0,))]), self.own
        )


#: The linear expert alone, calibrated.
LINEAR = Composition(("arow", "prior"))
