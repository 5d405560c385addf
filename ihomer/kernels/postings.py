"""Kernels of an index over stored rows, feature by feature: the dot products of one row with all of them at once.

Sparse streams keep, per feature, the non-zeros of the stored rows in chunks, the oldest first: a row costs the
non-zeros that it meets, and the postings of the oldest row stand at the front of each of its features. Dense streams
keep a plain matrix, feature-major.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from streams.jit import jit

#: Postings in a chunk: its positions are half a cache line, its values one.
CHUNK = 16
#: Positions are kept in 16 bits.
MOST_POSITIONS = 1 << 16

# columns of `ends`
OLDEST, NEWEST, BEGIN, END = range(4)
# `pool`
FREE, EVER, HELD = range(3)


class Index(NamedTuple):
    """Either a matrix or chunks of postings; the other one is empty."""

    Z: npt.NDArray[np.float32]  # (features, positions), dense streams
    positions: npt.NDArray[np.uint16]  # (chunks, CHUNK)
    values: npt.NDArray[np.float32]  # (chunks, CHUNK)
    following: npt.NDArray[np.int32]  # (chunks,) the next newer chunk of the feature, or the next free one; -1: none
    ends: npt.NDArray[np.int32]  # (features, 4) oldest and newest chunk (-1: none), first and last place used in them
    pool: npt.NDArray[np.int64]  # (3,) first free chunk (-1: none), chunks ever taken, chunks that hold something


@jit
def put(index, dense, ids, values, start, stop, scale, position):  # type: ignore[no-untyped-def]
    """Store a row, times `scale`, at `position`, where no row is: in a matrix over whatever stood there.

    Each posting is the newest of its feature; there is a free chunk for each that needs one.
    """
    if dense:
        Z = index.Z
        for j in range(len(Z)):
            Z[j, position] = 0
        for i in range(start, stop):
            Z[ids[i], position] = values[i] * scale
        return
    # Taken apart here: handing an index of arrays on for every posting costs more than storing it.
    positions, weights, following, ends, pool = index.positions, index.values, index.following, index.ends, index.pool
    for i in range(start, stop):
        j = ids[i]
        chunk = np.int64(ends[j, NEWEST])
        at = np.int64(ends[j, END])
        if chunk < 0 or at == CHUNK:
            before = chunk
            chunk = pool[FREE]
            if chunk >= 0:
                pool[FREE] = following[chunk]
            else:
                chunk = pool[EVER]
                pool[EVER] += 1
            pool[HELD] += 1
            following[chunk] = -1
            if before < 0:
                ends[j, OLDEST] = chunk
                ends[j, BEGIN] = 0
            else:
                following[before] = chunk
            ends[j, NEWEST] = chunk
            at = np.int64(0)
        positions[chunk, at] = position
        weights[chunk, at] = values[i] * scale
        ends[j, END] = at + 1


@jit
def drop(index, ids, start, stop):  # type: ignore[no-untyped-def]
    """Drop the row with the features ids[start:stop], the oldest held: its postings are the oldest of their features.

    A chunk that is left empty is free again.
    """
    following, ends, pool = index.following, index.ends, index.pool
    for i in range(start, stop):
        j = ids[i]
        chunk = ends[j, OLDEST]
        ends[j, BEGIN] += 1
        if chunk == ends[j, NEWEST]:
            if ends[j, BEGIN] < ends[j, END]:
                continue
            ends[j, OLDEST] = -1
            ends[j, NEWEST] = -1
        else:
            if ends[j, BEGIN] < CHUNK:
                continue
            ends[j, OLDEST] = following[chunk]
            ends[j, BEGIN] = 0
        following[chunk] = pool[FREE]
        pool[FREE] = chunk
        pool[HELD] -= 1


@jit
def add_dots(index, dense, ids, values, start, stop, n, dots):  # type: ignore[no-untyped-def]
    """Add the row's dot products with the stored rows to `dots`, feature by feature in the order of the ids.

    Parameters
    ----------
    index, dense : the stored rows, and in which form
    ids, values : the row in start:stop; ids ascending, those that the index does not know add nothing
    n : positions in use
    dots : float32, at least n
    """
    if dense:
        Z = index.Z
        while stop > start and ids[stop - 1] >= len(Z):
            stop -= 1
        i = start
        # Four features a pass: the sums stay in registers; the order of additions is that of one by one.
        while i + 4 <= stop:
            a, b, c, d = ids[i], ids[i + 1], ids[i + 2], ids[i + 3]
            va, vb, vc, vd = values[i], values[i + 1], values[i + 2], values[i + 3]
            for q in range(n):
                dots[q] = (((dots[q] + va * Z[a, q]) + vb * Z[b, q]) + vc * Z[c, q]) + vd * Z[d, q]
            i += 4
        while i < stop:
            a, va = ids[i], values[i]
            for q in range(n):
                dots[q] += va * Z[a, q]
            i += 1
        return
    positions, weights, following, ends = index.positions, index.values, index.following, index.ends
    for i in range(start, stop):
        j = ids[i]
        if j >= len(ends):
            break
        v = values[i]
        chunk, newest, begin = ends[j, OLDEST], ends[j, NEWEST], ends[j, BEGIN]
        while chunk >= 0:
            end = ends[j, END] if chunk == newest else CHUNK
            for q in range(begin, end):
                dots[positions[chunk, q]] += v * weights[chunk, q]
            begin = 0
            chunk = following[chunk]


@jit
def put_many(index, dense, indptr, ids, values, positions):  # type: ignore[no-untyped-def]
    """Store the rows of a CSR array, each at its position of int64 (n,); all positions are free."""
    for row in range(len(positions)):
        put(index, dense, ids, values, indptr[row], indptr[row + 1], np.float32(1), positions[row])


@jit
def free_chunks(features, ends, following, pool):  # type: ignore[no-untyped-def]
    """Drop all postings of some features, int64 (n,): their chunks are free again."""
    for i in range(len(features)):
        chunk = np.int64(ends[features[i], OLDEST])
        while chunk >= 0:
            behind = np.int64(following[chunk])
            following[chunk] = pool[FREE]
            pool[FREE] = chunk
            pool[HELD] -= 1
            chunk = behind
