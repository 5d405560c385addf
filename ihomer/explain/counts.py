"""Evidence of the experts that count: how often the label held in the rows that have a feature."""

from __future__ import annotations

import math

import numpy as np

from ihomer.explain.case import Case
from ihomer.explain.linear import summed
from ihomer.explain.parts import Features, Number
from ihomer.kernels.feature_counts import BEYOND, COMPLETE, FIRST_QUALITY, PARTIAL, START, USED
from ihomer.kernels.naive_bayes import MEAN_ROWS, MET, NON_ZEROS, SMOOTHING, VARIANCE_ROWS
from ihomer.kernels.slot_index import (
    BIAS,
    CONSTANT,
    COUNT,
    LABEL,
    LINEAR,
    LOG_HELD,
    LOG_REL,
    LOG_TOP,
    NEW,
    NEW_LINEAR,
    PMI,
    PREVIOUS,
    PRIOR,
    REL,
    WEIGHT,
)
from ihomer.learners.feature_counts import FeatureCounts
from ihomer.learners.naive_bayes import NaiveBayes
from ihomer.learners.slot_index import SlotIndex

#: Shares are compared with this before their logarithm is taken (slot index).
LEAST_SHARE = 0.003


def of_feature_counts(expert: FeatureCounts, case: Case) -> tuple[Features, ...]:
    """Return each feature's part of the label's mean share, and the feature with the largest share."""
    if case.views.dense:
        return ()
    items, shares = [], []
    for (j, _), weight in zip(case.entries(case.views.plain), _relevances(expert, case), strict=True):
        rows, held = float(expert.seen[j]) if j < len(expert.seen) else 0.0, _count(expert, j, case.label)
        share = held / (rows * _known(expert, case.label) + 1)
        items.append(case.feature(j, weight * share, rows=rows, held=held, share=share, weight=weight))
        shares.append(case.feature(j, share, rows=rows, held=held))
    mean = summed(
        "weight of the feature x share of its rows with the label; the first score is .5 log-odds of the sum + .5",
        items, (), case.k,
    )  # fmt: skip
    best = max(shares, key=lambda item: item.part, default=None)
    if best is None or not best.part:
        return (mean,)
    what = "the largest share of a feature; the second score is .5 log-odds of it + .5"
    return mean, Features(what, best.part, (best,))


def _relevances(expert: FeatureCounts | SlotIndex, case: Case) -> list[float]:
    """Return the weight o_f of each feature met, see `ihomer.kernels.feature_counts.weigh_features`."""
    view = case.views.plain
    squares = view.values.astype(np.float64) ** 2
    seen = view.indices < len(expert.seen)
    squares[seen] *= expert.quality[view.indices[seen]]
    squares[~seen] *= FIRST_QUALITY
    weights = squares / (1e-9 + squares.sum())
    weights[~seen] = 0
    return [w for j, w in zip(view.indices.tolist(), weights.tolist(), strict=True) if j < len(case.features)]


def _known(expert: FeatureCounts | SlotIndex, label: int) -> float:
    """Return in which share of the labelled rows the label was known."""
    complete, partial = expert.rows[COMPLETE], expert.rows[PARTIAL]
    return float((complete + expert.counts[BEYOND, label]) / (complete + partial)) if partial > 0 else 1.0


def _count(expert: FeatureCounts, j: int, label: int) -> float:
    """Return in how many rows with feature `j` the label held, as far as that is kept."""
    if expert.table is not None:
        inside = j < expert.table.shape[0] and label < expert.table.shape[1]
        return float(expert.table[j, label]) if inside else 0.0
    if j >= len(expert.lines):
        return 0.0
    line = slice(expert.lines[j, START], expert.lines[j, START] + expert.lines[j, USED])
    return float(expert.cells[line][expert.labels[line] == label].sum())


def of_slot_index(expert: SlotIndex, case: Case) -> tuple[Features, ...]:
    """Return what the learned weights of the row's features add, and besides what their counts do."""
    if case.views.dense:
        return ()
    k, w = case.label, expert.shared[0].tolist()
    known = _known(expert, k)
    prior = float(expert.traits[k, LOG_HELD]) - math.log(expert.rows[COMPLETE] + expert.counts[BEYOND, k] + 1)
    new = min(math.exp(-float(expert.traits[k, LOG_HELD])), 1.0)
    items, shares, pmi = [], [0.0], 0.0
    mean = 0.0
    for (j, x), weight in zip(case.entries(case.views.plain), _relevances(expert, case), strict=True):
        slot = _slot(expert, j, k)
        if slot is None:
            continue
        rows, held = float(expert.seen[j]), float(slot[COUNT])
        share = held / (rows * known + 1)
        slope = (w[LINEAR] + w[NEW_LINEAR] * new) * float(slot[WEIGHT])
        items.append(case.feature(j, x * slope, scaled=x, weight=slope, rows=rows, held=held))
        shares.append(share)
        mean += weight * share
        pmi += x * max(0.0, math.log(share) - prior)
    before = float(k in expert.previous.tolist())
    besides = (
        Number("constant", w[CONSTANT] + float(expert.traits[k, BIAS])),
        Number("how new the label is", w[NEW] * new),
        Number("how often the label holds", w[PRIOR] * prior),
        Number("it held in the row before", w[PREVIOUS] * before),
        Number("mean share", w[LOG_REL] * math.log1p(mean / LEAST_SHARE) + w[REL] * mean),
        Number("largest share", w[LOG_TOP] * math.log1p(max(shares) / LEAST_SHARE)),
        Number("shares against how often the label holds", w[PMI] * pmi),
    )
    what = "slot weight x scaled value; with what counts say they add up to the score before it is cut at +-7"
    return (summed(what, items, besides, case.k),)


def _slot(expert: SlotIndex, j: int, label: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None:
    """Return what feature `j` has of the label: name, count, weight, curvature."""
    if j >= len(expert.seen):
        return None
    line = slice(expert.lines[j, START], expert.lines[j, START] + expert.lines[j, USED])
    at = np.flatnonzero(expert.cells.view(np.int32)[line, LABEL] == label)
    return expert.cells[line][at[0]] if len(at) else None


def of_naive_bayes(expert: NaiveBayes, case: Case) -> tuple[Features, ...]:
    """Return how much likelier each feature is in the label's rows than in all."""
    k = case.label
    if not expert.labels[k] > 0:
        return ()
    met = [
        (j, x, line)
        for j, x in case.entries(case.views.plain)
        if (line := j % expert.modulus) < len(expert.features) and expert.features[line] > 0
    ]
    labels = float(expert.labels[k])
    if expert.dense:
        root = math.sqrt(max(expert.totals[MET], 1.0))
        c = labels + float(VARIANCE_ROWS)
        items = []
        for j, x, line in met:
            z, s, squares = x * root, float(expert.sums[line, k]), float(expert.squares[line, k])
            mean = s / (labels + float(MEAN_ROWS))
            variance = (max(squares - s * s / max(labels, 1.0), 0.0) + float(VARIANCE_ROWS)) / c
            part = (z * z - (z - mean) ** 2 / variance - math.log(variance)) / 2 / root
            items.append(case.feature(j, part, standardised=z, mean_with_it=mean, variance_with_it=variance))
    else:
        scale = 1 / math.sqrt(len(met) + 1)
        everything = float(expert.totals[NON_ZEROS] + 0.5 * expert.totals[MET])
        own = math.log1p(labels / float(SMOOTHING))
        items = []
        for j, _, line in met:
            rows, held = float(expert.features[line]), float(expert.sums[line, k])
            factor = everything / ((rows + 0.5) * float(SMOOTHING))
            items.append(case.feature(j, (math.log1p(factor * held) - own) * scale, rows=rows, held=held))
    return (summed("log ratios, scaled, which add up to the score before it is cut at +-6", items, (), case.k),)
