"""Kernels of the kernel recursive least squares tracker: one posterior over a dictionary of rows, shared by all labels.

The notation is that of Van Vaerenbergh, Lazaro-Gredilla & Santamaria 2012: k the kernel with the dictionary's rows, Q
the inverse of their kernel matrix, mu and S mean and covariance of the functions at them.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.postings import add_dots, put
from ihomer.kernels.row_store import NEXT, SIZE, store_row
from streams.jit import jit

#: Noise variance of a label's truth.
NOISE = np.float32(0.5)
#: Added to each row's own kernel value: no row is quite determined by others, and Q stays finite.
JITTER = np.float32(0.001)
#: A row enters the dictionary if more than this share of it is not foretold by those that are in it.
NOVEL = np.float32(0.02)
#: Value of a label of the row before, beside features of rows of unit length.
PREVIOUS = np.float32(0.3)
#: Predictions are cut here, moved so that .4 is even, and stretched to log-odds.
LOWEST, HIGHEST, EVEN, STRETCH = np.float32(-0.3), np.float32(1.3), np.float32(0.4), np.float32(4.0)


@jit
def rows_before(label_indptr, label_indices, status, last, learn, indptr, out):  # type: ignore[no-untyped-def]
    """Write for each row the labels of the labelled row before it: `last`, or (if `learn`) that of this block."""
    n = 0
    newest = -1
    indptr[0] = 0
    for row in range(len(status)):
        if newest < 0:
            for i in range(len(last)):
                out[n] = last[i]
                n += 1
        else:
            for i in range(label_indptr[newest], label_indptr[newest + 1]):
                out[n] = label_indices[i]
                n += 1
        indptr[row + 1] = n
        if learn and status[row] != 0:
            newest = row
    return newest


@jit
def times(A, x, n, out):  # type: ignore[no-untyped-def]
    """Write A x to `out` for a symmetric A; four lines a pass, so that sums stay in registers."""
    for j in range(n):
        out[j] = 0
    i = 0
    while i + 4 <= n:
        a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
        for j in range(n):
            out[j] = (((out[j] + a * A[i, j]) + b * A[i + 1, j]) + c * A[i + 2, j]) + d * A[i + 3, j]
        i += 4
    while i < n:
        a = x[i]
        for j in range(n):
            out[j] += a * A[i, j]
        i += 1


@jit
def predict_row(mu, q, n, limit, row, out):  # type: ignore[no-untyped-def]
    """Write q' mu to out[row] for labels 0..limit - 1, which is zero there."""
    i = 0
    while i + 4 <= n:
        a, b, c, d = q[i], q[i + 1], q[i + 2], q[i + 3]
        for k in range(limit):
            out[row, k] = (((out[row, k] + a * mu[i, k]) + b * mu[i + 1, k]) + c * mu[i + 2, k]) + d * mu[i + 3, k]
        i += 4
    while i < n:
        a = q[i]
        for k in range(limit):
            out[row, k] += a * mu[i, k]
        i += 1


@jit
def kernel_values(  # type: ignore[no-untyped-def]
    index, dense, label_index, ids, values, start, stop, labels, label_start, label_stop, ones, gamma, mix, norms, n, k
):
    """Write the kernel of a row with each of the n dictionary rows to `k`; return the row's squared length.

    (1 - mix) exp(-gamma |x - x'|^2) + mix x' x', where x is the row and, times PREVIOUS, the labels of the row before
    it.
    """
    for j in range(n):
        k[j] = 0
    add_dots(index, dense, ids, values, start, stop, n, k)
    add_dots(label_index, False, labels, ones, label_start, label_stop, n, k)
    square = PREVIOUS * PREVIOUS * np.float32(label_stop - label_start)
    for i in range(start, stop):
        square += values[i] * values[i]
    rest = np.float32(1) - mix
    for j in range(n):
        distance = max(square + norms[j] - np.float32(2) * k[j], np.float32(0))
        k[j] = rest * np.exp(-gamma * distance) + mix * k[j]
    return square


@jit
def enter_dictionary(Q, S, mu, q, h, n, novelty, variance, limit, row, out):  # type: ignore[no-untyped-def]
    """Add a row as the last of the dictionary: what was predicted of it becomes its mean, and it is as sure."""
    for i in range(n):
        c = q[i] / novelty
        for j in range(n):
            Q[i, j] += c * q[j]
        Q[i, n] = -c
        Q[n, i] = -c
        S[i, n] = h[i]
        S[n, i] = h[i]
    Q[n, n] = np.float32(1) / novelty
    S[n, n] = variance
    h[n] = variance
    for k in range(mu.shape[1]):
        mu[n, k] = out[row, k] if k < limit else np.float32(0)


@jit
def learn_row(S, mu, h, e, n, total, limit):  # type: ignore[no-untyped-def]
    """Mu += h e' / total, S -= h h' / total."""
    for i in range(n):
        c = h[i] / total
        for k in range(limit):
            mu[i, k] += c * e[k]
        for j in range(n):
            S[i, j] -= c * h[j]


@jit
def errors_of_row(  # type: ignore[no-untyped-def]
    label_indptr, label_indices, status, known_indptr, known_indices, row, limit, out, truth, e
):
    """Write truth less prediction to `e`, 0 for labels that are not known; `truth` is scratch, zero as it was."""
    for i in range(label_indptr[row], label_indptr[row + 1]):
        truth[label_indices[i]] = 1
    if status[row] == 2:
        for k in range(limit):
            e[k] = truth[k] - out[row, k]
    else:
        for k in range(limit):
            e[k] = 0
        for i in range(known_indptr[row], known_indptr[row + 1]):
            k = known_indices[i]
            e[k] = truth[k] - out[row, k]
    for i in range(label_indptr[row], label_indptr[row + 1]):
        truth[label_indices[i]] = 0


@jit
def krls_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    before_indptr, before, ones, complete,
    index, label_index, store, dense, gamma, mix, Q, S, mu, norms, usage, k, q, h, e, truth, learn, out,
):  # fmt: skip
    """Write each row's predictions (means, neither cut nor stretched) to `out` before learning the row.

    Section 3 of the paper without forgetting: q = Q k, g = k(x, x) + jitter - k' q, h = S q, s = max(g, 0) + q' h; the
    prediction q' mu has the variance s. A row of which more than NOVEL is new (g) joins a dictionary with room. Then
    mu += h (y - prediction)' / (noise + s), S -= h h' / (noise + s). Labels that are not known in a row keep their mu;
    S is shared by all labels and moves with every labelled row.

    Parameters
    ----------
    indptr ... limits : the rows and their labels, see `ihomer.rows.Rows`
    before_indptr, before : labels of the row before each row, see `rows_before`
    ones : float32, PREVIOUS for each of `before`
    complete : uint8 (n,), all COMPLETE
    index, label_index : `ihomer.kernels.postings.Index` of the dictionary's features and (never dense) labels before
    store : `ihomer.kernels.row_store.Store` of the dictionary, with room for what may enter
    dense, gamma, mix : whether `index` is a matrix; see `kernel_values`
    Q, S, mu : float32 (M, M), (M, M), (M, L), zero beyond the dictionary
    norms, usage : float32 (M,): squared lengths; sums of q^2 over labelled rows
    k, q, h, e : float32 scratch (M,), (M,), (M,), (L,)
    truth : float32 scratch (L,), zero
    learn : whether to learn
    out : float32 (n, L), zero, written
    """
    marks = store.marks
    for row in range(len(status)):
        start, stop, limit = indptr[row], indptr[row + 1], limits[row + 1]
        n = marks[NEXT]
        square = kernel_values(
            index, dense, label_index, ids, values, start, stop,
            before, before_indptr[row], before_indptr[row + 1], ones, gamma, mix, norms, n, k,
        )  # fmt: skip
        times(Q, k, n, q)
        predict_row(mu, q, n, limit, row, out)
        if not learn or status[row] == 0:
            continue
        times(S, q, n, h)
        novelty = np.float32(1) - mix + mix * square + JITTER
        for j in range(n):
            novelty -= k[j] * q[j]
        variance = max(novelty, np.float32(0))
        for j in range(n):
            variance += q[j] * h[j]
            usage[j] += q[j] * q[j]
        if n < marks[SIZE] and novelty > NOVEL:
            enter_dictionary(Q, S, mu, q, h, n, novelty, variance, limit, row, out)
            norms[n] = square
            usage[n] = 1
            position = store_row(
                store, row, np.float32(1), indptr, ids, values,
                before_indptr, before, complete, known_indptr, known_indices,
            )  # fmt: skip
            put(index, dense, ids, values, start, stop, np.float32(1), position)
            put(label_index, False, before, ones, before_indptr[row], before_indptr[row + 1], np.float32(1), position)
            n += 1
        errors_of_row(label_indptr, label_indices, status, known_indptr, known_indices, row, limit, out, truth, e)
        learn_row(S, mu, h, e, n, NOISE + variance, limit)


@jit
def regression_scores(limits, out):  # type: ignore[no-untyped-def]
    """Turn means into scores 4 (clip(p, -.3, 1.3) - .4), in place."""
    for row in range(len(out)):
        for k in range(limits[row + 1]):
            out[row, k] = STRETCH * (min(max(out[row, k], LOWEST), HIGHEST) - EVEN)
