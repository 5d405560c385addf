"""Kernel of what can be said of the scores that come with a ranking: their loss, their calibration, what to rely on."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.calibration import EPSILON, add_cell
from ihomer.kernels.metrics import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE
from streams.jit import jit

#: Scored rows after which the threshold of what is relied on is found anew.
EVERY = 128
#: Columns of `sums`.
LOG_LOSS, BRIER = 0, 1
#: Columns of `tally`: scored rows, cells predicted, cells relied on and how many of those hold, lowest bin relied on.
ROWS, PREDICTED, RELIED, RELIED_HELD, THRESHOLD = 0, 1, 2, 3, 4

_ROUNDING = 1e-9  # .55 * 100 is more than 55 in float64
_TRUE_NEGATIVE = 3  # beside the codes of `score_rows`, which has no use for them
_PARTIAL, _UNLABELLED = 1, 0  # as in streams.batch


@jit
def lowest_bin(cells, held, precision):  # type: ignore[no-untyped-def]
    """Return the lowest bin from which on, up to the last one, a share `precision` of the cells holds."""
    best, n, hits = len(cells), 0, 0
    for b in range(len(cells) - 1, -1, -1):
        n += cells[b]
        hits += held[b]
        if cells[b] > 0 and hits >= precision * n - _ROUNDING:
            best = b
    return best


@jit
def confidence_rows(  # type: ignore[no-untyped-def]
    code_indptr, codes, status, known_indptr, known_ids, top_ids, top_scores, precision, marks,
    cells, held, mass, sums, chosen, chosen_held, tally,
):  # fmt: skip
    """Add rows: all cells with a score, and of them those that were predicted to hold. O(labels touched).

    Parameters
    ----------
    code_indptr, codes : as `ihomer.kernels.metrics.score_rows` wrote them
    status, known_indptr, known_ids, top_ids, top_scores : as there; scores float32 (n, k), in 0..1
    precision : float64, wanted of the cells that are relied on
    marks : int64 (labels,), kept from call to call: 4 * (scored row + 1) + what the label was
    cells, held, mass : int64 (B,), int64 (B,), float64 (B,): bins of all cells with a score, see `add_cell`
    sums : float64 (2,): log loss and Brier score of these
    chosen, chosen_held : int64 (C,): bins of those that were predicted, and how many hold
    tally : int64 (5,)
    """
    scored = 0
    for row in range(len(status)):
        if status[row] == _UNLABELLED:
            continue
        partial = status[row] == _PARTIAL
        mark = 4 * (tally[ROWS] + 1)
        if partial:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                marks[known_ids[i]] = mark + _TRUE_NEGATIVE
        for i in range(code_indptr[scored], code_indptr[scored + 1]):
            kind = codes[i] & 3
            marks[codes[i] >> 2] = mark + kind
            tally[PREDICTED] += kind != FALSE_NEGATIVE
        for i in range(top_ids.shape[1]):
            label = top_ids[row, i]
            if label < 0:
                break
            kind = _TRUE_NEGATIVE
            if marks[label] >= mark:
                kind = marks[label] - mark
            elif partial:
                continue
            holds = kind in (TRUE_POSITIVE, FALSE_NEGATIVE)
            q = np.float64(top_scores[row, i])
            add_cell(q, holds, cells, held, mass)
            sums[LOG_LOSS] -= math.log(min(max(q if holds else 1.0 - q, EPSILON), 1.0 - EPSILON))
            sums[BRIER] += (1.0 - q) ** 2 if holds else q * q
            if kind in (TRUE_POSITIVE, FALSE_POSITIVE):
                b = min(np.int64(q * len(chosen)), len(chosen) - 1)
                if b >= tally[THRESHOLD]:
                    tally[RELIED] += 1
                    tally[RELIED_HELD] += holds
                chosen[b] += 1
                chosen_held[b] += holds
        scored += 1
        tally[ROWS] += 1
        if tally[ROWS] % EVERY == 0:
            tally[THRESHOLD] = lowest_bin(chosen, chosen_held, precision)
