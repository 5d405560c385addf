"""Kernels that bring a kernel RLS tracker back into shape: kernel matrix, exact inverse, half of the evidence; in float64."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.krls import JITTER, kernel_values
from ihomer.kernels.row_store import FEATURES, LABELS, N_FEATURES, N_HELD, NEXT
from streams.jit import jit


@jit
def kernel_matrix(index, label_index, store, dense, ones, gamma, mix, norms, k, K):  # type: ignore[no-untyped-def]
    """Write the kernel matrix of the dictionary, jitter on its diagonal, to K, float64 (m, m); `k` is scratch (m,)."""
    spans = store.spans
    n = store.marks[NEXT]
    for row in range(n):
        start, first = spans[row, FEATURES], spans[row, LABELS]
        kernel_values(
            index, dense, label_index, store.ids, store.values, start, start + spans[row, N_FEATURES],
            store.labels, first, first + spans[row, N_HELD], ones, gamma, mix, norms, n, k,
        )  # fmt: skip
        for j in range(row + 1):
            K[row, j] = k[j]
            K[j, row] = k[j]
        K[row, row] += JITTER


@jit
def squared_lengths(store, weight, norms):  # type: ignore[no-untyped-def]
    """Write the squared length of each dictionary row, labels before it (times `weight`) included."""
    for row in range(store.marks[NEXT]):
        start = store.spans[row, FEATURES]
        square = weight * weight * np.float32(store.spans[row, N_HELD])
        for i in range(start, start + store.spans[row, N_FEATURES]):
            square += store.values[i] * store.values[i]
        norms[row] = square


@jit
def cholesky(A):  # type: ignore[no-untyped-def]
    """Turn the upper half of a positive definite A into U with U' U = A, in place; the lower half is not looked at."""
    n = len(A)
    for k in range(n):
        root = np.sqrt(A[k, k])
        for j in range(k, n):
            A[k, j] /= root
        for i in range(k + 1, n):
            c = A[k, i]
            for j in range(i, n):
                A[i, j] -= c * A[k, j]


@jit
def solve(U, B):  # type: ignore[no-untyped-def]
    """Write the X with U' X = B over B."""
    n, m = B.shape
    for k in range(n):
        for i in range(k):
            c = U[i, k]
            if c != 0.0:
                for j in range(m):
                    B[k, j] -= c * B[i, j]
        c = U[k, k]
        for j in range(m):
            B[k, j] /= c


@jit
def square(B, out):  # type: ignore[no-untyped-def]
    """Write B' B to `out`."""
    n, m = B.shape
    out[:] = 0.0
    for k in range(n):
        for i in range(m):
            c = B[k, i]
            if c != 0.0:
                for j in range(i, m):
                    out[i, j] += c * B[k, j]
    for i in range(m):
        for j in range(i):
            out[i, j] = out[j, i]


@jit
def invert(A, work):  # type: ignore[no-untyped-def]
    """Write the inverse of a positive definite A over it; `work` is scratch of its shape."""
    n = len(A)
    cholesky(A)
    for i in range(n):
        for j in range(n):
            work[i, j] = 1.0 if i == j else 0.0
    solve(A, work)
    square(work, A)


@jit
def halve_evidence(S, K, work):  # type: ignore[no-untyped-def]
    """Write 2 (K - K (S + K)^-1 K) over S: the covariance after half of the evidence.

    With prior covariance K the precision S^-1 is K^-1 and what the rows added to it; half of that leaves the precision
    (S^-1 + K^-1) / 2, whose inverse this is. It lies between S and K whatever happens, so nothing ever winds up, and it
    takes the inverse of S + K alone, which is well conditioned even where rounding has eaten S.

    Parameters
    ----------
    S, K, work : float64 (m, m); K stays, `work` is scratch
    """
    n = len(K)
    for i in range(n):
        for j in range(n):
            S[i, j] += K[i, j]
            work[i, j] = K[i, j]
    cholesky(S)
    solve(S, work)
    square(work, S)
    for i in range(n):
        for j in range(n):
            S[i, j] = 2.0 * (K[i, j] - S[i, j])


@jit
def removal_errors(Q, mu, usage, n, line, errors):  # type: ignore[no-untyped-def]
    """Write what would be lost if each of n dictionary rows went: sum_k ((Q mu)_ik / Q_ii)^2 sqrt(usage_i).

    Without row i its own means change by (Q mu)_i / Q_ii, section 4 of the paper, and the prediction of another row by q_i
    times that. With usage itself, the predictions of the last rows alone count, and a dictionary of a stream that stays as
    it is gets worse (bibtex .365, tmc2007_500 .694); without it rows that nothing is like any more stay for ever; its root
    does both (bibtex .369, tmc2007_500 .695, d20ng .634 where it is .629 without).

    Parameters
    ----------
    usage : float32: sums of q^2
    line : float64 scratch (L,)
    errors : float64 (n,), written
    """
    for i in range(n):
        for k in range(len(line)):
            line[k] = 0.0
        for j in range(n):
            c = np.float64(Q[i, j])
            for k in range(len(line)):
                line[k] += c * mu[j, k]
        total = 0.0
        for k in range(len(line)):
            total += line[k] * line[k]
        errors[i] = np.sqrt(np.float64(usage[i])) * total / (np.float64(Q[i, i]) * np.float64(Q[i, i]))
