"""Kernels that bring the features of a row to a common scale, from what was seen before the row.

Sparse regime: value / running max |value|, then a row of unit length; dense regime: standardised with the running
moments, clipped at 4, divided by the root of the number of features. Either ends with the constant feature 1.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_log
from streams.jit import jit

SPARSE, DENSE = 0, 1

#: Standardised values beyond this many standard deviations are cut: one outlier must not drown a row.
CLIP = 4.0


@jit
def scale_row(indices, values, start, stop, regime, rows, largest, moments, met, at, x, idf):  # type: ignore[no-untyped-def]
    """Write the scaled features of one row to `at` (ids), `x` and `idf` (values); return how many there are.

    Features without contribution (missing values; no variance yet) are left out. In `idf` the value of a feature is
    weighted by log((rows + 2) / rows with the feature, this one included) + .1 before the row is brought to unit
    length; in the dense regime it is the same as `x`.

    Parameters
    ----------
    indices, values : int32 and float32, the row in `start:stop`
    regime : SPARSE or DENSE
    rows : rows seen before
    largest : float32, shape (d,): running max |value|; features from d on were never seen
    moments : float64, shape (d, 5), see `observe_row`
    met : int64, number of features that had a value in some row
    at : int32; x, idf : float32; written, at least max(d, stop - start) long
    """
    n = 0
    if regime == SPARSE:
        total = rare = 0.0
        for i in range(start, stop):
            v = values[i]
            if np.isnan(v):
                continue
            j = indices[i]
            scale = abs(v)
            had = np.float32(1.0)
            if j < len(largest):
                scale = max(scale, largest[j])
                had += np.float32(moments[j, 1])
            v = v / scale
            r = v * (fast_log(np.float32(rows + 2) / had) + np.float32(0.1))
            at[n] = j
            x[n] = v
            idf[n] = r
            n += 1
            total += np.float64(v) * np.float64(v)
            rare += np.float64(r) * np.float64(r)
        if total > 0.0:
            norm = np.float32(1.0 / np.sqrt(total))
            rarity = np.float32(1.0 / np.sqrt(rare))
            if np.isinf(norm) or np.isinf(rarity):
                # Features that were near the largest float32 once, and are ordinary now: beyond what float32 can bring back.
                for i in range(n):
                    x[i] = np.float32(np.float64(x[i]) / np.sqrt(total))
                    idf[i] = np.float32(np.float64(idf[i]) / np.sqrt(rare))
                return n
            for i in range(n):
                x[i] *= norm
                idf[i] *= rarity
        return n
    if rows == 0 or met == 0:
        return 0
    root = 1.0 / np.sqrt(np.float64(met))
    i = start
    for j in range(len(largest)):
        if largest[j] == 0:
            while i < stop and indices[i] <= j:
                i += 1
            continue
        v = 0.0
        while i < stop and indices[i] < j:
            i += 1
        if i < stop and indices[i] == j:
            v = np.float64(values[i])
            i += 1
        if np.isnan(v):
            continue
        known = rows - moments[j, 4]
        if known <= 0:
            continue
        k = moments[j, 0]
        absent = known - moments[j, 1]
        mean = (moments[j, 2] - absent * k) / known  # of v - k
        square = (moments[j, 3] + absent * k * k) / known
        variance = square - mean * mean
        # Less than this is the rounding error of equal values, not a spread.
        if variance <= 1e-12 * square:
            continue
        s = (v - k - mean) / np.sqrt(variance)
        if s > CLIP:
            s = CLIP
        elif s < -CLIP:
            s = -CLIP
        if s != 0:
            at[n] = j
            x[n] = np.float32(s * root)
            idf[n] = x[n]
            n += 1
    return n


@jit
def observe_row(indices, values, start, stop, largest, moments):  # type: ignore[no-untyped-def]
    """Take one row into the running scales; return how many features had their first value.

    Parameters as in `scale_row`; all features of the row are below d. `moments[j]` holds the first value k (sums of
    differences to it keep their digits, however far from 0 the values lie), the number of rows with a value, the
    sums of v - k and (v - k)^2 over them, and the number of rows in which the feature was missing. In all other
    rows it was 0: what they add to the sums follows from their number.
    """
    new = 0
    for i in range(start, stop):
        j = indices[i]
        if np.isnan(values[i]):
            moments[j, 4] += 1.0
            continue
        v = np.float64(values[i])
        if largest[j] == 0:
            new += 1
            moments[j, 0] = v
        difference = v - moments[j, 0]
        moments[j, 1] += 1.0
        moments[j, 2] += difference
        moments[j, 3] += difference * difference
        largest[j] = max(largest[j], abs(values[i]))
    return new


@jit
def scale_block(  # type: ignore[no-untyped-def]
    indptr, indices, values, largest, moments, counters, learn, out_indptr, out_ids, out_values, out_idf
):
    """Scale every row as the rows before it say, then let it move the scales; return the entries written.

    Parameters
    ----------
    indptr, indices, values : the rows, see `ihomer.rows.Rows`
    largest, moments : see `scale_row`
    counters : int64 (4,): rows, non-zeros, features met, regime
    learn : whether the rows move the scales
    out_indptr : int64 (n + 1,), written
    out_ids : int32; out_values, out_idf : float32; written; room for `max(d, longest row)` entries a row
    """
    n = 0
    out_indptr[0] = 0
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        n += scale_row(
            indices, values, start, stop, counters[3], counters[0], largest, moments, counters[2],
            out_ids[n:], out_values[n:], out_idf[n:],
        )  # fmt: skip
        out_indptr[row + 1] = n
        if learn:
            counters[2] += observe_row(indices, values, start, stop, largest, moments)
            counters[1] += stop - start
            counters[0] += 1
    return n
