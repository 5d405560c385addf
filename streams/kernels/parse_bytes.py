"""What the kernels that parse text share: bytes by name, the state they hand back, small loops."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

TAB, NEWLINE, RETURN, SPACE, QUOTE, HASH, PERCENT, APOSTROPHE = 9, 10, 13, 32, 34, 35, 37, 39
COMMA, ZERO, ONE, NINE, COLON, QUESTION, BACKSLASH, OPEN, CLOSE = 44, 48, 49, 57, 58, 63, 92, 123, 125

#: Whether a byte is a space, a tab or a carriage return; one of these or a newline.
IS_BLANK = np.isin(np.arange(256), [SPACE, TAB, RETURN])
IS_SPACE = np.isin(np.arange(256), [SPACE, TAB, RETURN, NEWLINE])

#: Entries of the int64 array `state` that goes into and comes out of a parsing kernel: the next byte; the
#: number of its line; rows, cells and labels written; the line of an empty line that may turn out to be a fault
#: (0: none); of a fault its line, the index of that line's first byte, of the byte at fault, and a number that
#: the message needs (a column, a count); numbers of the row to be rounded exactly.
AT, LINE, ROWS, CELLS, LABELS, EMPTY, FAULT_LINE, FAULT_START, FAULT_AT, FAULT_ITEM, HARD = range(11)
N_STATE = 11

#: Why a parsing kernel came back: the end of the block; numbers of a row to be rounded exactly. More is a fault.
END, EXACT = 0, 1

#: Numbers to be rounded exactly that one call can hand back.
MAX_HARD = 4096
#: Ids are below this, so that they and their number fit int32.
MAX_ID = 2**31 - 1


@jit
def next_line(data, i):  # type: ignore[no-untyped-def]
    """Return the index after the next newline, from `i` on."""
    while data[i] != NEWLINE:
        i += 1
    return i + 1


@jit
def parse_id(data, i):  # type: ignore[no-untyped-def]
    """Read the digits at `data[i]`; return the integer (at most `MAX_ID`; -1: no digit) and the index after."""
    start = i
    value = np.int64(0)
    d = np.uint64(data[i]) - np.uint64(ZERO)
    while d < 10:
        value = min(value * 10 + np.int64(d), np.int64(MAX_ID))
        i += 1
        d = np.uint64(data[i]) - np.uint64(ZERO)
    return value if i > start else np.int64(-1), i


@jit
def _sift(ids, values, start, root, size):  # type: ignore[no-untyped-def]
    k, v = ids[start + root], values[start + root]
    child = 2 * root + 1
    while child < size:
        if child + 1 < size and ids[start + child + 1] > ids[start + child]:
            child += 1
        if ids[start + child] <= k:
            break
        ids[start + root] = ids[start + child]
        values[start + root] = values[start + child]
        root = child
        child = 2 * root + 1
    ids[start + root] = k
    values[start + root] = v


@jit
def sort_cells(ids, values, start, stop):  # type: ignore[no-untyped-def]
    """Sort `ids[start:stop]` ascending, `values` along with them; return a repeated id, or -1.

    A heap sort: files may hold any ids, so neither memory nor time may depend on how large they are.

    Parameters
    ----------
    ids, values : int32 and float32, shape (m,)
    """
    size = stop - start
    for root in range(size // 2 - 1, -1, -1):
        _sift(ids, values, start, root, size)
    for last in range(size - 1, 0, -1):
        k, v = ids[start], values[start]
        ids[start], values[start] = ids[start + last], values[start + last]
        ids[start + last], values[start + last] = k, v
        _sift(ids, values, start, 0, last)
    for i in range(start + 1, stop):
        if ids[i] == ids[i - 1]:
            return np.int64(ids[i])
    return np.int64(-1)
