"""Evidence of the learner of very many labels of dense rows: what each feature adds to the product, and what stands besides."""

from __future__ import annotations

import math

from ihomer.explain.case import Case
from ihomer.explain.linear import summed
from ihomer.explain.parts import Features, Number
from ihomer.kernels.feature_counts import BEYOND, COMPLETE
from ihomer.kernels.slot_index import BIAS, LOG_HELD
from ihomer.learners.dense_labels import DenseLabels


def of_dense_labels(expert: DenseLabels, case: Case) -> tuple[Features]:
    """Return what the learned vector of the label makes of the row's features, and besides what does not depend on them."""
    k, (product, prior, previous, constant) = case.label, expert.shared[0].tolist()
    items = []
    for j, x in case.entries(case.views.plain):
        if j < expert.n_features:
            weight = product * float(expert.vectors[k, j])
            items.append(case.feature(j, x * weight, scaled=x, weight=weight))
    rows = expert.rows[COMPLETE] + expert.counts[BEYOND, k] + 1
    besides = (
        Number("constant", constant + float(expert.traits[k, BIAS])),
        Number("how often the label holds", prior * (float(expert.traits[k, LOG_HELD]) - math.log(rows))),
        Number("it held in the row before", previous * float(k in expert.previous.tolist())),
    )
    return (summed("weight x scaled value, which add up to the score", items, besides, case.k),)
