"""Kernel that reads the rows of an ARFF file, dense (`1,red,?`) and sparse (`{0 1,1 red}`)."""

from __future__ import annotations

import numpy as np

from streams.jit import jit
from streams.kernels.parse_bytes import (
    APOSTROPHE,
    AT,
    BACKSLASH,
    CELLS,
    CLOSE,
    COMMA,
    END,
    EXACT,
    FAULT_AT,
    FAULT_ITEM,
    FAULT_LINE,
    FAULT_START,
    HARD,
    IS_BLANK,
    IS_SPACE,
    LINE,
    MAX_HARD,
    NEWLINE,
    ONE,
    OPEN,
    PERCENT,
    QUESTION,
    QUOTE,
    RETURN,
    ROWS,
    TAB,
    ZERO,
    next_line,
    parse_id,
)
from streams.kernels.parse_number import NO_NUMBER, NUMBER, TOO_CLOSE, TOO_LARGE, parse_number

#: How a column's values are written: a number; a category; one of the two categories 0 and 1, in either order.
NUMERIC, NOMINAL, ZERO_ONE, ONE_ZERO = 0, 1, 2, 3

#: The faults that the kernel comes back with.
BAD_NUMBER, INFINITE, UNKNOWN_CATEGORY, OPEN_QUOTE, AFTER_QUOTE, NO_VALUE = 2, 3, 4, 5, 6, 7
TOO_FEW, TOO_MANY, BAD_INDEX, INDEX_BEYOND, INDEX_TWICE, NOT_ASCENDING = 8, 9, 10, 11, 12, 13
NO_SEPARATOR, OPEN_BRACE, AFTER_ROW, WEIGHTED = 14, 15, 16, 17


#: Whether a byte ends a value that is not quoted.
_IS_END = IS_SPACE | np.isin(np.arange(256), [COMMA, CLOSE])
#: Whether a byte can begin a number; letters are for nan and for inf, which has a message of its own.
_BEGINS_NUMBER = np.isin(np.arange(256), list(b"0123456789+-.nNiI"))


@jit
def _skip_spaces(data, i):  # type: ignore[no-untyped-def]
    while IS_BLANK[data[i]]:
        i += 1
    return i


@jit
def _unquote(data, i, text):  # type: ignore[no-untyped-def]
    """Write what stands between the quotes that begin at `data[i]` to `text`, and a newline.

    Returns the length and the index after the closing quote, -1 if there is none in the line.
    """
    quote = data[i]
    i += 1
    n = 0
    while data[i] != quote:
        c = data[i]
        if c == NEWLINE:
            return n, -1
        if c == BACKSLASH and data[i + 1] != NEWLINE:
            i += 1
            c = data[i]
            if c == 110:  # n
                c = np.uint8(NEWLINE)
            elif c == 114:  # r
                c = np.uint8(RETURN)
            elif c == 116:  # t
                c = np.uint8(TAB)
        text[n] = c
        n += 1
        i += 1
    text[n] = NEWLINE
    return n, i + 1


@jit
def _find_category(text, start, stop, low, high, ends, letters):  # type: ignore[no-untyped-def]
    """Return which of the categories `low` to `high - 1`, sorted by their bytes, is `text[start:stop]`, or -1."""
    while low < high:
        middle = (low + high) >> 1
        a = ends[middle]
        n = min(ends[middle + 1] - a, stop - start)
        k = 0
        while k < n and letters[a + k] == text[start + k]:
            k += 1
        order = ends[middle + 1] - a - (stop - start)
        if k < n:
            order = np.int64(letters[a + k]) - np.int64(text[start + k])
        if order == 0:
            return middle
        if order < 0:
            low = middle + 1
        else:
            high = middle
    return -1


@jit
def _parse_quoted(data, i, kind, low, high, ends, letters, codes_of, text):  # type: ignore[no-untyped-def]
    """Read a value in quotes; see `_parse_value`."""
    stop, end = _unquote(data, i, text)
    if end < 0:
        return np.float32(0), i, OPEN_QUOTE
    if not _IS_END[data[end]]:
        return np.float32(0), end, AFTER_QUOTE
    if kind == NUMERIC:
        value, after, what = parse_number(text, 0)
        if what == TOO_LARGE:
            return np.float32(0), i, INFINITE
        if what == NO_NUMBER or after != stop:
            return np.float32(0), i, BAD_NUMBER
        return value, end, EXACT if what == TOO_CLOSE else END
    k = _find_category(text, 0, stop, low, high, ends, letters)
    if k < 0:
        return np.float32(0), i, UNKNOWN_CATEGORY
    return np.float32(codes_of[k]), end, END


@jit
def _parse_value(data, i, kind, low, high, ends, letters, codes_of, text):  # type: ignore[no-untyped-def]
    """Read a value that is no plain number; return its code, the index after it, and what it is.

    The column's categories are `low` to `high - 1`; otherwise as in `parse_arff`. The index of a fault is where
    it begins.
    """
    c = data[i]
    if c == QUESTION and _IS_END[data[i + 1]]:
        return np.float32(np.nan), i + 1, END
    if _IS_END[c]:
        return np.float32(0), i, NO_VALUE
    if (c == APOSTROPHE) | (c == QUOTE):
        return _parse_quoted(data, i, kind, low, high, ends, letters, codes_of, text)
    if kind == NUMERIC:
        return np.float32(0), i, BAD_NUMBER
    end = i
    while not _IS_END[data[end]]:
        end += 1
    k = _find_category(data, i, end, low, high, ends, letters)
    if k < 0:
        return np.float32(0), i, UNKNOWN_CATEGORY
    return np.float32(codes_of[k]), end, END


@jit
def _finish_row(data, i):  # type: ignore[no-untyped-def]
    """Read what may follow a row, a weight of 1 or a comment; return where the line ends and a fault or END."""
    i = _skip_spaces(data, i)
    at = i
    if data[i] == COMMA:
        i = _skip_spaces(data, i + 1)
        if data[i] != OPEN:
            return at, TOO_MANY
    if data[i] == OPEN:
        weight, end, what = parse_number(data, _skip_spaces(data, i + 1))
        end = _skip_spaces(data, end)
        if what != NUMBER or weight != 1 or data[end] != CLOSE:
            return i, WEIGHTED
        i = _skip_spaces(data, end + 1)
    if data[i] != NEWLINE and data[i] != PERCENT:
        return i, TOO_MANY
    return i, END


@jit
def parse_arff(  # type: ignore[no-untyped-def]
    data, state, kinds, firsts, ends, letters, codes_of, exact_at, exact, hard, text, indptr, columns, codes, lines
):
    """Read rows from `data[state[AT]]` on until the block ends or something is for the caller to do.

    On a fault the row is left out and `state` stands at the next line. With EXACT it stands at the row again;
    the caller rounds the numbers that begin at `hard[:state[HARD]]` and calls with them in `exact`.

    A cell's code is the number, or the category's number in the order of its declaration. Cells of code 0 are
    left out, in dense rows too: what is left out of a sparse row has code 0.

    Parameters
    ----------
    data : uint8; ends with a newline
    state : int64, shape (N_STATE,): see `streams.kernels.parse_bytes`
    kinds : uint8, shape (n,): NUMERIC, NOMINAL, ZERO_ONE or ONE_ZERO
    firsts : int64, shape (n + 1,): column j has the categories firsts[j] to firsts[j + 1] - 1, sorted by their bytes
    ends, letters : int64 and uint8: category k is letters[ends[k]:ends[k + 1]]
    codes_of : int32: its number in the order of declaration
    exact_at, exact : int64 and float32, shape (k,): ascending indices where numbers begin, and their values
    hard : int64, shape (MAX_HARD,); written
    text : uint8, as long as the block; its content does not matter
    indptr : int64, longer than the block has lines; written, the first entry 0
    columns, codes : int32 and float32, longer than half of the block; written, columns ascending
    lines : int64, like indptr; written: the rows' line numbers
    """
    at, line, rows, cells = state[AT], state[LINE], state[ROWS], state[CELLS]
    stop = len(data)
    n_columns = len(kinds)
    why = END
    item = 0
    start = at
    n_hard = 0
    k_exact = 0
    while at < stop:
        start = at
        at = _skip_spaces(data, at)
        if data[at] == NEWLINE or data[at] == PERCENT:
            at = next_line(data, at)
            line += 1
            continue
        sparse = data[at] == OPEN
        if sparse:
            at = _skip_spaces(data, at + 1)
        n = cells
        column = -1
        while True:
            # The next column, and the fault if there cannot be one.
            if sparse:
                if column < 0 and data[at] == CLOSE:
                    break
                index, i = parse_id(data, at)
                if index < 0 or not IS_BLANK[data[i]]:
                    why = OPEN_BRACE if data[at] == NEWLINE else BAD_INDEX
                    break
                if index >= n_columns:
                    why = INDEX_BEYOND
                    break
                if index <= column:
                    why = INDEX_TWICE if index == column else NOT_ASCENDING
                    item = column
                    break
                column = index
                at = _skip_spaces(data, i)
            else:
                column += 1
                if column == n_columns:
                    break
                if data[at] == NEWLINE or data[at] == PERCENT:
                    why = TOO_FEW
                    item = column
                    break
            # Its value.
            kind = kinds[column]
            c = data[at]
            if kind >= ZERO_ONE and ZERO <= c <= ONE and _IS_END[data[at + 1]]:
                code = np.float32((c == ONE) == (kind == ZERO_ONE))
                end = at + 1
            elif kind == NUMERIC and _BEGINS_NUMBER[c]:
                code, end, what = parse_number(data, at)
                if what == TOO_LARGE:
                    why = INFINITE
                elif what == NO_NUMBER or not _IS_END[data[end]]:
                    why = BAD_NUMBER
                elif what == TOO_CLOSE:
                    why = EXACT
                if why > EXACT:
                    end = at
            else:
                code, end, why = _parse_value(
                    data, at, kind, firsts[column], firsts[column + 1], ends, letters, codes_of, text
                )
            if why == EXACT:
                why = END
                while k_exact < len(exact_at) and exact_at[k_exact] < at:
                    k_exact += 1
                if k_exact < len(exact_at) and exact_at[k_exact] == at:
                    code = exact[k_exact]
                    if np.isinf(code):
                        end = at
                        why = INFINITE
                elif n_hard < MAX_HARD:
                    hard[n_hard] = at
                    n_hard += 1
            if why != END:
                item = column
                at = end
                break
            if code != 0:
                columns[n] = column
                codes[n] = code
                n += 1
            # What separates it from the next.
            at = _skip_spaces(data, end)
            if data[at] == COMMA and (sparse or column < n_columns - 1):
                at = _skip_spaces(data, at + 1)
                if not sparse and (data[at] == NEWLINE or data[at] == PERCENT):
                    why = TOO_FEW
                    item = column + 1
                    break
            elif sparse:
                if data[at] == CLOSE:
                    break
                why = OPEN_BRACE if data[at] == NEWLINE or data[at] == PERCENT else NO_SEPARATOR
                break
            elif at == end and data[at] == CLOSE:
                why = NO_SEPARATOR
                break
        if why == END:
            at, why = _finish_row(data, at + 1 if sparse else at)
            if why == TOO_MANY and sparse:
                why = AFTER_ROW
        if why != END:
            break
        if n_hard > 0:
            why = EXACT
            break
        cells = n
        lines[rows] = line
        rows += 1
        indptr[rows] = cells
        at = next_line(data, at)
        line += 1
    state[FAULT_LINE], state[FAULT_START], state[FAULT_AT], state[FAULT_ITEM] = line, start, at, item
    state[HARD] = n_hard
    if why == EXACT:
        at = start
    elif why != END:
        at = next_line(data, start)
        line += 1
    state[AT], state[LINE], state[ROWS], state[CELLS] = at, line, rows, cells
    return why
