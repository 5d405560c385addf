"""Kernel of the chain: scaling, four experts and the stack over a block of rows in one call.

The same kernels as one by one, so the same bits; what is saved is what Python needs between them, which for a single
row is more than all of their work.
"""

from __future__ import annotations

import numpy as np

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


@jit
def chain_block(rows, scaled, scaling, arow, history, recent, counts, scores, stack, r, most, own, learn, out):  # type: ignore[no-untyped-def]
    """Write each row's probabilities to `out` before learning the row.

    Parameters
    ----------
    rows : indptr, indices, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, and
        int64 scratch as long as indptr
    scaled : scratch for `scale_block`: ids, values, idf values, ids modulo BUCKETS
    scaling : largest, moments, counters
    arow, history, recent, counts, stack : the arrays and scratch of `arow_block`, ... in their order
    scores : of AROW, float32 (n, L); of the others, float32 (4, n, L), (3, n, L), (2, n, L); and all of them in one,
        float32 (8 or 10, n, L): the counts have a place in it in sparse streams only
    r, most, own : float32: AROW's regulariser, where its log-odds are cut, the stack's prior variance of own weights
    learn : whether to learn
    out : float32 (n, L), written
    """
    indptr, indices, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, offsets = rows
    ids, x, idf, places = scaled
    largest, moments, counters = scaling
    W, S, bias, bias_s, never, arow_scratch = arow
    margins, of_history, of_recent, of_counts, all_scores = scores
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
    counted, totals, faded = history
    history_block(
        label_indptr, label_indices, status, known_indptr, known_indices, limits, counted, totals, faded, learn,
        of_history,
    )  # fmt: skip
    for i in range(n):
        places[i] = ids[i] & (BUCKETS - 1)
    recent_block(  # type: ignore[call-arg]
        offsets, ids, places, x, label_indptr, label_indices, status, known_indptr, known_indices, limits,
        *recent, learn, of_recent,
    )  # fmt: skip
    if counters[3] != DENSE:
        table_block(  # type: ignore[call-arg]
            offsets, ids, x, label_indptr, label_indices, status, known_indptr, known_indices, limits, len(status),
            *counts, learn, of_counts,
        )  # fmt: skip
    held, again, weights, v, D, A, first, lower, clock, f, g, rows_scratch, mask, truth = stack
    stack_block(
        all_scores, label_indptr, label_indices, status, known_indptr, known_indices, limits, held, again, own,
        weights, v, D, A, first, lower, clock, f, g, rows_scratch, mask, truth, learn, out,
    )  # fmt: skip
