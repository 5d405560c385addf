"""Kernel of the calibration error: known cells of rows counted by bins of their probability."""

from __future__ import annotations

import numpy as np

from streams.jit import jit


@jit
def add_cell(q, holds, cells, held, mass):  # type: ignore[no-untyped-def]
    """Add one cell with probability q to its bin; the last bin holds 1."""
    b = min(np.int64(q * len(cells)), len(cells) - 1)
    cells[b] += 1
    held[b] += holds
    mass[b] += q


@jit
def calibration_block(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, known_indptr, known_indices, limits, truth, cells, held, mass
):
    """Add the known cells of the rows, of labels that there were when the row was predicted, to the bins.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    truth : int8 scratch (L,), all zero at entry and at return
    cells, held : int64 (B,): cells in each of B bins of equal width, and how many of them hold
    mass : float64 (B,): sum of their probabilities
    """
    for row in range(len(p)):
        limit = limits[row]
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = 1
        if status[row] == 2:
            for k in range(limit):
                add_cell(np.float64(p[row, k]), truth[k], cells, held, mass)
        elif status[row] == 1:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                if k < limit:
                    add_cell(np.float64(p[row, k]), truth[k], cells, held, mass)
        for i in range(first, last):
            truth[label_indices[i]] = 0
