"""Kernels of recursive least squares with one covariance for all labels; each row is tested, then trained.

With P the covariance, W the weights, x the row's inputs and y its labels: g = P x, q = 1 + x'g, e = y - W'x,
W += g e' / q, P -= g g' / q. The last rows' g, e and q are kept as they are (*pending*) and go into P and W together: so P,
which is far larger than what a processor holds near, is read and written once for many rows.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.gather import gather_add
from ihomer.kernels.krls import errors_of_row
from streams.jit import jit

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)
#: Rows that wait before they go into P and W.
PENDING = 32
#: Places in `marks`: columns in use, most columns, rows pending.
USED, MOST, WAITING = 0, 1, 2
#: What is left of a covariance at least, when evidence is halved: keeps it positive definite whatever was rounded off.
LEAST = np.float32(0.001)
#: Lines of a covariance that are multiplied together: of 2,000 floats each, they take half a megabyte.
LINES = 64
#: Edge of the squares that are mirrored together.
EDGE = 32


@jit
def column_of(j, columns, usage, marks, learn):  # type: ignore[no-untyped-def]
    """Return the column of input j, -1 if it has none; with `learn` it is used once more and is given one if there is one."""
    if learn:
        usage[j] += _ONE
        if columns[j] < 0 and marks[USED] < marks[MOST]:
            columns[j] = marks[USED]
            marks[USED] += 1
    return columns[j]


@jit
def column_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, status, before_indptr, before, weight, columns, usage, label_columns, label_usage, marks, learn,
    out_indptr, out_columns, out_values,
):  # fmt: skip
    """Write each row as columns of the covariance: the constant 1, its features, and labels of the row before it.

    A column given to a later row of the block changes nothing for the rows before: its weights are still zero.

    Parameters
    ----------
    indptr, ids, values, status : the rows, see `ihomer.rows.Rows`
    before_indptr, before : int64 (n + 1,), int32: the labels of the row before each row, of value `weight`
    columns, label_columns : int32: column of each feature and label, -1 if it has none
    usage, label_usage : float32: labelled rows that had them
    marks : int64 (3,)
    learn : whether inputs of labelled rows are given columns
    out_indptr, out_columns, out_values : int64 (n + 1,), int32 and float32, written
    """
    n = 0
    out_indptr[0] = 0
    for row in range(len(status)):
        taught = learn and status[row] != 0
        out_columns[n] = 0
        out_values[n] = _ONE
        n += 1
        for i in range(indptr[row], indptr[row + 1]):
            if ids[i] < len(columns):
                column = column_of(ids[i], columns, usage, marks, taught)
                if column >= 0:
                    out_columns[n] = column
                    out_values[n] = values[i]
                    n += 1
        for i in range(before_indptr[row], before_indptr[row + 1]):
            column = column_of(before[i], label_columns, label_usage, marks, taught)
            if column >= 0:
                out_columns[n] = column
                out_values[n] = weight
                n += 1
        out_indptr[row + 1] = n


@jit
def mirror(P, n):  # type: ignore[no-untyped-def]
    """Write the lower half of the first n lines of P to the upper half."""
    for i0 in range(0, n, EDGE):
        for j0 in range(0, i0 + 1, EDGE):
            for i in range(i0, min(i0 + EDGE, n)):
                for j in range(j0, min(j0 + EDGE, i)):
                    P[j, i] = P[i, j]


@jit
def apply_pending(P, W, G, E, q, order, share, marks):  # type: ignore[no-untyped-def]
    """Let the pending rows go into P and W; parameters as `rls_block`."""
    n, rows = marks[USED], marks[WAITING]
    for i in range(n):
        for b in range(rows):
            share[b] = G[b, i]
        gather_add(order, share, 0, rows, E, W.shape[1], W, i)
        for b in range(rows):
            share[b] = -share[b] / q[b]
        gather_add(order, share, 0, rows, G, i + 1, P, i)
    mirror(P, n)
    marks[WAITING] = 0


@jit
def halve_evidence(P, n, order, square):  # type: ignore[no-untyped-def]
    """P <- (1 - LEAST)(2 P - P P) + LEAST for the first n columns, lower half computed and mirrored.

    Of a direction with variance p, 0 < p <= 1 = its prior, 2 p - p^2 is left: between p and 1, and of the evidence
    1/p - 1 at most half stays. The share of the prior that is mixed in covers what rounding may have taken.

    Parameters
    ----------
    P : float32 (capacity, capacity)
    order : int32 (at least n,): 0, 1, 2, ...
    square : float32 (n, n), zeros at entry
    """
    for k in range(0, n, LINES):
        for i in range(n):
            gather_add(order, P[i], k, min(k + LINES, n), P, i + 1, square, i)
    for i in range(n):
        for j in range(i + 1):
            P[i, j] = (_ONE - LEAST) * (_TWO * P[i, j] - square[i, j])
        P[i, i] += LEAST
    mirror(P, n)


@jit
def rls_block(  # type: ignore[no-untyped-def]
    indptr, columns, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    P, W, G, E, q, order, share, marks, e, truth, learn, out,
):  # fmt: skip
    """Write each row's regressions to `out` before learning the row; labels not known in a row keep their weights.

    Parameters
    ----------
    indptr, columns, values : the rows as columns, see `column_block`
    label_indptr ... limits : their labels, see `ihomer.rows.Rows`
    P : float32 (capacity, capacity), W : float32 (capacity, L): covariance and weights without the pending rows
    G : float32 (PENDING, capacity), E : float32 (PENDING, L), q : float32 (PENDING,): g, e / q and q of the pending rows
    order : int32 (PENDING,): 0, 1, 2, ...
    share : float32 scratch (PENDING,)
    marks : int64 (3,)
    e, truth : float32 scratch (L,), truth zeros
    learn : whether to learn
    out : float32 (n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(len(status)):
        start, stop, limit, rows = indptr[row], indptr[row + 1], limits[row + 1], marks[WAITING]
        for b in range(rows):
            along = _ZERO
            for i in range(start, stop):
                along += values[i] * G[b, columns[i]]
            share[b] = along
        gather_add(columns, values, start, stop, W, limit, out, row)
        gather_add(order, share, 0, rows, E, limit, out, row)
        if not learn or status[row] == 0:
            continue
        for b in range(rows):
            share[b] = -share[b] / q[b]
        for j in range(marks[USED]):
            G[rows, j] = _ZERO
        gather_add(columns, values, start, stop, P, marks[USED], G, rows)
        gather_add(order, share, 0, rows, G, marks[USED], G, rows)
        variance = _ZERO
        for i in range(start, stop):
            variance += values[i] * G[rows, columns[i]]
        q[rows] = _ONE + max(variance, _ZERO)
        errors_of_row(label_indptr, label_indices, status, known_indptr, known_indices, row, limit, out, truth, e)
        for k in range(limit):
            E[rows, k] = e[k] / q[rows]
        for k in range(limit, E.shape[1]):
            E[rows, k] = _ZERO
        marks[WAITING] += 1
        if marks[WAITING] == len(q):
            apply_pending(P, W, G, E, q, order, share, marks)
