"""The terms of the stack: what every expert of a mixture adds to the logit, with its evidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.explain.case import Case
from ihomer.explain.counts import of_feature_counts, of_naive_bayes, of_slot_index
from ihomer.explain.history import of_history, of_prior
from ihomer.explain.linear import of_arow, of_rls
from ihomer.explain.neighbours import of_krls, of_recent_rows, of_row_memory
from ihomer.explain.parts import Evidence, Expert, Term
from ihomer.explain.trees import of_extra_trees
from ihomer.kernels.stack import stack_features
from ihomer.learners.arow import AROW
from ihomer.learners.extra_trees import ExtraTrees
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.krls import KernelRLS
from ihomer.learners.label_prior import LabelPrior
from ihomer.learners.mixture import Mixture
from ihomer.learners.naive_bayes import NaiveBayes
from ihomer.learners.recent_rows import RecentRows
from ihomer.learners.rls import RLS
from ihomer.learners.row_memory import RowMemory
from ihomer.learners.slot_index import SlotIndex
from ihomer.learners.stack import Stack
from ihomer.rows import Rows
from streams.names import Name
from streams.vocabulary import Vocabulary

_Explain = Callable[[Any, Case], Sequence[Evidence]]

#: Class of an expert -> names of its scores, in their order, and what tells its evidence.
KNOWN: dict[type, tuple[tuple[str, ...], _Explain]] = {
    AROW: (("log-odds",), of_arow),
    RLS: (("regression",), of_rls),
    NaiveBayes: (("log ratio",), of_naive_bayes),
    SlotIndex: (("log-odds",), of_slot_index),
    FeatureCounts: (("mean share", "largest share"), of_feature_counts),
    LabelPrior: (("prior",), of_prior),
    LabelHistory: (("chain", "prior", "lately, fast", "lately, slow"), of_history),
    RecentRows: (("votes", "nearest row", "recency"), of_recent_rows),
    RowMemory: (("votes", "sharp votes", "nearest row", "recency", "wide votes"), of_row_memory),
    KernelRLS: (("regression",), of_krls),
    ExtraTrees: (("mean share",), of_extra_trees),
}


def stacked(
    mixture: Mixture,
    rows: Rows,
    label: int,
    others: Sequence[tuple[str, Sequence[Evidence]]],
    said: npt.NDArray[np.float32],
    names: tuple[Vocabulary, Sequence[Name]],
    k: int,
) -> tuple[Expert, ...]:
    """Return the experts with what each adds to the logit of a label, those that add most first; the last is the constant.

    Parameters
    ----------
    mixture
        Shared experts under their stack.
    rows
        One row.
    label
        Its id, below `rows.n_labels`.
    others
        Name and evidence of every further expert.
    said
        float32 (n_others, 1, labels): their scores.
    names
        Of features and of labels.
    k
        So many items of a kind are told.
    """
    views = mixture.inputs.block(rows, learn=False)
    case = Case(label, rows, views, *names, int(mixture.inputs.counters[0]), k)
    scores = np.concatenate([*(expert.block(views, learn=False) for expert in mixture.experts.values()), said])
    weights = Weights(mixture.stack, scores, rows.n_labels, label)
    first = 0
    experts = []
    for name, expert in mixture.experts.items():
        told, explain = KNOWN.get(type(expert), (None, None))
        told = told or tuple(f"score {i}" for i in range(expert.n_scores))
        evidence = () if explain is None else tuple(explain(expert, case))
        experts.append(expert_of(name, weights.terms(first, told), evidence))
        first += expert.n_scores
    for name, evidence_of_other in others:
        experts.append(expert_of(name, weights.terms(first, ("log-odds",)), tuple(evidence_of_other)))
        first += 1
    experts.sort(key=lambda expert: -abs(expert.part))
    return (*experts, expert_of("constant", [weights.constant()]))


def expert_of(name: str, terms: Sequence[Term], evidence: tuple[Evidence, ...] = ()) -> Expert:
    """Return an expert of these terms."""
    return Expert(name, math.fsum(term.part for term in terms), tuple(terms), evidence)


class Weights:
    """The features and weights of a stack for one label.

    Parameters
    ----------
    stack
        The stack.
    scores
        float32 (E, 1, labels): what it stacks, of one row.
    n_labels, label
        How many labels there are, and the id of the one.
    """

    def __init__(self, stack: Stack, scores: npt.NDArray[np.float32], n_labels: int, label: int) -> None:
        features = np.zeros((len(stack.w), n_labels), np.float32)
        stack_features(scores, 0, stack.counted, stack.held, n_labels, features)
        self.features = features[:, label].tolist()
        self.shared, self.own = stack.w.tolist(), stack.v[:, label].tolist()
        self.n_scores, self.counted = len(scores), stack.counted.tolist()

    def term(self, i: int, name: str) -> Term:
        """Return term `i` of the logit."""
        score, shared, own = self.features[i], self.shared[i], self.own[i]
        return Term(name, score, shared, own, (shared + own) * score)

    def constant(self) -> Term:
        """Return the last term of the logit."""
        return self.term(len(self.features) - 1, "constant")

    def terms(self, first: int, names: Sequence[str]) -> list[Term]:
        """Return the terms of scores from `first` on; a counted score's second term stands behind its first."""
        terms = []
        for i, name in enumerate(names, start=first):
            terms.append(self.term(i, name))
            if i in self.counted:
                terms.append(self.term(self.n_scores + self.counted.index(i), f"{name} x how much is known"))
        return terms
