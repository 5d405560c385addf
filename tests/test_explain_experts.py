"""The evidence of every expert adds up to its score."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ihomer.door import Door
from ihomer.explain.case import Case
from ihomer.explain.stacked import KNOWN
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.learners.arow import AROW
from ihomer.learners.composition import PARTS
from ihomer.learners.extra_trees import ExtraTrees
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.history import LabelHistory
from ihomer.learners.inputs import Inputs
from ihomer.learners.krls import KernelRLS
from ihomer.learners.label_prior import LabelPrior
from ihomer.learners.naive_bayes import NaiveBayes
from ihomer.learners.protocol import Views
from ihomer.learners.recent_rows import RecentRows
from ihomer.learners.rls import RLS
from ihomer.learners.row_memory import RowMemory
from ihomer.learners.slot_index import SlotIndex
from ihomer.rows import compact
from streams import Batch
from tests.expert_streams import cut, random_pairs, run


def odds(p: float, least: float) -> float:
    p = min(max(p, least), 1 - least)
    return math.log(p / (1 - p))


def soft(p: float) -> float:
    return 0.7 * odds(p, 0.01) + 0.5


def half(p: float, least: float = 0.003) -> float:
    return 0.5 * odds(p, least) + 0.5


def cut_at(low: float, high: float) -> Callable[[float], float]:
    return lambda total: min(max(total, low), high)


#: name -> how it is made, and for each piece of evidence that is a sum: which score it makes, and how.
EXPERTS: dict[str, tuple[Callable[[bool], Any], list[tuple[int, Callable[[float], float]]]]] = {
    "arow": (lambda _: AROW(), [(0, cut_at(-5.29, 5.29))]),
    "arow idf": (lambda _: AROW(view="idf"), [(0, cut_at(-5.29, 5.29))]),
    "rls": (lambda _: RLS(), [(0, cut_at(-2.8, 3.6))]),
    "rls previous": (lambda _: RLS(columns=12, previous=True, horizon=64), [(0, cut_at(-2.8, 3.6))]),
    "naive bayes": (lambda dense: NaiveBayes(dense=dense), [(0, cut_at(-6, 6))]),
    "slot index": (lambda _: SlotIndex(slots=3), [(0, cut_at(-7, 7))]),
    "feature counts": (lambda _: FeatureCounts(), [(0, half), (1, half)]),
    "feature counts in lines": (lambda _: FeatureCounts(table_bytes=0, slots=3), [(0, half), (1, half)]),
    "row memory": (lambda dense: RowMemory(64, dense=dense), [(4, soft), (3, lambda p: 2 * p - 1)]),
    "recent rows": (lambda dense: RecentRows(dense=dense), [(0, soft), (2, lambda p: 2 * p - 1)]),
    "krls": (lambda dense: KernelRLS(size=20, dense=dense), [(0, lambda y: 4 * (min(max(y, -0.3), 1.3) - 0.4))]),
    "extra trees": (lambda dense: ExtraTrees(trees=6, dense=dense), [(0, soft)]),
}


@pytest.mark.parametrize("name", EXPERTS)
@settings(max_examples=6, deadline=None)
@example(seed=269, dense=True, partial=0.3, n=200)  # none of the nearest rows knew a label
@given(seed=st.integers(0, 10_000), dense=st.booleans(), partial=st.sampled_from([0.0, 0.3]), n=st.sampled_from([3, 90, 200]))
def test_evidence_makes_the_score(name, seed, dense, partial, n):
    make, scores = EXPERTS[name]
    door = Door()
    rows = door.learned(Batch.from_pairs(random_pairs(seed, n + 4, partial=partial)))
    views = Inputs(DENSE if dense else SPARSE).block(rows, learn=True)
    expert = make(dense)
    run(expert, views, 0, n)
    n_labels = int(rows.limits[n])
    for i in range(n, n + 4):
        view = cut(views, i, i + 1)
        said = expert.block(view, learn=False)[:, 0]
        # Rows with arrays of their own, as a door gives them.
        row, plain, idf = compact(rows.slice(i, i + 1)), compact(view.plain), compact(view.idf)
        for k in range(n_labels):
            case = Case(k, row, Views(plain, idf, dense), door.features, door.labels.names, n, 4)
            evidence = KNOWN[type(expert)][1](expert, case)
            told = scores
            if len(evidence) < len(scores):  # no vote of a kind knew the label: the words tell which kind there is
                told = [scores[0 if "nearest" in piece.what else -1] for piece in evidence]
            for piece, (score, made) in zip(evidence, told, strict=False):
                parts = [piece.others, *(item.part for item in piece.items)]
                parts += [number.value for number in getattr(piece, "besides", ())]
                assert math.fsum(parts) == pytest.approx(piece.total, abs=1e-9)
                assert made(piece.total) == pytest.approx(float(said[score, k]), abs=1e-3)
            if not evidence:
                assert not said[[score for score, _ in scores][:1], k].any()


def test_facts_of_the_history():
    """They are those of the docstring: .5, 3/4, 5/6, 5/8 of the rows before."""
    door = Door()
    rows = door.learned(Batch.from_pairs([({}, {"a"}), ({}, {"a"}), ({}, set()), ({}, {"a", "b"})]))
    view = Inputs(SPARSE).block(rows, learn=True)
    history, prior = LabelHistory(), LabelPrior()
    for expert in (history, prior):
        run(expert, view)
    case = Case(0, rows, view, door.features, door.labels.names, 4, 5)
    for expert in (history, prior):
        (facts,) = KNOWN[type(expert)][1](expert, case)
        numbers = {number.name: number.value for number in facts.items}
        assert numbers["rows with it"] == 3
        assert numbers["rows in which it was known"] == 4
        assert numbers["share of rows with it"] == 3.5 / 5
    (facts,) = KNOWN[LabelHistory][1](history, case)
    numbers = {number.name: number.value for number in facts.items}
    assert numbers["last known truth (1: it held)"] == 1
    assert (numbers["rows after such a truth"], numbers["of them with it"]) == (2, 1)
    assert numbers["share lately (.8 stays from row to row)"] == pytest.approx(((0.2 * 0.8 + 0.2) * 0.8) * 0.8 + 0.2)


def test_every_expert_that_a_mixture_may_have_is_known():
    made = [make(dense=False, seed=1) for make in PARTS.values()]
    assert {type(expert) for expert in made} <= set(KNOWN)
    for expert in made:
        assert len(KNOWN[type(expert)][0]) == expert.n_scores
