"""Kernel of the decision for macro-F1: a threshold for every label, half of the best F1 that it can have."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.decide import FADE, LEAK, LEAST, RARE_EMPTY, SLOW_FADE
from streams.jit import jit

#: What every label starts with, and goes back to when nothing speaks for or against it for very long: a threshold of a
#: quarter, as if two labels, predicted or true, had been seen.
FIRST_HITS, FIRST_MASS = 0.5, 2.0
#: Places in `empties`: faded rows, rows without any label, faded slowly.
ROWS, EMPTY = 0, 1


@jit
def learn_label(k, q, truth, chosen, hits, mass):  # type: ignore[no-untyped-def]
    """Let one label's threshold learn from a row in which it had probability q."""
    m = 0.5 * truth + 0.5 * q
    hits[k] = FADE * hits[k] + chosen * m + LEAK * FIRST_HITS
    mass[k] = FADE * mass[k] + chosen + m + LEAK * FIRST_MASS


@jit
def closest_label(p, limit, hits, mass):  # type: ignore[no-untyped-def]
    """Return the label whose probability is the largest multiple of its threshold, the smaller id at a tie."""
    best, best_share = 0, -1.0
    for k in range(limit):
        share = np.float64(p[k]) / max(LEAST, hits[k] / mass[k])
        if share > best_share:
            best, best_share = k, share
    return best


@jit
def macro_block(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    hits, mass, empties, truth, chosen, learn, out_indptr, out,
):  # fmt: skip
    """Predict the labels over their own thresholds; let every row move the thresholds of its known labels.

    As `ihomer.kernels.decide.f1_block`, label by label: the best threshold is half of the best F1 of the label, which
    is followed as hits / (predicted + positive), with the mean of truth and probability in place of the truth.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr ... limits : the rows' labels, see `ihomer.rows.Rows`
    hits, mass : float64 (L,): faded hits, and predicted + positive, of every label
    empties : float64 (2,): faded rows, rows without any label
    truth, chosen : float64 scratch (L,), all zero at entry and at return
    learn : whether rows move thresholds
    out_indptr, out : int64 (n + 1,), int32 (n * L,): the predicted label sets, written
    """
    at = 0
    out_indptr[0] = 0
    for row in range(len(p)):
        limit = limits[row]
        first_out = at
        for k in range(limit):
            q = np.float64(p[row, k])
            if q > LEAST and q * mass[k] > hits[k]:
                out[at] = k
                at += 1
        if at == first_out and limit > 0 and empties[EMPTY] <= RARE_EMPTY * empties[ROWS]:
            out[at] = closest_label(p[row], limit, hits, mass)
            at += 1
        out_indptr[row + 1] = at
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        for i in range(first, last):
            truth[label_indices[i]] = 1.0
        for i in range(first_out, at):
            chosen[out[i]] = 1.0
        if status[row] == 2:
            for k in range(limit):
                learn_label(k, np.float64(p[row, k]), truth[k], chosen[k], hits, mass)
            for k in range(limit, limits[row + 1]):
                learn_label(k, 0.0, truth[k], 0.0, hits, mass)
            empties[ROWS] = SLOW_FADE * empties[ROWS] + 1.0
            empties[EMPTY] = SLOW_FADE * empties[EMPTY] + (1.0 if last == first else 0.0)
        else:
            for i in range(known_indptr[row], known_indptr[row + 1]):
                k = known_indices[i]
                learn_label(k, np.float64(p[row, k]) if k < limit else 0.0, truth[k], chosen[k], hits, mass)
        for i in range(first, last):
            truth[label_indices[i]] = 0.0
        for i in range(first_out, at):
            chosen[out[i]] = 0.0
