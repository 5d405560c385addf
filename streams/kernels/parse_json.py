"""Kernel that reads JSON Lines of the regular kind; a line that is anything else is handed back."""

from __future__ import annotations

import numpy as np

from streams.jit import jit
from streams.kernels.parse_bytes import COLON, COMMA, NEWLINE, QUOTE, RETURN, SPACE, TAB, ZERO
from streams.kernels.parse_number import NUMBER, parse_number
from streams.kernels.rows import sort_row

_OBJECT, _OBJECT_END, _ARRAY, _ARRAY_END, _BACKSLASH, _MINUS, _POINT, _E = 123, 125, 91, 93, 92, 45, 46, 101
_F, _I, _N, _T, _X, _Y = 102, 105, 110, 116, 120, 121

#: Entries of the int64 array `state`: the next byte; the number of its line; rows written; the
#: length of the vectors (0: x is an object).
AT, LINE, ROWS, WIDTH = range(4)
N_STATE = 4

#: The end of the block; a line that is not of the regular kind, at which `state[AT]` stands.
END, IRREGULAR = 0, 1

#: Status of a row, as in `streams.batch`.
_UNLABELLED, _COMPLETE = 0, 2

#: 64-bit FNV-1a.
_BASIS, _PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
#: Exact doubles; with the at most 15 digits of an integer below 2^53 a quotient is rounded right.
_POWERS = np.array([float(f"1e{k}") for k in range(17)])

_TRUE = np.frombuffer(b"true", np.uint8).copy()
_FALSE = np.frombuffer(b"false", np.uint8).copy()
_NULL = np.frombuffer(b"null", np.uint8).copy()


@jit
def _skip(data, i):  # type: ignore[no-untyped-def]
    """Return the index of the first byte from `i` on that is no blank; a newline is none."""
    while data[i] == SPACE or data[i] == TAB or data[i] == RETURN:
        i += 1
    return i


@jit
def _is_word(data, i, word):  # type: ignore[no-untyped-def]
    k = 0
    while k < len(word) and data[i + k] == word[k]:
        k += 1
    return k == len(word)


@jit
def _string_end(data, i):  # type: ignore[no-untyped-def]
    """Return the index of the quote that ends the string whose first letter is at `i`; -1 if it has an escape."""
    while data[i] != QUOTE:
        if data[i] < SPACE or data[i] == _BACKSLASH:
            return -1
        i += 1
    return i


@jit
def _number(data, i):  # type: ignore[no-untyped-def]
    """Read a JSON number; return it as float32, and the index after it or -1 if it is none or a hard one."""
    begin = i
    negative = data[i] == _MINUS
    if negative:
        i += 1
    first = i
    mantissa = np.int64(0)
    d = np.int64(data[i]) - ZERO
    while 0 <= d <= 9:
        mantissa = mantissa * 10 + d
        i += 1
        d = np.int64(data[i]) - ZERO
    if i == first or (data[first] == ZERO and i > first + 1):
        return np.float32(0), -1
    places = 0
    if data[i] == _POINT:
        i += 1
        start = i
        d = np.int64(data[i]) - ZERO
        while 0 <= d <= 9:
            mantissa = mantissa * 10 + d
            i += 1
            d = np.int64(data[i]) - ZERO
        places = i - start
        if places == 0:
            return np.float32(0), -1
    if data[i] | 32 == _E or i - first > 16:
        # Not exact in doubles, or perhaps not.
        value, i, what = parse_number(data, begin)
        return value, i if what == NUMBER else -1
    value = np.float32(np.float64(mantissa) / _POWERS[places])
    return -value if negative and value != 0 else value, i  # no -0: a vector keeps its zeros


@jit
def _value(data, i):  # type: ignore[no-untyped-def]
    """Read a number, true (1), false (0) or null (NaN); return it, and the index after it or -1."""
    c = data[i]
    if c == _N:
        return np.float32(np.nan), i + 4 if _is_word(data, i, _NULL) else -1
    if c == _T:
        return np.float32(1), i + 4 if _is_word(data, i, _TRUE) else -1
    if c == _F:
        return np.float32(0), i + 5 if _is_word(data, i, _FALSE) else -1
    return _number(data, i)


@jit
def hash_name(data, start, stop):  # type: ignore[no-untyped-def]
    """Return the 64-bit FNV-1a hash of `data[start:stop]`, its high bits mixed into the low ones."""
    h = _BASIS
    for i in range(start, stop):
        h = (h ^ np.uint64(data[i])) * _PRIME
    return h ^ (h >> np.uint64(32))


@jit
def add_names(slots, hashes, ends, letters, first, stop):  # type: ignore[no-untyped-def]
    """Enter the names `first` to `stop` - 1 into the hash table.

    Parameters
    ----------
    slots : int32, a power of two long, more than `stop`; numbers of names, -1 is free
    hashes : uint64, shape (names,); written
    ends : int64, shape (names + 1,): name k is `letters[ends[k]:ends[k + 1]]`
    letters : uint8
    """
    mask = np.uint64(len(slots) - 1)
    for k in range(first, stop):
        h = hash_name(letters, ends[k], ends[k + 1])
        hashes[k] = h
        at = h & mask
        while slots[at] >= 0:
            at = (at + np.uint64(1)) & mask
        slots[at] = k


@jit
def _find(data, start, stop, slots, hashes, ends, letters):  # type: ignore[no-untyped-def]
    """Return the number of the name `data[start:stop]`, or -1."""
    h = hash_name(data, start, stop)
    mask = np.uint64(len(slots) - 1)
    at = h & mask
    while slots[at] >= 0:
        k = slots[at]
        if hashes[k] == h and ends[k + 1] - ends[k] == stop - start:
            first = ends[k] - start
            i = start
            while i < stop and letters[first + i] == data[i]:
                i += 1
            if i == stop:
                return np.int64(k)
        at = (at + np.uint64(1)) & mask
    return np.int64(-1)


@jit
def _features(data, i, slots, hashes, ends, letters, columns, ids, values, at):  # type: ignore[no-untyped-def]
    """Read the object of features whose brace is before `i`; return the index after it (-1: irregular) and `at`.

    The loop over names is written out, not called: passing six arrays costs more than looking up a name.
    """
    mask = np.uint64(len(slots) - 1)
    i = _skip(data, i)
    if data[i] == _OBJECT_END:
        return i + 1, at
    while True:
        if data[i] != QUOTE:
            return -1, at
        start = i + 1
        i = start
        h = _BASIS
        c = data[i]
        while c != QUOTE:
            if c < SPACE or c == _BACKSLASH:
                return -1, at
            h = (h ^ np.uint64(c)) * _PRIME
            i += 1
            c = data[i]
        h ^= h >> np.uint64(32)
        name = -1
        slot = h & mask
        k = slots[slot]
        while k >= 0:
            if hashes[k] == h and ends[k + 1] - ends[k] == i - start:
                offset = ends[k] - start
                j = start
                while j < i and letters[offset + j] == data[j]:
                    j += 1
                if j == i:
                    name = columns[k]
                    break
            slot = (slot + np.uint64(1)) & mask
            k = slots[slot]
        i = _skip(data, i + 1)
        if data[i] != COLON:
            return -1, at
        i = _skip(data, i + 1)
        value, i = _value(data, i)
        if i < 0:
            return -1, at
        if name >= 0:
            ids[at] = name
            values[at] = value
            at += 1
        elif value != 0:
            return -1, at  # a new name, or a nominal attribute
        i = _skip(data, i)
        if data[i] == _OBJECT_END:
            return i + 1, at
        if data[i] != COMMA:
            return -1, at
        i = _skip(data, i + 1)


@jit
def _vector(data, i, row):  # type: ignore[no-untyped-def]
    """Read the array of numbers whose bracket is before `i` into `row`; return the index after it, -1: irregular."""
    for j in range(len(row)):
        i = _skip(data, i)
        if data[i] == _N and _is_word(data, i, _NULL):
            row[j] = np.nan
            i += 4
        else:
            row[j], i = _number(data, i)
            if i < 0:
                return -1
        i = _skip(data, i)
        if data[i] != (COMMA if j + 1 < len(row) else _ARRAY_END):
            return -1
        i += 1
    return i


@jit
def _labels(data, i, slots, hashes, ends, letters, columns, ids, first):  # type: ignore[no-untyped-def]
    """Read the array of labels whose bracket is before `i`; return the index after it (-1: irregular) and the end.

    Their ids are written ascending and distinct from `ids[first]` on.
    """
    at = first
    i = _skip(data, i)
    if data[i] == _ARRAY_END:
        return i + 1, at
    while True:
        if data[i] != QUOTE:
            return -1, at
        stop = _string_end(data, i + 1)
        if stop < 0:
            return -1, at
        name = _find(data, i + 1, stop, slots, hashes, ends, letters)
        if name < 0:
            return -1, at
        label = columns[name]
        j = at
        while j > first and ids[j - 1] >= label:
            j -= 1
        if j == at or ids[j] != label:
            for k in range(at, j, -1):
                ids[k] = ids[k - 1]
            ids[j] = label
            at += 1
        i = _skip(data, stop + 1)
        if data[i] == _ARRAY_END:
            return i + 1, at
        if data[i] != COMMA:
            return -1, at
        i = _skip(data, i + 1)


@jit
def _finish_row(ids, values, first, stop, bits, summary, scratch):  # type: ignore[no-untyped-def]
    """Sort a row and leave out its zeros; return where it ends now, -1 if a feature stands twice."""
    if sort_row(ids, values, first, stop, bits, summary, scratch) >= 0:
        return np.int64(-1)
    at = first
    for k in range(first, stop):
        if values[k] != 0:
            ids[at] = ids[k]
            values[at] = values[k]
            at += 1
    return np.int64(at)


@jit
def parse_json(  # type: ignore[no-untyped-def]
    data,
    state,
    slots,
    hashes,
    ends,
    letters,
    columns,
    label_slots,
    label_hashes,
    label_ends,
    label_letters,
    label_columns,
    indptr,
    ids,
    values,
    dense,
    label_indptr,
    label_ids,
    status,
    spans,
    lines,
    bits,
    summary,
    scratch,
):
    """Read lines up to the end of the block or to one that is irregular; return END or IRREGULAR.

    Regular is an object of `x` (an object of known names and numbers, true, false, null; or an array as long as all
    before), `y` (an array of known labels, or null), `id` (a string or number) and `t` (a number), each at most
    once, strings without escapes. Everything else, wrong or only rare, is irregular.

    Parameters
    ----------
    data : uint8, read only; valid UTF-8 that ends with a newline
    state : int64, shape (N_STATE,)
    slots, hashes, ends, letters : the table of names of features, see `add_names`
    columns : int32: the id of each name
    label_... : the same for labels
    indptr, ids, values : int64 (lines + 1,), int32 and float32 (bytes / 5, the shortest is `"":0,`); written
    dense : float32 (lines, width); written if x is an array
    label_indptr, label_ids, status : int64 (lines + 1,), int32 (bytes / 3), uint8 (lines,); written
    spans : int64 (lines, 4); written: where the id begins and ends, where the time does; 0 if there is none
    lines : int64 (lines,); written: the number of each row's line
    bits, summary, scratch : as for `streams.kernels.rows.sort_row`
    """
    row = state[ROWS]
    while state[AT] < len(data):
        i = _skip(data, state[AT])
        if data[i] == NEWLINE:
            state[AT] = i + 1
            state[LINE] += 1
            continue
        if data[i] != _OBJECT:
            return IRREGULAR
        cells, labels = indptr[row], label_indptr[row]
        status[row] = _UNLABELLED
        spans[row] = 0
        has_x = has_y = False
        i = _skip(data, i + 1)
        while True:
            key = 0
            if data[i] == QUOTE and data[i + 1] != NEWLINE and data[i + 2] == QUOTE:
                key = data[i + 1]
                i += 3
            elif data[i] == QUOTE and data[i + 1] == _I and data[i + 2] == 100 and data[i + 3] == QUOTE:
                key = _I
                i += 4
            i = _skip(data, i)
            if data[i] != COLON:
                return IRREGULAR
            i = _skip(data, i + 1)
            if key == _X and not has_x:
                has_x = True
                if data[i] == _OBJECT and state[WIDTH] == 0:
                    i, cells = _features(data, i + 1, slots, hashes, ends, letters, columns, ids, values, cells)
                elif data[i] == _ARRAY and state[WIDTH] > 0:
                    i = _vector(data, i + 1, dense[row])
                else:
                    return IRREGULAR
            elif key == _Y and not has_y:
                has_y = True
                if data[i] == _ARRAY:
                    status[row] = _COMPLETE
                    i, labels = _labels(
                        data,
                        i + 1,
                        label_slots,
                        label_hashes,
                        label_ends,
                        label_letters,
                        label_columns,
                        label_ids,
                        labels,
                    )
                elif data[i] == _N and _is_word(data, i, _NULL):
                    i += 4
                else:
                    return IRREGULAR
            elif (key == _I and spans[row, 1] == 0) or (key == _T and spans[row, 3] == 0):
                at = 0 if key == _I else 2
                spans[row, at] = i
                if data[i] == QUOTE and key == _I:
                    i = _string_end(data, i + 1) + 1
                    if i == 0:
                        return IRREGULAR
                else:
                    i = _number(data, i)[1]
                spans[row, at + 1] = i
            else:
                return IRREGULAR
            if i < 0:
                return IRREGULAR
            i = _skip(data, i)
            if data[i] == _OBJECT_END:
                break
            if data[i] != COMMA:
                return IRREGULAR
            i = _skip(data, i + 1)
        i = _skip(data, i + 1)
        if data[i] != NEWLINE or not has_x:
            return IRREGULAR
        cells = _finish_row(ids, values, indptr[row], cells, bits, summary, scratch)
        if cells < 0:
            return IRREGULAR
        lines[row] = state[LINE]
        row += 1
        indptr[row] = cells
        label_indptr[row] = labels
        state[ROWS] = row
        state[AT] = i + 1
        state[LINE] += 1
    return END

