"""Kernels of naive Bayes: what a row's features say of each label by how they were in the label's own rows; test, then train.

In all of them: `labels` are counts of what `sparse_block` and `dense_block` say, float64 (L,); `features` are rows with each
feature, float32 (lines,); `totals` are float64 (2,): non-zeros, and features met; feature j stands on line j mod `modulus`.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_log
from streams.jit import jit

NON_ZEROS, MET = 0, 1

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
#: Sparse: a label's shares are mixed with everybody's as if that many non-zeros of everybody's kind had been seen.
SMOOTHING = np.float32(50)
#: Dense: pseudo-rows of mean 0 and of variance 1, which all rows together have.
MEAN_ROWS, VARIANCE_ROWS = np.float32(2), np.float32(5)
#: Scores are cut here.
MOST = np.float32(6)
#: Fewer rows than this are none: before float32 runs out of small numbers.
NOTHING = np.float32(1e-6)


@jit
def finish(z, row, limit, labels, factor):  # type: ignore[no-untyped-def]
    """Multiply scores, cut them, and say nothing of labels that have not held yet."""
    for k in range(limit):
        score = min(max(z[row, k] * factor, -MOST), MOST)
        z[row, k] = score if labels[k] > 0.0 else _ZERO


@jit
def add_log_shares(lines, factors, n, counts, limit, z, row):  # type: ignore[no-untyped-def]
    """Add sum_i log(1 + factors[i] counts[lines[i], k]) to `z[row, k]`: one logarithm for four features.

    A factor times a count is at most all non-zeros / 25, so that four such numbers stay within float32 up to 10^10 of them.
    """
    i = 0
    while i + 4 <= n:
        j0, j1, j2, j3 = lines[i], lines[i + 1], lines[i + 2], lines[i + 3]
        f0, f1, f2, f3 = factors[i], factors[i + 1], factors[i + 2], factors[i + 3]
        for k in range(limit):
            z[row, k] += fast_log(
                (_ONE + f0 * counts[j0, k]) * (_ONE + f1 * counts[j1, k])
                * ((_ONE + f2 * counts[j2, k]) * (_ONE + f3 * counts[j3, k]))
            )  # fmt: skip
        i += 4
    while i < n:
        j, f = lines[i], factors[i]
        for k in range(limit):
            z[row, k] += fast_log(_ONE + f * counts[j, k])
        i += 1


@jit
def sparse_block(  # type: ignore[no-untyped-def]
    indptr, ids, label_indptr, label_indices, status, limits, modulus, counts, features, labels, totals,
    lines, factors, learn, out,
):  # fmt: skip
    """Write each row's scores to `out` before counting the row; only labels that hold are counted.

    With b_j = (rows with j + 1/2) / (non-zeros + 1/2 features), everybody's share of feature j, a label's share is
    (rows with both + 50 b_j) / (non-zeros of the label's rows + 50), and the score the sum over the row's n features of
    log(label's share / b_j), by sqrt(n + 1), cut at 6. Features not met yet say nothing.

    Parameters
    ----------
    indptr, ids, label_indptr, label_indices, status, limits : the rows, see `ihomer.rows.Rows`
    counts : float32 (lines, L): rows with feature and label
    labels : float64 (L,): non-zeros of the label's rows
    features, totals, modulus : see above
    lines, factors : int64 and float32, scratch for the longest row
    learn : whether to learn
    out : float32 (n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(len(status)):
        limit = np.int64(limits[row + 1])
        everything = totals[NON_ZEROS] + 0.5 * totals[MET]
        n = 0
        for i in range(indptr[row], indptr[row + 1]):
            line = np.int64(ids[i]) % modulus
            if line < len(features) and features[line] > _ZERO:
                lines[n] = line
                factors[n] = np.float32(everything) / ((features[line] + _HALF) * SMOOTHING)
                n += 1
        add_log_shares(lines, factors, n, counts, limit, out, row)
        size = np.float32(n)
        for k in range(limit):
            out[row, k] -= size * fast_log(_ONE + np.float32(labels[k]) / SMOOTHING)
        finish(out, row, limit, labels, _ONE / np.sqrt(size + _ONE))
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(indptr[row], indptr[row + 1]):
            line = np.int64(ids[i]) % modulus
            if features[line] == _ZERO:
                totals[MET] += 1.0
            features[line] += _ONE
            for k in range(first, last):
                counts[line, label_indices[k]] += _ONE
        size = np.float32(indptr[row + 1] - indptr[row])
        totals[NON_ZEROS] += size
        for k in range(first, last):
            labels[label_indices[k]] += size


@jit
def add_log_densities(x, sums, squares, line, limit, labels, z, row, spread):  # type: ignore[no-untyped-def]
    """Add twice the log ratio of one value's densities, without the logarithm of the variance, which multiplies `spread`."""
    for k in range(limit):
        c = np.float32(labels[k])
        s = sums[line, k]
        away = x - s / (c + MEAN_ROWS)
        # Times c + 5: the label's variance.
        v = max(squares[line, k] - s * s / max(c, _ONE), _ZERO) + VARIANCE_ROWS
        z[row, k] += x * x - away * away * (c + VARIANCE_ROWS) / v
        spread[k] *= v / (c + VARIANCE_ROWS)


@jit
def dense_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, limits, modulus, sums, squares, features, labels, totals,
    spread, learn, out,
):  # fmt: skip
    """Write each row's scores to `out` before counting the row; only labels that hold are counted.

    Features are standardised: everybody's have mean 0 and variance 1. A label's mean is the sum over its c rows by c + 2, its
    variance (squares about their own mean + 5) / (c + 5), and the score the log ratio of the two normal densities, summed over
    the row's features, by the root of the number of features met, cut at 6.

    Parameters
    ----------
    indptr ... limits : the rows, see `ihomer.rows.Rows`; values are standardised / sqrt(features)
    sums, squares : float32 (lines, L): of the values in the label's rows
    labels : float64 (L,): the label's rows
    features, totals, modulus : see above
    spread : float32 (L,), scratch
    learn : whether to learn
    out : float32 (n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(len(status)):
        limit = np.int64(limits[row + 1])
        root = np.float32(np.sqrt(max(totals[MET], 1.0)))
        for k in range(limit):
            spread[k] = _ONE
        n = 0
        for i in range(indptr[row], indptr[row + 1]):
            line = np.int64(ids[i]) % modulus
            if line < len(features) and features[line] > _ZERO:
                add_log_densities(values[i] * root, sums, squares, line, limit, labels, out, row, spread)
                n += 1
                # Variances lie between 5 / (rows + 5) and some 50: four of them stay within float32.
                if n % 4 == 0:
                    for k in range(limit):
                        out[row, k] -= fast_log(spread[k])
                        spread[k] = _ONE
        for k in range(limit):
            out[row, k] -= fast_log(spread[k])
        finish(out, row, limit, labels, _HALF / root)
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(indptr[row], indptr[row + 1]):
            line = np.int64(ids[i]) % modulus
            if features[line] == _ZERO:
                totals[MET] += 1.0
            features[line] += _ONE
            x = values[i] * root
            for k in range(first, last):
                sums[line, label_indices[k]] += x
                squares[line, label_indices[k]] += x * x
        for k in range(first, last):
            labels[label_indices[k]] += 1.0


@jit
def halve(table):  # type: ignore[no-untyped-def]
    """Halve a table of sums; what is hardly anything becomes nothing."""
    for j in range(table.shape[0]):
        for k in range(table.shape[1]):
            half = _HALF * table[j, k]
            table[j, k] = half if abs(half) > NOTHING else _ZERO
