"""Kernel that reads multi-label svmlight text: `l1,l2 f:v f:v`."""

from __future__ import annotations

import numpy as np

from streams.jit import jit
from streams.kernels.parse_bytes import (
    AT,
    CELLS,
    COLON,
    COMMA,
    EMPTY,
    END,
    EXACT,
    FAULT_AT,
    FAULT_ITEM,
    FAULT_LINE,
    FAULT_START,
    HARD,
    HASH,
    IS_BLANK,
    IS_SPACE,
    LABELS,
    LINE,
    MAX_HARD,
    NEWLINE,
    RETURN,
    ROWS,
    ZERO,
    next_line,
    parse_id,
    sort_cells,
)
from streams.kernels.parse_number import NUMBER, TOO_CLOSE, TOO_LARGE, parse_number

#: The faults that the kernel comes back with.
EMPTY_LINE, BAD_LABEL, LABEL_BEYOND, LABEL_TWICE, BAD_FEATURE = 2, 3, 4, 5, 6
FEATURE_BEYOND, FEATURE_TWICE, BAD_NUMBER, INFINITE, BAD_CATEGORY = 7, 8, 9, 10, 11


@jit
def _parse_labels(data, at, n_labels, labels, n, scratch):  # type: ignore[no-untyped-def]
    """Read `l1,l2` to `labels[n:]`; return the index after, the new n, a fault or END, and what is at fault."""
    first = n
    last = -1
    ordered = True
    while True:
        label, i = parse_id(data, at)
        c = data[i]
        if label < 0 or (c != COMMA and not IS_SPACE[c]):
            return at, n, BAD_LABEL, 0
        if label >= n_labels:
            return at, n, LABEL_BEYOND, 0
        ordered &= label > last
        last = label
        labels[n] = label
        n += 1
        if c != COMMA:
            break
        at = i + 1
    if not ordered:
        repeated = sort_cells(labels, scratch, first, n)
        if repeated >= 0:
            return at, n, LABEL_TWICE, repeated
    return i, n, END, 0


@jit
def parse_svmlight(  # type: ignore[no-untyped-def]
    data,
    state,
    n_features,
    n_labels,
    categories,
    exact_at,
    exact,
    hard,
    indptr,
    ids,
    values,
    label_indptr,
    labels,
    scratch,
    lines,
):
    """Read rows from `data[state[AT]]` on until the block ends or something is for the caller to do.

    On a fault the row is left out and `state` stands at the next line. With EXACT it stands at the row again:
    the caller rounds the numbers that begin at `hard[:state[HARD]]` and calls with them in `exact`.

    Parameters
    ----------
    data : uint8; ends with a newline
    state : int64, shape (N_STATE,): see `streams.kernels.parse_bytes`
    n_features, n_labels : ids are below these
    categories : int32, shape (n_features,): of a nominal feature how many categories it has, else 0; or empty
    exact_at, exact : int64 and float32, shape (k,): ascending indices where numbers begin, and their values
    hard : int64, shape (MAX_HARD,); written
    indptr, label_indptr : int64, longer than the block has lines; written, first entries 0
    ids, values : int32 and float32, longer than a quarter of the block; written: ascending, without zeros
    labels : int32, longer than half of the block; written: ascending
    scratch : float32, as long as labels
    lines : int64, like indptr; written: the rows' line numbers
    """
    at, line, rows, cells, held, empty = state[AT], state[LINE], state[ROWS], state[CELLS], state[LABELS], state[EMPTY]
    stop = len(data)
    nominal = len(categories) > 0
    why = END
    start = at
    item = np.int64(0)
    n_hard = 0
    k_exact = 0
    while at < stop:
        start = at
        c = data[at]
        if (c == NEWLINE) | (c == HASH) or (c == RETURN and data[at + 1] == NEWLINE):
            if c != HASH and empty == 0:
                empty = line
            at = next_line(data, at)
            line += 1
            continue
        if empty != 0:
            why = EMPTY_LINE
            break
        n_held = held
        if not IS_SPACE[c]:
            at, n_held, why, item = _parse_labels(data, at, n_labels, labels, held, scratch)
            if why != END:
                break
        n = cells
        last = -1
        ordered = True
        zeros = False
        while True:
            while IS_BLANK[data[at]]:
                at += 1
            if (data[at] == NEWLINE) | (data[at] == HASH):
                break
            feature, i = parse_id(data, at)
            if feature < 0 or data[i] != COLON:
                why = BAD_FEATURE
                break
            if feature >= n_features:
                why = FEATURE_BEYOND
                break
            item = np.int64(feature)
            digit = np.uint64(data[i + 1]) - np.uint64(ZERO)
            if digit < 10 and IS_SPACE[data[i + 2]]:  # most values of sparse rows are 1
                value, end, what = np.float32(digit), i + 2, NUMBER
            else:
                value, end, what = parse_number(data, i + 1)
            if what != NUMBER or not (IS_SPACE[data[end]] or data[end] == HASH):
                if what == TOO_LARGE:
                    at = i + 1
                    why = INFINITE
                    break
                if what != TOO_CLOSE:
                    at = i + 1
                    why = BAD_NUMBER
                    break
                while k_exact < len(exact_at) and exact_at[k_exact] < i + 1:
                    k_exact += 1
                if k_exact < len(exact_at) and exact_at[k_exact] == i + 1:
                    value = exact[k_exact]
                    if np.isinf(value):
                        at = i + 1
                        why = INFINITE
                        break
                elif n_hard < MAX_HARD:
                    hard[n_hard] = i + 1
                    n_hard += 1
            if nominal and categories[feature] > 0 and not np.isnan(value):
                whole = 0 <= value < categories[feature] and value == np.floor(value)
                if not whole:
                    at = i + 1
                    why = BAD_CATEGORY
                    break
            ordered &= feature > last
            last = feature
            zeros |= value == 0
            ids[n] = feature
            values[n] = value
            n += 1
            at = end
        if why != END:
            break
        if n_hard > 0:
            why = EXACT
            break
        if not ordered:
            item = sort_cells(ids, values, cells, n)
            if item >= 0:
                why = FEATURE_TWICE
                break
        if zeros:
            kept = cells
            for i in range(cells, n):
                if values[i] != 0:
                    ids[kept] = ids[i]
                    values[kept] = values[i]
                    kept += 1
            n = kept
        cells = n
        held = n_held
        lines[rows] = line
        rows += 1
        indptr[rows] = cells
        label_indptr[rows] = held
        at = next_line(data, at)
        line += 1
    state[FAULT_LINE], state[FAULT_START], state[FAULT_AT], state[FAULT_ITEM] = line, start, at, item
    state[HARD] = n_hard
    if why == EMPTY_LINE:
        state[FAULT_LINE] = empty
        empty = 0
    elif why == EXACT:
        at = start
    elif why != END:
        at = next_line(data, at)
        line += 1
    state[AT], state[LINE], state[ROWS], state[CELLS], state[LABELS], state[EMPTY] = at, line, rows, cells, held, empty
    return why
