"""Kernels that bring ids together, score label sets and rankings against the truth, and add up what they found."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.ranking import PLACES, rank_row
from streams.jit import jit

#: What a label was in a row, the last two bits of a code: predicted and true, predicted only, true only.
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 0, 1, 2
#: Columns of `shares`, what one row adds to the sums; the rest of them stands in `ihomer.kernels.ranking`.
EXACT, F1, PRECISION, RECALL, JACCARD, HITS_1, HITS_3, HITS_5, TP, FP, FN, PARTIAL, KNOWN = range(13)
N_SHARES = 25

#: What stands in a table where an id has no value.
NO_VALUE = -2

_COMPLETE, _PARTIAL, _UNLABELLED = 2, 1, 0  # as in streams.batch
#: The faded counts are kept times a factor that grows with each row; from here on it is taken out of them.
_SCALE_LIMIT = 1e100


@jit
def look_up(ids, table, values):  # type: ignore[no-untyped-def]
    """Write the value of each id to `values`; false, with `values` unfinished, if one of them has none.

    Parameters
    ----------
    ids : int32 (n,), -1 or more
    table : int32 (m,): at i + 1 the value of the id i, or NO_VALUE
    values : int32 (n,); written
    """
    for i in range(len(ids)):
        at = ids[i] + 1
        if at >= len(table) or table[at] == NO_VALUE:
            return False
        values[i] = table[at]
    return True


@jit
def score_rows(  # type: ignore[no-untyped-def]
    true_indptr, true_ids, known_indptr, known_ids, status, pred_indptr, pred_ids, top_ids,
    empty_score, first_mark, rows_before, counts, marks, met, codes, code_indptr, shares,
):  # fmt: skip
    """Compare predictions with the truth, row by row; return the number of rows that could be scored.

    Unlabelled rows are left out of the result. In partial rows the labels whose truth is not known are left
    out, of the predicted set and of the ranking. O(labels of the row).

    Parameters
    ----------
    true_indptr, true_ids : int64 (n + 1,), int32: the labels that hold
    known_indptr, known_ids : int64 (n + 1,), int32: of partial rows the known labels; empty for others
    status : uint8 (n,)
    pred_indptr, pred_ids : int64 (n + 1,), int32: the predicted labels
    top_ids : int32 (n, k), best first, -1 where there are fewer
    empty_score : float64, example-based score of an empty prediction for an empty set
    first_mark : int64, larger than all in `marks`; a call uses the 2 n numbers from it on
    rows_before : int64, rows that were scored in earlier calls
    counts : int64 (labels,): in how many of them each label held; these rows are added
    marks : int64 (labels,), scratch that is kept from call to call
    met : uint8 (labels,); written: 1 for labels whose truth was known in some row
    codes : int32 (true + predicted labels,); written: label * 4 + what it was
    code_indptr : int64 (n + 1,); written: the span of each scored row in `codes`
    shares : float64 (n, N_SHARES); written: what each scored row adds to the sums
    """
    scored, at = 0, 0
    code_indptr[0] = 0
    hit, rarest = np.empty(PLACES, np.int32), np.empty(PLACES, np.int64)
    for row in range(len(status)):
        if status[row] == _UNLABELLED:
            continue
        partial = status[row] == _PARTIAL
        known, held = first_mark + 2 * row, first_mark + 2 * row + 1
        n_known = 0
        if partial:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                marks[known_ids[i]] = known
                met[known_ids[i]] = 1
                n_known += 1
        n_true = true_indptr[row + 1] - true_indptr[row]
        for i in range(true_indptr[row], true_indptr[row + 1]):
            marks[true_ids[i]] = held
            met[true_ids[i]] = 1

        share = shares[scored]
        for column in range(N_SHARES):
            share[column] = 0.0
        hit[:] = -1
        place, hits = 0, 0
        for i in range(top_ids.shape[1]):
            label = top_ids[row, i]
            if label < 0 or place == PLACES:
                break
            if partial and marks[label] < known:
                continue
            if marks[label] == held:
                hit[place] = label
                hits += 1
                if place == 0:
                    share[HITS_1] += 1
                if place <= 2:
                    share[HITS_3] += 1
            place += 1
        share[HITS_5] = hits
        rank_row(hit, n_true, true_ids, true_indptr[row], counts, rows_before + scored, rarest, share)
        for i in range(true_indptr[row], true_indptr[row + 1]):
            counts[true_ids[i]] += 1

        n_pred, both = 0, 0
        for i in range(pred_indptr[row], pred_indptr[row + 1]):
            label = pred_ids[i]
            if partial and marks[label] < known:
                continue
            n_pred += 1
            if marks[label] == held:
                both += 1
                marks[label] = known  # what is still marked as held after the loop was missed
                codes[at] = label * 4 + TRUE_POSITIVE
            else:
                codes[at] = label * 4 + FALSE_POSITIVE
            at += 1
        if both < n_true:
            for i in range(true_indptr[row], true_indptr[row + 1]):
                if marks[true_ids[i]] == held:
                    codes[at] = true_ids[i] * 4 + FALSE_NEGATIVE
                    at += 1

        if n_true == 0 and n_pred == 0:
            share[EXACT] = 1.0
            share[F1] = share[PRECISION] = share[RECALL] = share[JACCARD] = empty_score
        elif both > 0:
            share[EXACT] = 1.0 if both == n_true and both == n_pred else 0.0
            share[F1] = 2.0 * both / (n_true + n_pred)
            share[PRECISION] = both / n_pred
            share[RECALL] = both / n_true
            share[JACCARD] = both / (n_true + n_pred - both)
        share[TP], share[FP], share[FN] = both, n_pred - both, n_true - both
        if partial:
            share[PARTIAL], share[KNOWN] = 1.0, n_known
        scored += 1
        code_indptr[scored] = at
    return scored


@jit
def add_rows(rows, code_indptr, codes, shares, counts, sums):  # type: ignore[no-untyped-def]
    """Add the first `rows` scored rows to `counts`, int64 (labels, 3), and `sums`, float64 (N_SHARES,)."""
    for i in range(code_indptr[rows]):
        counts[codes[i] >> 2, codes[i] & 3] += 1
    for row in range(rows):
        for column in range(N_SHARES):
            sums[column] += shares[row, column]


@jit
def slide_rows(  # type: ignore[no-untyped-def]
    rows, code_indptr, codes, shares, counts, ring_shares, ring_sizes, ring_codes, state
):
    """Add the first `rows` scored rows to a window and take out as many as leave it.

    Parameters
    ----------
    counts : int64 (labels, 3): of the rows in the window
    ring_shares, ring_sizes : float64 (window, N_SHARES), int64 (window,): of each row in the window
    ring_codes : int32 (m,), a ring with room for the codes of the window and those of the new rows
    state : int64 (4,): slot of the oldest row, rows in the window, place of the oldest code, codes in the window
    """
    window, room = len(ring_sizes), len(ring_codes)
    oldest, held, first, used = state[0], state[1], state[2], state[3]
    for row in range(rows):
        if held == window:
            for _ in range(ring_sizes[oldest]):
                code = ring_codes[first]
                counts[code >> 2, code & 3] -= 1
                first = first + 1 if first + 1 < room else 0
            used -= ring_sizes[oldest]
            oldest = oldest + 1 if oldest + 1 < window else 0
            held -= 1
        slot = (oldest + held) % window
        ring_sizes[slot] = code_indptr[row + 1] - code_indptr[row]
        for column in range(N_SHARES):
            ring_shares[slot, column] = shares[row, column]
        at = (first + used) % room
        for i in range(code_indptr[row], code_indptr[row + 1]):
            counts[codes[i] >> 2, codes[i] & 3] += 1
            ring_codes[at] = codes[i]
            at = at + 1 if at + 1 < room else 0
        used += ring_sizes[slot]
        held += 1
    state[0], state[1], state[2], state[3] = oldest, held, first, used


@jit
def fade_rows(rows, code_indptr, codes, shares, counts, sums, state, fading):  # type: ignore[no-untyped-def]
    """Add the first `rows` scored rows to faded counts: before each row all that was there is times `fading`.

    Parameters
    ----------
    counts : float64 (labels, 3): the faded counts times `state[0]`, so that a row touches its own labels only
    sums : float64 (N_SHARES,): faded
    state : float64 (2,): the factor of `counts` (1 at the start), and the faded number of rows
    """
    scale, weight = state[0], state[1]
    for row in range(rows):
        scale /= fading
        if scale > _SCALE_LIMIT:
            for label in range(len(counts)):
                for kind in range(3):
                    counts[label, kind] /= scale
            scale = 1.0
        for i in range(code_indptr[row], code_indptr[row + 1]):
            counts[codes[i] >> 2, codes[i] & 3] += scale
        for column in range(N_SHARES):
            sums[column] = sums[column] * fading + shares[row, column]
        weight = weight * fading + 1.0
    state[0], state[1] = scale, weight
