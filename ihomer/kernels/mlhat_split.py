"""The split of a leaf: information gain of a multivariate Bernoulli process, tested by Hoeffding's bound.

The labels of a leaf are taken as independent Bernoulli variables (Esteban et al. 2024), so the entropy of a set of
rows is the sum over labels of h(p_l) and the gain of a binary test is the sum over labels of the mutual
information I_l of test and label. As 0 <= I_l <= h(p_l) for every label,

    merit = sum_l I_l / sum_l h(p_l)

lies in [0, 1]: the share of the leaf's entropy that the test explains. Its range for Hoeffding's bound is 1,
whatever the number of labels, so eps = sqrt(ln(1/delta) / 2n), and `tau` is a share too.

What a branch holds is estimated per label, of rows with and without it: an exact mass at 0 for the values that
are not stored, and a Gaussian of the non-zero values (cut at the smallest and largest met). Where all non-zero values
are equal, as in the indicator of a category, there is one cut, and its counts are exact. Rows in which a feature
is missing say nothing of it, and its merit shrinks by their share.
"""

from __future__ import annotations

import math

from ihomer.kernels.mlhat_state import (
    FIRST_PAIR,
    FIRST_SLOT,
    HIGH,
    KEY,
    LINK,
    LOW,
    MEAN,
    NANS,
    SEEN,
    SPREAD,
    WEIGHT,
)
from streams.jit import jit

#: Cuts tried between the smallest and the largest value of a numeric feature, as in river and MOA.
CUTS = 10
#: A branch must be expected to take this share of the rows, as in MOA.
LEAST_BRANCH = 0.01

# rows of `labels`
HELD, HELD_MEAN, HELD_SPREAD, HELD_NANS, KNOWN, POSITIVE = range(6)


@jit
def below(cut, mean, deviation, low, high):  # type: ignore[no-untyped-def]
    """Return the share of a Gaussian's values up to `cut`, when all of them lie in [low, high]."""
    if cut >= high:
        return 1.0
    if cut < low:
        return 0.0
    if deviation <= 0:
        return 1.0 if cut >= mean else 0.0
    return 0.5 * math.erfc((mean - cut) / (deviation * math.sqrt(2.0)))


@jit
def _x_log_x(x):  # type: ignore[no-untyped-def]
    return x * math.log(x) if x > 0 else 0.0


@jit
def _purity(held, rest):  # type: ignore[no-untyped-def]
    """Return -n h(p) of a set of rows, in nats."""
    held = max(held, 0.0)
    rest = max(rest, 0.0)
    return _x_log_x(held) + _x_log_x(rest) - _x_log_x(held + rest)


@jit
def _deviation(spread, weight):  # type: ignore[no-untyped-def]
    return math.sqrt(max(spread, 0.0) / weight) if weight > 0 else 0.0


@jit
def _gain(labels, n_labels, seen, zeros, row, cut):  # type: ignore[no-untyped-def]
    """Return the information gain, in nats, of cutting one feature at `cut`.

    `row` is the feature's observer; `labels` holds the labels' own, and what the leaf knows of them.
    """
    weight, mean, spread, low, high = row[WEIGHT], row[MEAN], row[SPREAD], row[LOW], row[HIGH]
    all_below = below(cut, mean, _deviation(spread, weight), low, high)
    zero_below = 1.0 if cut >= 0 else 0.0
    gain = 0.0
    for label in range(n_labels):
        known = labels[KNOWN, label]
        positive = labels[POSITIVE, label]
        if positive <= 0 or positive >= known:
            continue
        share = known / seen  # rows in which the label is not known are taken to be like the others
        held = labels[HELD, label]
        held_zeros = max(positive - held - labels[HELD_NANS, label], 0.0)
        rest = max(share * weight - held, 0.0)
        rest_zeros = max(share * zeros - held_zeros, 0.0)
        rest_below = all_below
        left = held_zeros * zero_below
        if held > 0:
            m = labels[HELD_MEAN, label]
            left += held * below(cut, m, _deviation(labels[HELD_SPREAD, label], held), low, high)
            if rest > 0:
                rest_mean = (share * weight * mean - held * m) / rest
                gap = m - rest_mean
                rest_spread = share * spread - labels[HELD_SPREAD, label] - held * rest / (held + rest) * gap * gap
                rest_below = below(cut, rest_mean, _deviation(rest_spread, rest), low, high)
        rest_left = rest * rest_below + rest_zeros * zero_below
        n_held = held + held_zeros
        n_rest = rest + rest_zeros
        bits = _purity(left, rest_left) + _purity(n_held - left, n_rest - rest_left) - _purity(n_held, n_rest)
        if bits > 0:
            gain += bits / known
    return gain


@jit
def best_cuts(  # type: ignore[no-untyped-def]
    nodes, node_stats, positives, missing, slots, slot_stats, pairs, pair_stats, leaf, labels, n_labels, best
):
    """Find the best cut of a leaf.

    Parameters
    ----------
    nodes ... pair_stats : of the Tree
    labels : float64, shape (6, >= n_labels): room to work in
    best : float64, shape (4,); written: merit, feature (-1: none), cut, and the merit of the next best feature
    """
    seen = node_stats[leaf, SEEN]
    least = LEAST_BRANCH * seen
    entropy = 0.0
    for label in range(n_labels):
        known = seen - missing[leaf, label]
        labels[KNOWN, label] = known
        labels[POSITIVE, label] = positives[leaf, label]
        labels[HELD, label] = 0.0
        labels[HELD_NANS, label] = 0.0
        if known > 0:
            entropy -= _purity(labels[POSITIVE, label], known - labels[POSITIVE, label]) / known
    best[0] = 0.0
    best[1] = -1.0
    best[2] = 0.0
    best[3] = 0.0
    if entropy <= 0:
        return
    slot = nodes[leaf, FIRST_SLOT]
    while slot >= 0:
        row = slot_stats[slot]
        feature = slots[slot, KEY]
        first_pair = slots[slot, FIRST_PAIR]
        slot = slots[slot, LINK]
        zeros = max(seen - row[WEIGHT] - row[NANS], 0.0)
        low = min(row[LOW], 0.0) if zeros > 0 else row[LOW]
        high = max(row[HIGH], 0.0) if zeros > 0 else row[HIGH]
        if low >= high or row[WEIGHT] < least:
            continue
        pair = first_pair
        while pair >= 0:
            label = pairs[pair, KEY]
            labels[HELD, label] = pair_stats[pair, WEIGHT]
            labels[HELD_MEAN, label] = pair_stats[pair, MEAN]
            labels[HELD_SPREAD, label] = pair_stats[pair, SPREAD]
            labels[HELD_NANS, label] = pair_stats[pair, NANS]
            pair = pairs[pair, LINK]
        merit = 0.0
        cut = 0.0
        two_values = row[LOW] == row[HIGH]
        deviation = _deviation(row[SPREAD], row[WEIGHT])
        # The first candidate is the cut at 0, exact if all values have one sign.
        for c in range(1 if two_values else CUTS + 1):
            here = low + (high - low) * (c / (CUTS + 1)) if c > 0 else 0.0
            if two_values:
                here = 0.5 * (low + high)
            left = row[WEIGHT] * below(here, row[MEAN], deviation, row[LOW], row[HIGH])
            left += zeros if here >= 0 else 0.0
            if left < least or zeros + row[WEIGHT] - left < least:
                continue
            gain = _gain(labels, n_labels, seen, zeros, row, here)
            if gain > merit:
                merit = gain
                cut = here
        merit /= entropy
        if merit > best[0] or (merit == best[0] and merit > 0 and feature < best[1]):
            best[3] = best[0]
            best[0] = merit
            best[1] = feature
            best[2] = cut
        elif merit > best[3]:
            best[3] = merit
        pair = first_pair
        while pair >= 0:
            labels[HELD, pairs[pair, KEY]] = 0.0
            labels[HELD_NANS, pairs[pair, KEY]] = 0.0
            pair = pairs[pair, LINK]
