"""The inputs of a tree's leaf models: features brought to one scale by what the stream has shown so far."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.mlhat_state import (
    ABSENT,
    AVERAGE,
    CENTRED,
    COUNT,
    DENSE,
    DEVIATION,
    ENTRIES,
    FACTOR,
    LARGEST,
    MET,
    REGIME,
    ROWS,
    SHIFT,
    SLOT_TOP,
    SPARSE,
    ZERO,
)
from streams.jit import jit

#: The regime is decided by so many rows; while it may still change, a change restarts the linear weights.
UNDECIDED_ROWS = 50
#: Standardised values are cut here, so that one outlier is not the whole row.
MOST_DEVIATIONS = 4.0
#: A spread below this share of the largest value is rounding of float32.
LEAST_SPREAD = 1e-7


@jit
def scale_row(counters, scales, centred, indices, values, start, stop, z_ids, z, query):  # type: ignore[no-untyped-def]
    """Write the scaled row to `z_ids` and `z`; return its length.

    The first `stop - start` entries are those of the row, in order; then come the centred features that are not
    in it. SPARSE: value / largest absolute value, then unit length. DENSE: standardised and divided by
    the root of the number of centred features. Missing values give 0.
    """
    n = stop - start
    n_features = len(scales)
    if counters[REGIME] == SPARSE:
        total = 0.0
        for e in range(n):
            f, x = indices[start + e], values[start + e]
            v = 0.0
            if not np.isnan(x):
                factor = scales[f, FACTOR] if f < n_features else 0.0
                # A value beyond all so far counts as the largest: it will be the largest once it is learned.
                v = min(max(x * factor, -1.0), 1.0) if factor > 0 else math.copysign(1.0, x)
            z_ids[e] = f
            z[e] = v
            total += v * v
        if total > 0:
            unit = np.float32(1.0 / math.sqrt(total))
            for e in range(n):
                z[e] *= unit
        return n
    unit = np.float32(1.0 / math.sqrt(max(counters[CENTRED], 1)))
    for e in range(n):
        f, x = indices[start + e], values[start + e]
        v = 0.0
        if f < n_features:
            query[f] = 1.0  # marks what is in the row
            if not np.isnan(x):
                v = min(max((x - scales[f, SHIFT]) * scales[f, FACTOR], -MOST_DEVIATIONS), MOST_DEVIATIONS)
        z_ids[e] = f
        z[e] = np.float32(v) * unit
    length = n
    for c in range(counters[CENTRED]):
        f = centred[c]
        if query[f] == 0 and scales[f, ZERO] != 0:
            z_ids[length] = f
            z[length] = np.float32(scales[f, ZERO]) * unit
            length += 1
    for e in range(start, stop):
        if indices[e] < n_features:
            query[indices[e]] = 0.0
    return length


@jit
def learn_scale(counters, moments, scales, centred, weights, squares, indices, values, start, stop):  # type: ignore[no-untyped-def]
    """Count one labelled row in the moments and bring the scales up to date; `ROWS` counts it already."""
    undecided = counters[ROWS] <= UNDECIDED_ROWS
    for e in range(start, stop):
        f, x = indices[e], np.float64(values[e])
        if moments[f, COUNT] + moments[f, ABSENT] == 0:
            counters[MET] += 1
            if undecided:  # all features met so early are centred if the stream turns out dense
                centred[counters[CENTRED]] = f
                counters[CENTRED] += 1
        if np.isnan(x):
            moments[f, ABSENT] += 1
            continue
        counters[ENTRIES] += 1
        moments[f, COUNT] += 1
        gap = x - moments[f, AVERAGE]
        moments[f, AVERAGE] += gap / moments[f, COUNT]
        moments[f, DEVIATION] += gap * (x - moments[f, AVERAGE])
        moments[f, LARGEST] = max(moments[f, LARGEST], abs(x))
        scales[f, FACTOR] = 1.0 / moments[f, LARGEST]
    if undecided:
        dense = 2 * counters[ENTRIES] > counters[ROWS] * counters[MET]
        if dense != (counters[REGIME] == DENSE):
            counters[REGIME] = DENSE if dense else SPARSE
            for slot in range(counters[SLOT_TOP]):
                for label in range(weights.shape[1]):
                    weights[slot, label] = 0
                    squares[slot, label] = 0
            for c in range(counters[CENTRED]):
                f = centred[c]
                scales[f, SHIFT] = 0.0
                scales[f, ZERO] = 0.0
                if moments[f, LARGEST] > 0:
                    scales[f, FACTOR] = 1.0 / moments[f, LARGEST]
    if counters[REGIME] == SPARSE:
        return
    for c in range(counters[CENTRED]):
        f = centred[c]
        n = counters[ROWS] - moments[f, ABSENT]
        if n > 0:
            count, average = moments[f, COUNT], moments[f, AVERAGE]
            mean = count * average / n
            # Spread of the non-zeros, and of them against the zeros.
            spread = moments[f, DEVIATION] + count * (n - count) / n * average * average
            deviation = math.sqrt(spread / n)
            scales[f, SHIFT] = mean
            scales[f, FACTOR] = 1.0 / deviation if deviation > LEAST_SPREAD * moments[f, LARGEST] else 0.0
            scales[f, ZERO] = min(max(-mean * scales[f, FACTOR], -MOST_DEVIATIONS), MOST_DEVIATIONS)
