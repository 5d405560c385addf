"""The slot index as an expert over all labels: scores of whole blocks of rows, test, then train."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import fast_log
from ihomer.kernels.feature_counts import (
    COMPLETE,
    END,
    HELD,
    NEEDED,
    PARTIAL,
    enter_labels,
    weigh_features,
)  # fmt: skip
from ihomer.kernels.slot_index import (
    BIAS,
    LOG_HELD,
    N_SHARED,
    SCORE,
    background,
    close_candidates,
    find_touched,
    gather_evidence,
    invite,
    log_prior,
    newness,
    score_candidates,
)  # fmt: skip
from ihomer.kernels.slot_index_learn import (
    count_row,
    find_errors,
    find_shares,
    learn_shared,
    learn_slots,
    mark_truth,
    recall_labels,
)
from ihomer.kernels.slot_index_pool import room_needed
from streams.jit import jit

_ZERO, _ONE = np.float32(0), np.float32(1)
#: So many of the best labels of a row are kept at least: as many as the decision for example-F1 looks at.
LEAST_KEPT = 24
#: The propensity model's A and B.
TAIL_A, TAIL_B = 0.55, 1.5


@jit
def spread(row, limit, n, most, counts, rows, log_rows, traits, w, members, acc, out):  # type: ignore[no-untyped-def]
    """Write a score of every label below `limit`, cut at +-most: of the n candidates their own."""
    for k in range(limit):
        z = background(log_prior(k, counts, rows, log_rows, traits), traits[k, BIAS], newness(traits[k, LOG_HELD]), w)
        out[0, row, k] = min(max(z, -most), most)
    for p in range(n):
        if members[p] < limit:
            out[0, row, members[p]] = min(max(acc[SCORE, p], -most), most)


@jit
def keep_best(row, limit, n, cardinality, members, acc, ids, scores):  # type: ignore[no-untyped-def]
    """Write the best of the first n candidates below `limit`, best first, ties by smaller id; -1 where there are fewer.

    Three times as many as labels hold in the mean, at least `LEAST_KEPT`.

    Parameters
    ----------
    ids, scores : int32 and float32 (rows, k), written
    """
    k, kept = min(ids.shape[1], max(LEAST_KEPT, np.int64(3.0 * cardinality))), 0
    for p in range(n):
        label, z = members[p], acc[SCORE, p]
        if (kept == k and z < scores[row, k - 1]) or label >= limit:
            continue
        at = min(kept, k - 1)
        if kept == k and z == scores[row, at] and label > ids[row, at]:
            continue
        while at > 0 and (scores[row, at - 1] < z or (scores[row, at - 1] == z and ids[row, at - 1] > label)):
            ids[row, at], scores[row, at] = ids[row, at - 1], scores[row, at - 1]
            at -= 1
        ids[row, at], scores[row, at] = label, z
        kept = min(kept + 1, k)
    ids[row, kept:] = -1
    scores[row, kept:] = _ZERO


@jit
def weigh_tail(row, counts, rows, ids, weights):  # type: ignore[no-untyped-def]
    """Write how much more a hit counts the rarer its label: 1 + C (n + B)^-A, the inverse of its propensity to be told.

    Jain, Prabhu & Varma 2016, with the labels' counts n before the row and C = (log rows - 1) (B + 1)^A.

    Parameters
    ----------
    ids, weights : int32 and float32 (rows, k): the labels; written for those there are
    """
    c = max(np.log(rows[COMPLETE] + rows[PARTIAL] + 1.0) - 1.0, 0.0) * (TAIL_B + 1.0) ** TAIL_A
    for q in range(ids.shape[1]):
        if ids[row, q] < 0:
            break
        weights[row, q] = np.float32(1.0 + c * (counts[HELD, ids[row, q]] + TAIL_B) ** -TAIL_A)


@jit
def slot_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, returning, start_row,
    seen, quality, lines, names, cells, pool_ends, most, g, counts, rows, traits, shared, frequent, previous,
    place, members, acc, spots, shares, logs, found, keys, weights, gradient, w, learn, clip, out, cardinality, best,
    best_scores, tail,
):  # fmt: skip
    """Score the labels of each row before learning it, from `start_row` on; return the row without room.

    Of all labels to `out`, of the best candidates to `best`: either may have no columns.

    Parameters
    ----------
    indptr ... limits : the rows, see `ihomer.rows.Rows`
    returning : float64, of the labels from limits[0] on: the share of rows that a label that comes back is given once its
        row is learned, 0 for others; or empty
    seen, quality : float32 (d,): rows with each feature, how well it foretells labels
    lines : int32 (d, 3), see `ihomer.kernels.feature_counts`; pool_ends : int64, see `ihomer.kernels.slot_index_pool`
    names, cells : int32 and float32 (P, 4), the same memory: the slots
    most, g : see `ihomer.kernels.slot_index_learn.learn_slots`
    counts, rows : float64 (2, at least L) and (2,), see `ihomer.kernels.feature_counts`
    traits : float32 (at least L, 3); shared : float64 (2, N_SHARED)
    frequent : int32: the most frequent labels; previous : int32: those that held in the last labelled row
    place : int32 (at least L,), zeros; members : int32 (C + 1,), found : int32 (C,), acc : float32 (N_ROWS, C), spots :
        uint32, shares and logs : float32, keys : int64 (most,), weights : float32 (2, longest row), gradient : float64 and
        w : float32 (N_SHARED,): scratch
    clip : float32, scores are cut there
    out : float32 (1, n, L) or (1, n, 0): written for the labels below limits[i + 1]
    cardinality : float64 (2,): faded mean number of labels that hold, and of how many rows
    best, best_scores : int32 and float32 (n, k), written: of the labels below limits[i], not cut
    tail : float32 (n, k) or (n, 0), written: their weights where a list favours the tail
    """
    before, before_first, before_last = previous, np.int64(0), np.int64(len(previous))
    for row in range(start_row, len(status)):
        start, stop = indptr[row], indptr[row + 1]
        first, last = label_indptr[row], label_indptr[row + 1]
        limit = limits[row + 1]
        if learn:
            if status[row] != 0:
                pool_ends[NEEDED] = room_needed(ids, start, stop, last - first, lines, most)
                if pool_ends[END] + pool_ends[NEEDED] > len(cells):
                    return row
            enter_labels(counts, rows, status[row], limits[row], limit)
        everywhere = rows[PARTIAL] == 0.0 and not (learn and status[row] == 1)
        log_rows = fast_log(np.float32(rows[COMPLETE] + 1.0)) if everywhere else -_ONE
        for e in range(N_SHARED):
            w[e] = np.float32(shared[0, e])
        m = weigh_features(ids, values, start, stop, seen, quality, weights)
        n = find_touched(
            ids, start, m, weights, seen, lines, names, cells, counts, rows, log_rows, traits, place, members, acc, spots,
            shares, logs,
        )  # fmt: skip
        gather_evidence(ids, values, start, m, weights, lines, cells, acc, spots, shares, logs)
        taught = learn and status[row] != 0
        foreseen = n
        for guests in range(3):
            asked, begin, end = frequent, np.int64(0), np.int64(len(frequent))
            if guests == 1:
                asked, begin, end = before, before_first, before_last
            elif guests == 2:  # a label that nothing speaks for gets the same score whether it is a candidate or not
                foreseen = n
                if not taught:
                    break
                asked, begin, end = label_indices, first, last
            held_before = _ONE if guests == 1 else _ZERO
            n = invite(asked, begin, end, n, held_before, counts, rows, log_rows, traits, place, members, acc)
        score_candidates(n, traits, w, members, acc)
        if out.shape[2]:
            spread(row, limit, n, clip, counts, rows, log_rows, traits, w, members, acc, out)
        if best.shape[1]:
            keep_best(row, limits[row], foreseen, cardinality[0], members, acc, best, best_scores)
        if tail.shape[1]:
            weigh_tail(row, counts, rows, best, tail)
        if taught:
            mark_truth(
                label_indices, first, last, known_indices, known_indptr[row], known_indptr[row + 1], status[row] == 2,
                n, place, acc,
            )  # fmt: skip
            find_shares(n, acc)
            find_errors(n, acc)
            # A label that nobody thought of teaches what is shared nothing: those rightly not thought of do not, either.
            learn_shared(foreseen, traits, shared, gradient, members, acc)
            for p in range(n):
                found[p] = 0
            learn_slots(
                ids, values, start, stop, label_indices, first, last, g, most, seen, quality, lines, names, cells,
                pool_ends, place, acc, spots, found, keys,
            )  # fmt: skip
            count_row(
                label_indices, first, last, known_indices, known_indptr[row], known_indptr[row + 1], status[row], limit,
                counts, rows, traits, cardinality, frequent,
            )  # fmt: skip
            before, before_first, before_last = label_indices, first, last
        if learn and len(returning):
            recall_labels(limits[row], limit, limits[0], returning, counts, rows, traits)
        close_candidates(n, place, members)
    return len(status)
