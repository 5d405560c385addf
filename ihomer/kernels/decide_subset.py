"""Kernel of the decision for subset accuracy: the likeliest of the label sets seen before and of the separate labels'.

A conditional logit over candidate sets, learned online: the score of a set is a weighted sum of its features.
"""

from __future__ import annotations

import numpy as np

from ihomer.kernels.decide_seen import LAST, LOG_LEAST, LOG_MOST, NONE, ROWS, USED, find_set, learn_set, log_count
from ihomer.kernels.decide_sizes import EXPECTED, TRUE, add_label, learn_size
from streams.jit import jit

#: Features of a set: sum of its labels' log-odds; log of its faded count; whether the last row had it; log of how much
#: more often its size is true than independent labels would give it; whether it was never seen.
FIT, COUNT, SAME, SIZE, UNSEEN = range(5)
N_FEATURES = 5
#: So many seen sets, the best, compete with one another when weights are learned.
CANDIDATES = 10
#: Probabilities are cut here, as the stack cuts them.
LEAST = 0.001
#: Labels less probable than this add nothing worth their time to the expected size.
NEGLIGIBLE = 0.01
#: Step of AdaGrad, whose squared gradients fade, so that it never comes to rest: half of them after about 7,000 rows.
STEP = 0.05
GRADIENT_FADE = 0.9999
#: Rows of `work`: expected distribution of the size, logs of the ratios of sizes, scores and fits of the candidates.
EXPECTED_SIZE, LOG_RATIO, SCORE, FITS = 0, 1, 2, 3


@jit
def weigh_labels(p, limit, odds, mode, work):  # type: ignore[no-untyped-def]
    """Write the labels' log-odds, the expected distribution of the size, and the labels over one half to `mode`.

    Returns how many labels are over one half, -1 if they do not fit into `mode`.
    """
    for c in range(work.shape[1]):
        work[EXPECTED_SIZE, c] = 0.0
    work[EXPECTED_SIZE, 0] = 1.0
    n, n_mode = np.int64(0), 0  # of one type from the start: another would be another compilation
    for k in range(limit):
        q = min(max(np.float64(p[k]), LEAST), 1.0 - LEAST)
        odds[k] = np.log(q / (1.0 - q))
        if q > NEGLIGIBLE:
            add_label(q, n, work[EXPECTED_SIZE])
            n = min(n + 1, work.shape[1] - 1)
        if q > 0.5:
            if n_mode < len(mode):
                mode[n_mode] = k
            n_mode += 1
    return n_mode if n_mode <= len(mode) else -1


@jit
def best_sets(odds, w, sets, lengths, log_counts, stamps, clock, candidates, work):  # type: ignore[no-untyped-def]
    """Write the slots of the best seen sets to `candidates`, best first, with scores and fits; return how many."""
    now, last = clock[ROWS], clock[LAST]
    at_most = w[COUNT] * LOG_MOST + max(w[SAME], 0.0)
    n = 0
    for slot in range(clock[USED]):
        fit = 0.0
        for i in range(lengths[slot]):
            fit += odds[sets[slot, i]]
        score = w[FIT] * fit + w[SIZE] * work[LOG_RATIO, lengths[slot]]
        if n == CANDIDATES and score + at_most <= work[SCORE, n - 1]:
            continue
        score += w[COUNT] * max(log_count(slot, now, log_counts, stamps), LOG_LEAST)
        if slot == last:
            score += w[SAME]
        if n == CANDIDATES and score <= work[SCORE, n - 1]:
            continue
        j = n if n < CANDIDATES else n - 1
        n = min(n + 1, CANDIDATES)
        while j > 0 and work[SCORE, j - 1] < score:
            candidates[j] = candidates[j - 1]
            work[SCORE, j], work[FITS, j] = work[SCORE, j - 1], work[FITS, j - 1]
            j -= 1
        candidates[j] = slot
        work[SCORE, j], work[FITS, j] = score, fit
    return n


@jit
def learn_weights(true, n, f, w, squares, work):  # type: ignore[no-untyped-def]
    """One AdaGrad step up the log-likelihood of candidate `true` of n; more fit or count never speaks against a set."""
    most = work[SCORE, 0]
    for j in range(1, n):
        most = max(most, work[SCORE, j])
    total = 0.0
    for j in range(n):
        work[SCORE, j] = np.exp(work[SCORE, j] - most)
        total += work[SCORE, j]
    for e in range(N_FEATURES):
        g = f[true, e]
        for j in range(n):
            g -= work[SCORE, j] / total * f[j, e]
        squares[e] = GRADIENT_FADE * squares[e] + (1.0 - GRADIENT_FADE) + g * g
        w[e] += STEP * g / np.sqrt(squares[e])
    w[FIT] = max(w[FIT], 0.0)
    w[COUNT] = max(w[COUNT], 0.0)


@jit
def subset_block(  # type: ignore[no-untyped-def]
    p, label_indptr, label_indices, status, limits, most, sets, lengths, log_counts, stamps, table, clock,
    sizes, w, squares, odds, mode, candidates, f, work, learn, out_indptr, out,
):  # fmt: skip
    """Predict the label set with the best score; let every complete row teach sets, their sizes and the weights.

    Parameters
    ----------
    p : float32 (n, L)
    label_indptr, label_indices, status, limits : the rows' labels, see `ihomer.rows.Rows`
    most, sets, lengths, log_counts, stamps, table, clock : the seen sets, see `ihomer.kernels.decide_seen`
    sizes : float64 (2, MOST_SIZE + 1): see `ihomer.kernels.decide_sizes`
    w, squares : float64 (N_FEATURES,): weights, faded squared gradients
    odds, mode, candidates : scratch float64 (L,), int32 (MOST_SIZE,), int64 (CANDIDATES + 1,)
    f, work : scratch float64 (CANDIDATES + 1, N_FEATURES), (4, MOST_SIZE + 1)
    learn : whether rows teach
    out_indptr, out : int64 (n + 1,), int32 (n * L,): the predicted label sets, written
    """
    at = 0
    out_indptr[0] = 0
    for row in range(len(p)):
        n_mode = weigh_labels(p[row], limits[row], odds, mode, work)
        for c in range(sizes.shape[1]):
            work[LOG_RATIO, c] = np.log(sizes[TRUE, c] / sizes[EXPECTED, c])
        n = best_sets(odds, w, sets, lengths, log_counts, stamps, clock, candidates, work)
        for j in range(n):
            slot = candidates[j]
            f[j, FIT] = work[FITS, j]
            f[j, COUNT] = max(log_count(slot, clock[ROWS], log_counts, stamps), LOG_LEAST)
            f[j, SAME] = 1.0 if slot == clock[LAST] else 0.0
            f[j, SIZE] = work[LOG_RATIO, lengths[slot]]
            f[j, UNSEEN] = 0.0
        best = 0
        if n_mode >= 0 and table[find_set(mode, np.int64(0), n_mode, sets, lengths, table)] == NONE:
            candidates[n] = NONE
            f[n, FIT] = 0.0
            for i in range(n_mode):
                f[n, FIT] += odds[mode[i]]
            f[n, COUNT], f[n, SAME], f[n, SIZE], f[n, UNSEEN] = LOG_LEAST, 0.0, work[LOG_RATIO, n_mode], 1.0
            work[SCORE, n] = w[FIT] * f[n, FIT] + w[COUNT] * LOG_LEAST + w[SIZE] * f[n, SIZE] + w[UNSEEN]
            if work[SCORE, n] > work[SCORE, 0] or n == 0:
                best = n
            n += 1
        if n > 0:
            slot = candidates[best]
            for i in range(n_mode if slot == NONE else lengths[slot]):
                out[at] = mode[i] if slot == NONE else sets[slot, i]
                at += 1
        out_indptr[row + 1] = at
        if not learn or status[row] != 2:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        true = find_candidate(label_indices, first, last, n, n_mode, sets, lengths, table, mode, candidates)
        if true >= 0:
            learn_weights(true, n, f, w, squares, work)
        learn_size(last - first, work[EXPECTED_SIZE], sizes.shape[1] - 1, sizes)
        learn_set(label_indices, first, last, most, sets, lengths, log_counts, stamps, table, clock)


@jit
def find_candidate(ids, first, last, n, n_mode, sets, lengths, table, mode, candidates):  # type: ignore[no-untyped-def]
    """Return which of the n candidates is the set `ids[first:last]`, -1 if none is."""
    slot = table[find_set(ids, first, last, sets, lengths, table)]
    if slot == NONE:
        if last - first != n_mode:
            return -1
        for i in range(n_mode):
            if mode[i] != ids[first + i]:
                return -1
    for j in range(n):
        if candidates[j] == slot:
            return j
    return -1
