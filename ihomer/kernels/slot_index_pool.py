"""Kernels of the slot index that give lines of slots their place in the pool.

Lines have room for 1, 2, 3, 4, 6, 8, 12, 16, ... slots, so one that grows moves seldom, and leaves a hole that fits another.
"""

from __future__ import annotations

from ihomer.kernels.feature_counts import END, ROOM, START, USED
from streams.jit import jit

#: Place in `pool_ends` behind `END` and `NEEDED`: from here on, for every size of lines, the first hole of that size plus one.
HOLES = 2
#: Sizes that there may be.
N_SIZES = 40
_ANY = 2**31


@jit
def room_for(wanted, most):  # type: ignore[no-untyped-def]
    """Return the room of a line that `wanted` slots fit in, at most `most`, and the number of that size."""
    room, size = 1, 0
    while room < wanted:
        room += room // 3 if size & 1 == 0 and size > 1 else (room + 1) // 2
        size += 1
    return min(room, most), size


@jit
def room_needed(ids, start, stop, n_held, lines, most):  # type: ignore[no-untyped-def]
    """Return how many cells at the end of the pool a row with `n_held` labels may take."""
    needed = 0
    for i in range(start, stop):
        wanted = min(lines[ids[i], USED] + n_held, most)
        if wanted > lines[ids[i], ROOM]:
            needed += room_for(wanted, most)[0]
    return needed


@jit
def copy_slot(names, start, other, end):  # type: ignore[no-untyped-def]
    """Copy slot `start` to slot `end` of another pool, or the same; int32 (P, 4) each."""
    for e in range(4):
        other[end, e] = names[start, e]


@jit
def lengthen_line(j, wanted, most, lines, names, pool_ends):  # type: ignore[no-untyped-def]
    """Move the line of feature j to a hole, or to the end of the pool, where `wanted` slots fit in.

    Holes of a size are a chain: the first cell of each holds where the next is, plus one.
    """
    start, room = lines[j, START], lines[j, ROOM]
    wider, size = room_for(wanted, most)
    hole = pool_ends[HOLES + size]
    if hole:
        end = hole - 1
        pool_ends[HOLES + size] = names[end, 0]
    else:
        end = pool_ends[END]
        pool_ends[END] = end + wider
    for q in range(lines[j, USED]):
        copy_slot(names, start + q, names, end + q)
    same, size = room_for(room, _ANY)
    if room == same:
        names[start, 0] = pool_ends[HOLES + size]
        pool_ends[HOLES + size] = start + 1
    lines[j, START], lines[j, ROOM] = end, wider


@jit
def copy_lines(starts, names, ends, other, lengths):  # type: ignore[no-untyped-def]
    """Copy the lines that begin at `starts` to where they begin at `ends` in another pool; int64 (d,) each."""
    for j in range(len(lengths)):
        for q in range(lengths[j]):
            copy_slot(names, starts[j] + q, other, ends[j] + q)


@jit
def rooms_for(lengths, most, rooms):  # type: ignore[no-untyped-def]
    """Write the room of a line for each of `lengths`; int64 (d,) each."""
    for j in range(len(lengths)):
        rooms[j] = room_for(lengths[j], most)[0] if lengths[j] else 0
