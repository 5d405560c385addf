"""Kernels of the last rows in memory: which of them are near a row, and how rows are taken in.

The rows stand in cells as the vectors of labels do (`ihomer.kernels.cells`): row r of the memory is number r there.
"""

from __future__ import annotations

from ihomer.kernels.cells import CELL, N_PLACED, dissolve_small, enter_near, inverse_length, leave_cell, nearest_cells
from ihomer.kernels.dense_labels import offer
from ihomer.kernels.lanes import lane_dot
from streams.jit import jit

#: Places in `ring`: rows taken in so far; the most that are kept.
TAKEN, MOST = 0, 1


@jit
def nearest_rows(x, i, remembered, centres, inverse, members, sizes, tallies, lengths, similar, cells, rows, scores):  # type: ignore[no-untyped-def]
    """Write the rows in memory that are nearest to row i of `x` by cosine, best first; return how many.

    Parameters
    ----------
    remembered : float32 (R, D); lengths : float32 (R,): 1 / length of each
    centres ... tallies : the cells of the rows
    similar, cells : scratch, as many as cells are looked into; afterwards `cells` begins with the nearest one
    rows, scores : int32 (m,) and float32 (m, 2), written
    """
    n_cells = nearest_cells(x, i, centres, inverse, tallies, similar, cells)
    n = 0
    for c in range(n_cells):
        for q in range(sizes[cells[c]]):
            r = members[cells[c], q]
            z = lane_dot(x, i, remembered, r, x.shape[1]) * lengths[r]
            n = offer(r, z, z, n, rows, scores)
    return n


@jit
def remember(  # type: ignore[no-untyped-def]
    x, i, labels, first, last, ring, remembered, lengths, sets, where, centres, inverse, members, sizes, tallies, c
):
    """Take row i and labels[first:last] into memory, near cell c, in place of the oldest one if the memory is full.

    Parameters
    ----------
    ring : int64 (2,)
    sets : int32 (R, most labels): labels of each row, then -1
    """
    r = ring[TAKEN] % ring[MOST]
    ring[TAKEN] += 1
    if where[r, CELL] >= 0:
        leave_cell(r, remembered, where, centres, inverse, members, sizes)
        tallies[N_PLACED] -= 1
    remembered[r] = x[i]
    lengths[r] = inverse_length(x, i)
    n = min(last - first, sets.shape[1])
    sets[r, :n] = labels[first : first + n]
    sets[r, n:] = -1
    tallies[N_PLACED] += 1
    enter_near(r, c, remembered, where, centres, inverse, members, sizes, tallies)
    if ring[TAKEN] % (ring[MOST] // 4) == 0:  # rows that leave make cells small, and nothing else makes them fewer
        dissolve_small(remembered, where, centres, inverse, members, sizes, tallies)
