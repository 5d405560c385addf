"""Kernels of an inverted file over the vectors of labels: cells of similar ones, of which a row is compared with a few.

The centre of a cell is the sum of its members' vectors, kept up to date with every step of theirs. A cell that is full is
split into halves along the direction in which its members differ most. How full it may be grows with the root of how
many labels there are, so that routing a row, and the members of the cells that it is compared with, do, too.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.lanes import lane_dot
from streams.jit import jit

#: Columns of `where`: the cell of a label (-1: none yet), its place among the members, rows in which it held since.
CELL, PLACE, HITS = 0, 1, 2
#: Places in `tallies`: cells in use (empty ones between them included), labels in them.
N_CELLS, N_PLACED = 0, 1
#: Cells have room for so many labels at least; for twice as many from `_PER_ROOM` times the square of it on.
LEAST_ROOM, _PER_ROOM = 32, 12
#: Times that the halves of a cell are made anew from their directions.
_PASSES = 4

_ZERO, _ONE = np.float32(0), np.float32(1)
_NOTHING = np.float32(1e-12)
_ENDLESS = np.float32(1e30)


@jit
def most_members(n_placed):  # type: ignore[no-untyped-def]
    """Return how many labels a cell may have where so many are in cells: a power of two, about their root / 3."""
    most = LEAST_ROOM
    while most * most * _PER_ROOM < n_placed:
        most *= 2
    return most


@jit
def add_row(factor, source, i, target, j):  # type: ignore[no-untyped-def]
    """Add factor x row i of `source` to row j of `target`; float32 (m, D) each."""
    for e in range(source.shape[1]):
        target[j, e] += factor * source[i, e]


@jit
def inverse_length(vectors, i):  # type: ignore[no-untyped-def]
    """Return 1 / length of row i, or 0 if there is none."""
    square = lane_dot(vectors, i, vectors, i, vectors.shape[1])
    return _ONE / np.sqrt(square) if square > _NOTHING else _ZERO


@jit
def step_member(k, factor, x, i, vectors, where, centres, inverse):  # type: ignore[no-untyped-def]
    """Add factor x row i of `x` to the vector of label k, which is in a cell."""
    c = where[k, CELL]
    add_row(factor, x, i, vectors, k)
    add_row(factor, x, i, centres, c)
    inverse[c] = inverse_length(centres, c)


@jit
def enter_cell(k, c, vectors, where, centres, members, sizes):  # type: ignore[no-untyped-def]
    """Put label k into cell c, which has room; `inverse` is left to the caller."""
    where[k, CELL], where[k, PLACE] = c, sizes[c]
    members[c, sizes[c]] = k
    sizes[c] += 1
    add_row(_ONE, vectors, k, centres, c)


@jit
def leave_cell(k, vectors, where, centres, inverse, members, sizes):  # type: ignore[no-untyped-def]
    """Take label k out of its cell: the last member takes its place."""
    c = where[k, CELL]
    sizes[c] -= 1
    last = members[c, sizes[c]]
    members[c, where[k, PLACE]] = last
    where[last, PLACE] = where[k, PLACE]
    where[k, CELL] = -1
    if sizes[c] == 0:  # nothing is left of what rounding left over
        centres[c] = _ZERO
        inverse[c] = _ZERO
    else:
        add_row(-_ONE, vectors, k, centres, c)
        inverse[c] = inverse_length(centres, c)


@jit
def free_cell(sizes, tallies):  # type: ignore[no-untyped-def]
    """Return an empty cell, taken into use if it was not."""
    for c in range(tallies[N_CELLS]):
        if sizes[c] == 0:
            return c
    tallies[N_CELLS] += 1
    return tallies[N_CELLS] - 1


@jit
def split_cell(c, vectors, where, centres, inverse, members, sizes, tallies):  # type: ignore[no-untyped-def]
    """Move half of the members of cell c, which has two or more, to an empty cell; return that.

    The members are put in order by how much nearer they are to one direction than to another, and halved; at first these
    are the first member and the one least similar to it, then the mean directions of the halves.
    """
    n, d = sizes[c], vectors.shape[1]
    asked = members[c, :n].copy()
    lengths, nearer = np.empty(n, np.float32), np.empty(n, np.float32)
    directions = np.zeros((2, d), np.float32)
    add_row(_ONE, vectors, asked[0], directions, 0)
    unlike, least = 0, _ENDLESS
    for i in range(n):
        lengths[i] = inverse_length(vectors, asked[i])
        similar = lane_dot(vectors, asked[i], directions, 0, d) * lengths[i]
        if similar < least:
            unlike, least = i, similar
    add_row(lengths[unlike], vectors, asked[unlike], directions, 1)
    add_row(lengths[0] - _ONE, vectors, asked[0], directions, 0)
    order = np.empty(n, np.int64)
    for again in range(_PASSES + 1):
        for i in range(n):
            difference = lane_dot(vectors, asked[i], directions, 0, d) - lane_dot(vectors, asked[i], directions, 1, d)
            nearer[i] = difference * lengths[i]
        order[:] = np.argsort(nearer, kind="mergesort")  # which keeps equal ones in their order
        if again < _PASSES:
            directions[:] = _ZERO
            for q in range(n):
                add_row(lengths[order[q]], vectors, asked[order[q]], directions, 1 if q < n // 2 else 0)
            for half in range(2):
                one = inverse_length(directions, half)
                for e in range(d):
                    directions[half, e] *= one
    other = free_cell(sizes, tallies)
    sizes[c] = 0
    centres[c] = _ZERO
    for q in range(n):
        enter_cell(asked[order[q]], other if q < n // 2 else c, vectors, where, centres, members, sizes)
    inverse[c], inverse[other] = inverse_length(centres, c), inverse_length(centres, other)
    return other


@jit
def nearest_cell(k, besides, room, vectors, centres, inverse, sizes, tallies):  # type: ignore[no-untyped-def]
    """Return the cell whose centre is most similar to the vector of label k, -1 if there is none.

    Of those with members, but not `besides`, and with less than `room` of them.
    """
    nearest, most = -1, -_ENDLESS
    for c in range(tallies[N_CELLS]):
        if sizes[c] > 0 and sizes[c] < room and c != besides:
            similar = lane_dot(vectors, k, centres, c, vectors.shape[1]) * inverse[c]
            if similar > most:
                nearest, most = c, similar
    return nearest


@jit
def enter_near(k, c, vectors, where, centres, inverse, members, sizes, tallies):  # type: ignore[no-untyped-def]
    """Put label k into cell c, or, if that is full, into the more similar one of its halves."""
    if sizes[c] >= most_members(tallies[N_PLACED]):
        other, d = split_cell(c, vectors, where, centres, inverse, members, sizes, tallies), vectors.shape[1]
        if lane_dot(vectors, k, centres, other, d) * inverse[other] > lane_dot(vectors, k, centres, c, d) * inverse[c]:
            c = other
    enter_cell(k, c, vectors, where, centres, members, sizes)
    inverse[c] = inverse_length(centres, c)


@jit
def note_hit(k, vectors, where, centres, inverse, members, sizes, tallies):  # type: ignore[no-untyped-def]
    """Count a row in which label k held; after 2, 4, 8, ... of them it moves to the nearest cell."""
    where[k, HITS] += 1
    hits = where[k, HITS]
    if hits == 1 or hits & (hits - 1) != 0:
        return
    c = nearest_cell(k, -1, np.iinfo(np.int32).max, vectors, centres, inverse, sizes, tallies)
    if c != where[k, CELL]:
        leave_cell(k, vectors, where, centres, inverse, members, sizes)
        enter_near(k, c, vectors, where, centres, inverse, members, sizes, tallies)


@jit
def remove_labels(labels, vectors, where, centres, inverse, members, sizes, tallies):  # type: ignore[no-untyped-def]
    """Take labels out of their cells for good."""
    for k in labels:
        leave_cell(k, vectors, where, centres, inverse, members, sizes)
        tallies[N_PLACED] -= 1


@jit
def dissolve_small(vectors, where, centres, inverse, members, sizes, tallies):  # type: ignore[no-untyped-def]
    """Give the members of cells with less than an eighth of what they may have to the nearest cells with room."""
    most = most_members(tallies[N_PLACED])
    for c in range(tallies[N_CELLS]):
        if sizes[c] < most // 8:
            while sizes[c] > 0:
                k = members[c, sizes[c] - 1]
                other = nearest_cell(k, c, most, vectors, centres, inverse, sizes, tallies)
                if other < 0:
                    break
                leave_cell(k, vectors, where, centres, inverse, members, sizes)
                enter_cell(k, other, vectors, where, centres, members, sizes)
                inverse[other] = inverse_length(centres, other)


@jit
def nearest_cells(x, i, centres, inverse, tallies, similar, cells):  # type: ignore[no-untyped-def]
    """Write the cells whose centres are most similar to row i of `x`, best first, ties by smaller number; return how many.

    Parameters
    ----------
    similar : float32 and cells : int32, of the length of how many are asked for; written
    """
    n = 0
    for c in range(tallies[N_CELLS]):
        z = lane_dot(x, i, centres, c, x.shape[1]) * inverse[c]
        if n == len(cells) and z <= similar[n - 1]:
            continue
        at = min(n, len(cells) - 1)
        while at > 0 and similar[at - 1] < z:
            similar[at], cells[at] = similar[at - 1], cells[at - 1]
            at -= 1
        similar[at], cells[at] = z, c
        n = min(n + 1, len(cells))
    return n
