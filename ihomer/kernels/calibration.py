"""Kernel of the calibration error and the log loss: known cells of rows counted by bins of their probability."""

from __future__ import annotations

import math

import numpy as np

from streams.jit import jit

#: Probabilities are taken as no nearer to 0 and 1 than this: the precision of float32, in which they come.
EPSILON = 2.0**-23
#: A product of probabilities is made a sum of logarithms before it may become less than a float64 can hold.
_SMALL = 1e-280


@jit
def add_cell(q, holds, cells, held, mass):  # type: ignore[no-untyped-def]
    """Add one cell with probability q to its bin; the last bin holds 1."""
    b = min(np.int64(q * len(cells)), len(cells) - 1)
    cells[b] += 1
    held[b] += holds
    mass[b] += q


@jit
def calibration_block(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, known_indptr, known_indices, limits, truth, cells, held, mass, sums
):
    """Add the known cells of the rows, of labels that there were when the row was predicted, to the bins.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    truth : int8 scratch (L,), all zero at entry and at return
    cells, held : int64 (B,): cells in each of B bins of equal width, and how many of them hold
    mass : float64 (B,): sum of their probabilities
    sums : float64 (2,): sum of the log losses, and of the squared distances to the truth
    """
    for row in range(len(p)):
        likelihood, brier = 1.0, 0.0
        limit = limits[row]
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = 1
        if status[row] == 2:
            for k in range(limit):
                q = np.float64(p[row, k])
                add_cell(q, truth[k], cells, held, mass)
                miss = 1.0 - q if truth[k] else q
                brier += miss * miss
                likelihood *= min(max(1.0 - miss, EPSILON), 1.0 - EPSILON)
                if likelihood < _SMALL:
                    sums[0] -= math.log(likelihood)
                    likelihood = 1.0
        elif status[row] == 1:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                if k < limit:
                    q = np.float64(p[row, k])
                    add_cell(q, truth[k], cells, held, mass)
                    miss = 1.0 - q if truth[k] else q
                    brier += miss * miss
                    sums[0] -= math.log(min(max(1.0 - miss, EPSILON), 1.0 - EPSILON))
        sums[0] -= math.log(likelihood)
        sums[1] += brier
        for i in range(first, last):
            truth[label_indices[i]] = 0
