"""Kernel of the door: the ids of a stream become a model's own, new ones in the order in which rows bring them."""

from __future__ import annotations

import numpy as np

from streams.jit import jit
from streams.kernels.rows import sort_row


@jit
def meet_rows(indptr, source, values, table, rank, first, grow, new, ids, met):  # type: ignore[no-untyped-def]
    """Write the model's ids of all entries; return how many new ids there are (if not `grow`: at most in a row).

    The new ones of a row get the next ids, in order of their rank, from `first` on; if not `grow`, every row's from
    `first` on. An entry whose value is missing brings nothing new: its id is -1 if it is not known.

    Parameters
    ----------
    indptr, source, values : int64 (n + 1,), int32, float32: the rows, in ids of the stream
    table : int32, longer than any id: the model's id, -1 where there is none; filled if `grow`
    rank : int32, as long: the places of the unknown ones in the order of their names
    new : int32, room for all unknown ones, written: the stream's ids of the new ones, in their order
    ids : int32, written
    met : int64 (n + 1,), written: how many of the model's ids were met before each row, and after the last
    """
    n = most = 0
    met[0] = first
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        m = 0
        for i in range(start, stop):
            s = source[i]
            if table[s] < 0 and not np.isnan(values[i]):
                j = n + m
                while j > n and rank[new[j - 1]] > rank[s]:
                    new[j] = new[j - 1]
                    j -= 1
                new[j] = s
                m += 1
        for j in range(n, n + m):
            table[new[j]] = first + j
        for i in range(start, stop):
            ids[i] = table[source[i]]
        if grow:
            n += m
        else:
            for j in range(n, n + m):
                table[new[j]] = -1
            most = max(most, m)
        met[row + 1] = first + n
    return n if grow else most


@jit
def meet_columns(x, table, ids, values, bits, summary, scratch):  # type: ignore[no-untyped-def]
    """Write ids and values of what is not 0 in a row of numbered columns.

    Returns how many entries there are, or -1 - j if x[j] is infinite or beyond float32; and how many of them have no
    id: -1 then, and the entries stay in the order of the columns. Else ids ascend.

    Parameters
    ----------
    x : float32 or float64, shape (d,)
    table : int32, as long at least: the id of every column, -1 where there is none
    ids, values : int32, float32, shape (d,); written
    bits, summary, scratch : as in `sort_row`
    """
    n = unknown = 0
    for j in range(len(x)):
        v = np.float32(x[j])
        if np.isinf(v):
            return -1 - j, unknown
        ids[n] = table[j]
        values[n] = v
        unknown += v != 0 and table[j] < 0
        n += v != 0
    if not unknown:
        sort_row(ids, values, 0, n, bits, summary, scratch)
    return n, unknown


@jit
def meet_dense(dense, order, own, indptr, ids, values):  # type: ignore[no-untyped-def]
    """Write ids and values of what is not 0 in a dense block whose columns are all known; ids ascend within a row.

    Parameters
    ----------
    dense : float32, shape (n, k)
    order : int64, shape (m,): the columns to read, in ascending order of the model's ids
    own : int32, shape (m,): these ids
    indptr : int64, shape (n + 1,); written
    ids, values : int32, float32, shape (n * m,); written
    """
    at = 0
    indptr[0] = 0
    for row in range(len(dense)):
        for c in range(len(order)):
            v = dense[row, order[c]]
            ids[at] = own[c]
            values[at] = v
            at += v != 0
        indptr[row + 1] = at
