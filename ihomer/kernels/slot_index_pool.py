"""Kernels of the slot index that move slots: lines that grow, and the whole pool laid out anew."""

from __future__ import annotations

from ihomer.kernels.feature_counts import END, ROOM, START, USED
from streams.jit import jit


@jit
def copy_slot(names, start, other, end):  # type: ignore[no-untyped-def]
    """Copy slot `start` to slot `end` of another pool, or the same; int32 (P, 4) each."""
    for e in range(4):
        other[end, e] = names[start, e]


@jit
def lengthen_line(j, wanted, most, lines, names, pool_ends):  # type: ignore[no-untyped-def]
    """Move the line of feature j to the end of the pool, with room for `wanted` labels and a quarter."""
    start, end = lines[j, START], pool_ends[END]
    for q in range(lines[j, USED]):
        copy_slot(names, start + q, names, end + q)
    lines[j, START] = end
    lines[j, ROOM] = min(wanted + wanted // 4, most)
    pool_ends[END] = end + lines[j, ROOM]


@jit
def copy_lines(starts, names, ends, other, lengths):  # type: ignore[no-untyped-def]
    """Copy the lines that begin at `starts` to where they begin at `ends` in another pool; int64 (d,) each."""
    for j in range(len(lengths)):
        for q in range(lengths[j]):
            copy_slot(names, starts[j] + q, other, ends[j] + q)
