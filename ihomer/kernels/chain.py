"""Kernel of the chain: scaling, four experts and the stack over a block of rows in one call.

The same kernels as one by one, so the same bits; what is saved is what Python needs between them, which for a single
row is more than all of their work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types
from numba.experimental import structref

from ihomer.kernels.arow import arow_block
from ihomer.kernels.feature_counts import table_block
from ihomer.kernels.history import history_block
from ihomer.kernels.inputs import DENSE, scale_block
from ihomer.kernels.recent_rows import BUCKETS, recent_block
from ihomer.kernels.stack import stack_block
from streams.jit import jit

_ZERO, _TWO = np.float32(0.0), np.float32(2.0)


@jit
def widths(indptr, ids, label_indptr, known_indptr):  # type: ignore[no-untyped-def]
    """Return how wide rows are: their entries, those of the longest, its labels, and the largest id (-1: none)."""
    longest, labels, largest = np.int64(0), np.int64(0), np.int64(-1)
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        longest = max(longest, stop - start)
        labels = max(labels, label_indptr[row + 1] - label_indptr[row], known_indptr[row + 1] - known_indptr[row])
        if stop > start:
            largest = max(largest, np.int64(ids[stop - 1]))
    return indptr[len(indptr) - 1] - indptr[0], longest, labels, largest


_I32, _I64, _BYTES = (types.Array(kind, 1, "C") for kind in (types.int32, types.int64, types.int8))
_F1, _F2, _F3 = (types.Array(types.float32, n, "C") for n in (1, 2, 3))
_D1, _D2 = (types.Array(types.float64, n, "C") for n in (1, 2))
_I32_2, _I64_2 = types.Array(types.int32, 2, "C"), types.Array(types.int64, 2, "C")
_tuple = types.BaseTuple.from_types
#: numba calls it with another number of arguments than its definition has; a type checker cannot know that.
_new: Any = structref.new


class _ChainType(types.StructRef):
    """The type of `Desk` inside kernels."""


class Desk(structref.StructRefProxy):
    """Everything that the chain works on, handed to a kernel as one thing.

    Every array that Python hands to a kernel costs a tenth of a microsecond, and there are seventy.
    """


structref.register(_ChainType)  # type: ignore[no-untyped-call]
structref.define_boxing(_ChainType, Desk)  # type: ignore[no-untyped-call]
_DESK = _ChainType(
    [
        ("scaled", _tuple((_I32, _F1, _F1, _I32))),
        ("scaling", _tuple((_F1, _D2, _I64))),
        ("arow", _tuple((_F2, _F2, _F1, _F1, _F2, _F2))),
        ("history", _tuple((_D2, _F2, _D1))),
        ("recent", _tuple((_F2, _I32_2, _I32_2, _I64_2, _BYTES, _I64, _F2, _I64, _I64, _F1, _F1, _F1))),
        ("counts", _tuple((_F1, _F1, _D2, _D1, _F2, _F2, _F1, _F1, _F1))),
        ("scores", _tuple((_F2, _F3, _F3, _F3, _F3))),
        ("stack", _tuple((_I64, _I64, _D1, _F2, _F2, _D2, _D1, _D2, _I64, _F2, _D1, _F3, _F1, _F1))),
        ("numbers", _tuple((types.float32, types.float32, types.float32))),
    ]
)


@jit
def lay_out(scaled, scaling, arow, history, recent, counts, scores, stack, numbers):  # type: ignore[no-untyped-def]
    """Return a `Desk`.

    Parameters
    ----------
    scaled : scratch for `scale_block`: ids, values, idf values, ids modulo BUCKETS
    scaling : largest, moments, counters
    arow, history, recent, counts, stack : the arrays and scratch of `arow_block`, ... in their order
    scores : of AROW, float32 (n, L); of the others, float32 (4, n, L), (3, n, L), (2, n, L); and all of them in one,
        float32 (8 or 10, n, L): the counts have a place in it in sparse streams only
    numbers : float32: AROW's regulariser, where its log-odds are cut, the stack's prior variance of own weights
    """
    desk = _new(_DESK)
    desk.scaled = scaled
    desk.scaling = scaling
    desk.arow = arow
    desk.history = history
    desk.recent = recent
    desk.counts = counts
    desk.scores = scores
    desk.stack = stack
    desk.numbers = numbers
    return desk


@jit
def chain_block(rows, desk, learn, out):  # type: ignore[no-untyped-def]
    """Write each row's probabilities to `out` before learning the row.

    Parameters
    ----------
    rows : indptr, indices, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, and
        int64 scratch as long as indptr
    desk : what `lay_out` made
    learn : whether to learn
    out : float32 (n, L), written
    """
    indptr, indices, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, offsets = rows
    ids, x, idf, places = desk.scaled
    largest, moments, counters = desk.scaling
    W, S, bias, bias_s, never, arow_scratch = desk.arow
    r, most, own = desk.numbers
    margins, of_history, of_recent, of_counts, all_scores = desk.scores
    n = scale_block(indptr, indices, values, largest, moments, counters, learn, offsets, ids, x, idf)
    arow_block(
        offsets, ids, x, label_indptr, label_indices, status, known_indptr, known_indices, limits,
        W, S, bias, bias_s, never, r, arow_scratch, learn, margins,
    )  # fmt: skip
    for row in range(len(status)):
        for k in range(limits[row + 1]):
            margins[row, k] = min(max(_TWO * margins[row, k], -most), most)
        for k in range(limits[row + 1]):
            of_recent[1, row, k] = _ZERO  # the nearest row says nothing of labels that it did not know
    counted, totals, faded = desk.history
    history_block(
        label_indptr, label_indices, status, known_indptr, known_indices, limits, counted, totals, faded, learn,
        of_history,
    )  # fmt: skip
    for i in range(n):
        places[i] = ids[i] & (BUCKETS - 1)
    recent_block(  # type: ignore[call-arg]
        offsets, ids, places, x, label_indptr, label_indices, status, known_indptr, known_indices, limits,
        *desk.recent, learn, of_recent,
    )  # fmt: skip
    if counters[3] != DENSE:
        table_block(  # type: ignore[call-arg]
            offsets, ids, x, label_indptr, label_indices, status, known_indptr, known_indices, limits, len(status),
            *desk.counts, learn, of_counts,
        )  # fmt: skip
    held, again, weights, v, D, A, first, lower, clock, f, g, rows_scratch, mask, truth = desk.stack
    stack_block(
        all_scores, label_indptr, label_indices, status, known_indptr, known_indices, limits, held, again, own,
        weights, v, D, A, first, lower, clock, f, g, rows_scratch, mask, truth, learn, out,
    )  # fmt: skip
