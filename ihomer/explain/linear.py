"""Evidence of the experts that are linear in the features: what each feature adds to the score."""

from __future__ import annotations

import math

import numpy as np

from ihomer.explain.case import Case, largest
from ihomer.explain.parts import Feature, Features, Number
from ihomer.kernels.krls import EVEN, PREVIOUS, STRETCH
from ihomer.kernels.rls import WAITING
from ihomer.learners.arow import AROW, MOST
from ihomer.learners.rls import RLS


def of_arow(expert: AROW, case: Case) -> tuple[Features]:
    """Return what each feature adds to the log-odds 2 z of the margin z."""
    k = case.label
    items = [
        case.feature(j, 2 * x * float(expert.W[j, k]), scaled=x, weight=float(expert.W[j, k]))
        for j, x in case.entries(getattr(case.views, expert.view))
        if j < len(expert.W)
    ]
    what = f"log-odds 2 x weight x scaled value, which add up to the score before it is cut at +-{MOST:.2f}"
    return (summed(what, items, (Number("constant", 2 * float(expert.bias[k])),), case.k),)


def of_rls(expert: RLS, case: Case) -> tuple[Features]:
    """Return what each feature adds to the score 4 (y - .4) of the regression y, and the labels of the row before."""
    waiting = int(expert.marks[WAITING])
    # Rows that wait have moved the weights already, as far as predictions go.
    pending = expert.E[:waiting, case.label].astype(np.float64)
    weights = expert.W[:, case.label].astype(np.float64) + pending @ expert.G[:waiting].astype(np.float64)
    stretch = float(STRETCH)
    items = []
    for j, x in case.entries(case.views.plain):
        column = int(expert.feature_columns[j]) if j < len(expert.feature_columns) else -1
        if column >= 0:
            items.append(case.feature(j, stretch * weights[column] * x, scaled=x, weight=weights[column]))
    besides = [Number("constant", float(stretch * (weights[0] - EVEN)))]
    if expert.previous:
        columns = [int(expert.label_columns[label]) for label in expert.last.tolist()]
        before = math.fsum(stretch * float(PREVIOUS) * weights[column] for column in columns if column >= 0)
        besides.append(Number("labels of the row before", before))
    what = "4 x weight x scaled value, which add up to the score before it is cut at -2.8 and 3.6"
    return (summed(what, items, tuple(besides), case.k),)


def summed(what: str, items: list[Feature], besides: tuple[Number, ...], k: int) -> Features:
    """Return features and what stands besides them as evidence."""
    total = math.fsum([*(item.part for item in items), *(number.value or 0.0 for number in besides)])
    return Features(what, total, *largest(items, k), besides)
