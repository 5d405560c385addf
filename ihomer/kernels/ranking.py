"""Kernel of the metrics of a ranking that weigh places and rare labels: nDCG@k and the propensity-scored ones."""

from __future__ import annotations

import math

from streams.jit import jit

#: Places of a ranking that are looked at.
PLACES = 5
#: Columns of `shares` that are written here; those before them are `ihomer.kernels.metrics`' own.
NDCG_3, NDCG_5, PS_1, PS_3, PS_5, BEST_1, BEST_3, BEST_5, PSD_3, PSD_5, BEST_D_3, BEST_D_5 = range(13, 25)
#: A and B of the propensity model, as Jain, Prabhu & Varma (KDD 2016) took them where nothing else is known.
A, B = 0.55, 1.5

#: What a hit at each place counts, and the most that the first 1, 2, ... places can.
_DISCOUNTS = tuple(1.0 / math.log2(place + 2) for place in range(PLACES))
_IDEAL = tuple(math.fsum(_DISCOUNTS[: n + 1]) for n in range(PLACES))


@jit
def propensity_scale(rows):  # type: ignore[no-untyped-def]
    """Return C of the propensity model; never below 0, so that no label weighs less than 1 in the first two rows."""
    return (math.log(rows) - 1.0) * (B + 1.0) ** A if rows > 2 else 0.0


@jit
def rank_row(hit, n_true, true_ids, start, counts, rows, rarest, share):  # type: ignore[no-untyped-def]
    """Write what the ranking of one row adds to the sums. O(labels that hold).

    Parameters
    ----------
    hit : int32 (PLACES,): the label at each place if it holds, else -1
    n_true, true_ids, start : the labels that hold are true_ids[start : start + n_true]
    counts : int64 (labels,): in how many rows before this one each label held
    rows : how many rows that is
    rarest : int64 (PLACES,), scratch
    share : float64 (N_SHARES,), zero in the columns above; written
    """
    if n_true == 0:
        return
    scale = propensity_scale(rows)
    dcg, weight, discounted = 0.0, 0.0, 0.0
    for place in range(PLACES):
        if hit[place] >= 0:
            w = 1.0 + scale * (counts[hit[place]] + B) ** -A
            dcg += _DISCOUNTS[place]
            weight += w
            discounted += w * _DISCOUNTS[place]
        if place == 0:
            share[PS_1] = weight
        elif place == 2:
            share[NDCG_3], share[PS_3], share[PSD_3] = dcg / _IDEAL[min(n_true, 3) - 1], weight, discounted
    share[NDCG_5], share[PS_5], share[PSD_5] = dcg / _IDEAL[min(n_true, 5) - 1], weight, discounted

    # The fewer rows had a label the more it weighs: the best ranking begins with the rarest of those that hold.
    n = 0
    for i in range(start, start + n_true):
        count = counts[true_ids[i]]
        if n < PLACES:
            at = n
            n += 1
        elif count < rarest[PLACES - 1]:
            at = PLACES - 1
        else:
            continue
        while at > 0 and rarest[at - 1] > count:
            rarest[at] = rarest[at - 1]
            at -= 1
        rarest[at] = count
    weight, discounted = 0.0, 0.0
    for place in range(PLACES):
        if place < n:
            w = 1.0 + scale * (rarest[place] + B) ** -A
            weight += w
            discounted += w * _DISCOUNTS[place]
        if place == 0:
            share[BEST_1] = weight
        elif place == 2:
            share[BEST_3], share[BEST_D_3] = weight, discounted
    share[BEST_5], share[BEST_D_5] = weight, discounted
