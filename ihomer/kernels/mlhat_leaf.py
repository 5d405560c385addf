"""The model in a leaf: linear scores, label sets of the nearest rows, the last label set, mixed by their losses."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.mlhat_pools import find, new_pair, new_slot
from ihomer.kernels.mlhat_state import (
    BASE_WEIGHT,
    FINAL,
    HIGH,
    LAST,
    LINEAR,
    LOSS_LINEAR,
    LOSS_WEIGHT,
    LOW,
    MEAN,
    MIXED,
    NANS,
    NEIGHBOURS,
    SEEN,
    SEEN_PARTIAL,
    SPREAD,
    WEIGHT,
)
from streams.jit import jit

#: The members' losses forget: half of a loss is gone after 70 rows, so that a change of regime shows.
FADE = 0.99
#: Added to a member's loss (squared error summed over labels): two that are both nearly perfect are equal.
LEAST_LOSS = 0.01
#: Added to AdaGrad's sum: the first steps are rate * gradient / .1, not the sign of the gradient.
DAMPING = np.float32(0.01)


@jit
def linear_scores(  # type: ignore[no-untyped-def]
    node_stats, positives, missing, base, slot_table, slots, weights, leaf, z_ids, z, length, n_labels, slot_of, p,
    place,
):
    """Write the probability of each label by its logistic regression to `p[place, LINEAR]`.

    Its offset is the log-odds of the label's running share in the leaf. The slots of the features, or -1, go to
    `slot_of[place]`.
    """
    base_weight, seen = node_stats[leaf, BASE_WEIGHT], node_stats[leaf, SEEN]
    for label in range(n_labels):
        share = (positives[leaf, label] + base_weight * base[leaf, label]) / (seen - missing[leaf, label] + base_weight)
        p[place, LINEAR, label] = math.log(share / (1.0 - share))
    for e in range(length):
        slot = find(slot_table, slots, leaf, z_ids[e])
        slot_of[place, e] = slot
        if slot >= 0 and z[e] != 0:
            for label in range(n_labels):
                p[place, LINEAR, label] += z[e] * weights[slot, label]
    for label in range(n_labels):
        p[place, LINEAR, label] = 1.0 / (1.0 + math.exp(-np.float64(p[place, LINEAR, label])))


@jit
def mix(nodes, node_stats, positives, missing, leaf, n_labels, p, place):  # type: ignore[no-untyped-def]
    """Write the leaf's prediction to `p[place, FINAL]`.

    A leaf that has only ever met one label set predicts it. Otherwise the members' probabilities are averaged with
    weights 1 / loss^4, where loss is the faded mean of the squared error summed over labels: 1 / loss^2 of the
    paper, for the square of its loss.
    """
    if nodes[leaf, MIXED] == 0:
        for label in range(n_labels):
            known = node_stats[leaf, SEEN] - missing[leaf, label]
            linear = np.float64(p[place, LINEAR, label])
            p[place, FINAL, label] = positives[leaf, label] / known if known > 0 else linear
        return
    rows = max(node_stats[leaf, LOSS_WEIGHT], 1.0)
    a = (LEAST_LOSS + node_stats[leaf, LOSS_LINEAR] / rows) ** -4.0
    b = (LEAST_LOSS + node_stats[leaf, LOSS_LINEAR + 1] / rows) ** -4.0
    c = (LEAST_LOSS + node_stats[leaf, LOSS_LINEAR + 2] / rows) ** -4.0
    total = a + b + c
    x, y, z = np.float32(a / total), np.float32(b / total), np.float32(c / total)
    for label in range(n_labels):
        near, last = p[place, NEIGHBOURS, label], p[place, LAST, label]
        p[place, FINAL, label] = x * p[place, LINEAR, label] + y * near + z * last


@jit
def learn_losses(node_stats, leaf, truth, mask, n_labels, p, place):  # type: ignore[no-untyped-def]
    """Count the members' squared errors on the labels known of this row."""
    for member in range(3):
        loss = 0.0
        for label in range(n_labels):
            if mask[label]:
                gap = np.float64(p[place, member, label]) - truth[label]
                loss += gap * gap
        node_stats[leaf, LOSS_LINEAR + member] = FADE * node_stats[leaf, LOSS_LINEAR + member] + loss
    node_stats[leaf, LOSS_WEIGHT] = FADE * node_stats[leaf, LOSS_WEIGHT] + 1.0


@jit
def learn_counts(nodes, node_stats, positives, missing, leaf, truth, mask, n_labels, weight, partial):  # type: ignore[no-untyped-def]
    """Count one row's labels, and see whether the leaf still holds one label set only."""
    node_stats[leaf, SEEN] += weight
    if partial:
        node_stats[leaf, SEEN_PARTIAL] += weight
    seen = node_stats[leaf, SEEN]
    for label in range(n_labels):
        if mask[label] == 0:
            missing[leaf, label] += weight
        elif truth[label] > 0:
            positives[leaf, label] += weight
        held = positives[leaf, label]
        if held > 0 and held < seen - missing[leaf, label]:
            nodes[leaf, MIXED] = 1


@jit
def learn_linear(  # type: ignore[no-untyped-def]
    counters, nodes, slots, slot_stats, weights, squares, slot_table, leaf, truth, mask, errors, z_ids, z, length,
    n_labels, weight, rate, spare_slots, slot_of, p, place,
):
    """Take an AdaGrad step on the logistic loss of every known label.

    Features met first get a slot, as long as there are `spare_slots` within the byte bound.
    """
    for label in range(n_labels):
        errors[label] = np.float32(weight) * (truth[label] - p[place, LINEAR, label]) if mask[label] else np.float32(0)
    step = np.float32(rate)
    for e in range(length):
        slot = slot_of[place, e]
        if slot < 0:
            if spare_slots <= 0:
                continue
            spare_slots -= 1
            slot = new_slot(counters, nodes, slots, slot_stats, weights, squares, slot_table, leaf, z_ids[e])
            slot_of[place, e] = slot
        if z[e] != 0:
            for label in range(n_labels):
                g = errors[label] * z[e]
                q = squares[slot, label] + g * g
                squares[slot, label] = q
                weights[slot, label] += step * g / np.sqrt(q + DAMPING)


@jit
def _observe(stats, entry, x, weight):  # type: ignore[no-untyped-def]
    # Welford's update: sums of squares of large values would drown the spread.
    if np.isnan(x):
        stats[entry, NANS] += weight
    else:
        stats[entry, WEIGHT] += weight
        gap = x - stats[entry, MEAN]
        stats[entry, MEAN] += gap * weight / stats[entry, WEIGHT]
        stats[entry, SPREAD] += weight * gap * (x - stats[entry, MEAN])


@jit
def observe(  # type: ignore[no-untyped-def]
    counters, slots, slot_stats, pairs, pair_stats, pair_table, values, start, stop, labels, first, last, weight,
    slot_of, place,
):
    """Show a row to the observers of the leaf whose slots `slot_of[place]` holds.

    Only non-zero values are seen, and of the labels only those that hold: zeros and absent labels follow from the
    leaf's counts.
    """
    for e in range(stop - start):
        slot = slot_of[place, e]
        if slot < 0:
            continue
        x = np.float64(values[start + e])
        _observe(slot_stats, slot, x, weight)
        if not np.isnan(x):
            slot_stats[slot, LOW] = min(slot_stats[slot, LOW], x)
            slot_stats[slot, HIGH] = max(slot_stats[slot, HIGH], x)
        for i in range(first, last):
            pair = find(pair_table, pairs, slot, labels[i])
            if pair < 0:
                pair = new_pair(counters, slots, pairs, pair_stats, pair_table, slot, labels[i])
            _observe(pair_stats, pair, x, weight)
