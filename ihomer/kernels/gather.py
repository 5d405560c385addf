"""Kernels that add rows of a feature-major matrix: the inner loops of everything linear.

They go over labels in the innermost loop, without branches, and over four features a pass, so that the sums of all
labels are loaded and stored once for four; each label's sum is added in the order of the features, whatever the number
of labels.
"""

from __future__ import annotations

from streams.jit import jit


@jit
def gather_add(ids, values, start, stop, W, n, z, row):  # type: ignore[no-untyped-def]
    """Add sum_i values[i] W[ids[i], k] to `z[row, k]` for k < n."""
    i = start
    while i + 4 <= stop:
        j0, j1, j2, j3 = ids[i], ids[i + 1], ids[i + 2], ids[i + 3]
        x0, x1, x2, x3 = values[i], values[i + 1], values[i + 2], values[i + 3]
        for k in range(n):
            z[row, k] = (((z[row, k] + x0 * W[j0, k]) + x1 * W[j1, k]) + x2 * W[j2, k]) + x3 * W[j3, k]
        i += 4
    while i < stop:
        j, x = ids[i], values[i]
        for k in range(n):
            z[row, k] += x * W[j, k]
        i += 1


@jit
def gather_add_squares(ids, values, start, stop, S, n, v):  # type: ignore[no-untyped-def]
    """Add sum_i values[i]^2 S[ids[i], k] to `v[k]` for k < n."""
    i = start
    while i + 4 <= stop:
        j0, j1, j2, j3 = ids[i], ids[i + 1], ids[i + 2], ids[i + 3]
        x0, x1 = values[i] * values[i], values[i + 1] * values[i + 1]
        x2, x3 = values[i + 2] * values[i + 2], values[i + 3] * values[i + 3]
        for k in range(n):
            v[k] = (((v[k] + x0 * S[j0, k]) + x1 * S[j1, k]) + x2 * S[j2, k]) + x3 * S[j3, k]
        i += 4
    while i < stop:
        j, x = ids[i], values[i] * values[i]
        for k in range(n):
            v[k] += x * S[j, k]
        i += 1


@jit
def known_end(ids, start, stop, n):  # type: ignore[no-untyped-def]
    """Return where the ids of a row (ascending) that are below `n` end: the others have never been learned."""
    while stop > start and ids[stop - 1] >= n:
        stop -= 1
    return stop
