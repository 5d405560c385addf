"""Kernels of the count memory: how often labels held in the rows that have a feature; test, then train."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import log_odds
from streams.jit import jit

#: Rows of `counts`: rows in which the label held; rows in which its truth was known, beyond the complete rows
#: (negative: complete rows before a label that entered unknown). Halved in time, with the rows.
HELD, BEYOND = 0, 1
#: Places in `rows`: complete and partial rows learned.
COMPLETE, PARTIAL = 0, 1
#: Columns of `lines`: where the line of a feature begins in the pool, the slots it uses, the slots it has.
START, USED, ROOM = 0, 1, 2
#: Places in `pool_ends`: the end of the part of the pool that lines take; room that a row asks for.
END, NEEDED = 0, 1

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
#: A feature's rows and counts are halved when it has been in so many: float32 counts exactly, and what a
#: label does now is learned after 10^12 rows as fast as after 10^4.
WINDOW = np.float32(16384)
#: Counts of labels alone are halved after so many rows: what is known of a label is asked of about as many rows as the
#: counts of its features come from.
LABEL_WINDOW = 32_768.0
#: Quality of a feature that was never seen; the least that is added to it; how many rows it remembers.
FIRST_QUALITY, LEAST_QUALITY, QUALITY_ROWS = np.float32(0.1), np.float32(0.01), np.float32(100)
#: Shares are cut here before they become log-odds.
LEAST = np.float32(0.003)
_TINY = np.float32(1e-9)


@jit
def enter_labels(counts, rows, status, first, last):  # type: ignore[no-untyped-def]
    """Labels first..last - 1 enter: unknown in the rows before if through a partial row, else absent."""
    if status == 1:
        for k in range(first, last):
            counts[BEYOND, k] = -rows[COMPLETE]


@jit
def learn_labels(  # type: ignore[no-untyped-def]
    label_indices, first, last, known_indices, known_first, known_last, status, counts, rows
):
    """Count one row for its labels; halve the counts when it is time."""
    for i in range(first, last):
        counts[HELD, label_indices[i]] += 1.0
    if status == 2:
        rows[COMPLETE] += 1.0
    else:
        rows[PARTIAL] += 1.0
        for i in range(known_first, known_last):
            counts[BEYOND, known_indices[i]] += 1.0
    if rows[COMPLETE] + rows[PARTIAL] >= LABEL_WINDOW:
        rows[COMPLETE] *= 0.5
        rows[PARTIAL] *= 0.5
        for k in range(counts.shape[1]):
            counts[HELD, k] *= 0.5
            counts[BEYOND, k] *= 0.5


@jit
def known_shares(counts, rows, limit, known):  # type: ignore[no-untyped-def]
    """Write in which share of the learned rows the truth of each label was known."""
    one = 1.0 / max(rows[COMPLETE] + rows[PARTIAL], 1.0)
    for k in range(limit):
        known[k] = np.float32((rows[COMPLETE] + counts[BEYOND, k]) * one)


@jit
def weigh_features(ids, values, start, stop, seen, quality, weights):  # type: ignore[no-untyped-def]
    """Write o_f = x_f^2 q_f / sum and 1 / (n_f + 1) of each feature to `weights`; return for how many.

    Features that were never learned (they come last) take their part of the sum, as new features.
    """
    total = _TINY
    m = 0
    for i in range(start, stop):
        square = values[i] * values[i]
        if ids[i] < len(seen):
            j = ids[i]
            weights[0, m] = square * quality[j]
            weights[1, m] = _ONE / (seen[j] + _ONE)
            total += weights[0, m]
            m += 1
        else:
            total += square * FIRST_QUALITY
    for i in range(m):
        weights[0, i] /= total
    return m


@jit
def table_shares(ids, start, m, table, width, weights, rel, top):  # type: ignore[no-untyped-def]
    """Add up weighted shares of labels 0..width - 1, and find the largest; two features a pass."""
    i = 0
    while i + 2 <= m:
        j0, j1 = ids[start + i], ids[start + i + 1]
        n0, n1 = weights[1, i], weights[1, i + 1]
        o0, o1 = weights[0, i] * n0, weights[0, i + 1] * n1
        for k in range(width):
            c0, c1 = table[j0, k], table[j1, k]
            rel[k] = (rel[k] + o0 * c0) + o1 * c1
            top[k] = max(top[k], n0 * c0, n1 * c1)
        i += 2
    if i < m:
        j0, n0 = ids[start + i], weights[1, i]
        o0 = weights[0, i] * n0
        for k in range(width):
            c0 = table[j0, k]
            rel[k] += o0 * c0
            top[k] = max(top[k], n0 * c0)


@jit
def table_known_shares(  # type: ignore[no-untyped-def]
    ids, start, m, table, width, weights, seen, known, rel, top
):
    """Do as `table_shares` where labels are not known in all rows: a share is c / (n_f known_k + 1)."""
    for i in range(m):
        j, o, n = ids[start + i], weights[0, i], seen[ids[start + i]]
        for k in range(width):
            share = table[j, k] / (n * known[k] + _ONE)
            rel[k] += o * share
            top[k] = max(top[k], share)


@jit
def line_shares(ids, start, m, lines, labels, cells, weights, rel, top):  # type: ignore[no-untyped-def]
    """Do as `table_shares` with the lines of the features."""
    for i in range(m):
        j, n = ids[start + i], weights[1, i]
        o = weights[0, i] * n
        for at in range(lines[j, START], lines[j, START] + lines[j, USED]):
            k = labels[at]
            rel[k] += o * cells[at]
            top[k] = max(top[k], n * cells[at])


@jit
def line_known_shares(  # type: ignore[no-untyped-def]
    ids, start, m, lines, labels, cells, weights, seen, known, rel, top
):
    """Do as `table_known_shares` with the lines of the features."""
    for i in range(m):
        j, o, n = ids[start + i], weights[0, i], seen[ids[start + i]]
        for at in range(lines[j, START], lines[j, START] + lines[j, USED]):
            k = labels[at]
            share = cells[at] / (n * known[k] + _ONE)
            rel[k] += o * share
            top[k] = max(top[k], share)


@jit
def share_scores(rel, top, limit, row, out):  # type: ignore[no-untyped-def]
    """Write the scores .5 lg(share, .003) + .5 of labels 0..limit - 1, and empty the sums."""
    for k in range(limit):
        out[0, row, k] = _HALF * log_odds(rel[k], LEAST) + _HALF
        out[1, row, k] = _HALF * log_odds(top[k], LEAST) + _HALF
    for k in range(len(rel)):  # lines may hold labels that were not there yet when the row was
        rel[k] = _ZERO
        top[k] = _ZERO


@jit
def moved_quality(quality, n, hits, n_held):  # type: ignore[no-untyped-def]
    """Return the quality of a feature of n rows after one whose `n_held` labels had `hits` counts with it."""
    if n_held == 0 or n == _ZERO:
        return quality
    foretold = hits / ((n + _ONE) * np.float32(n_held)) + LEAST_QUALITY
    return quality + (foretold - quality) / min(n + _TWO, QUALITY_ROWS)


@jit
def learn_table(  # type: ignore[no-untyped-def]
    ids, start, stop, label_indices, first, last, seen, quality, table
):
    """Count the labels of a row with each of its features."""
    for i in range(start, stop):
        j = ids[i]
        hits = _ZERO
        for q in range(first, last):
            k = label_indices[q]
            hits += table[j, k]
            table[j, k] += _ONE
        n = seen[j]
        quality[j] = moved_quality(quality[j], n, hits, last - first)
        seen[j] = n + _ONE
        if seen[j] >= WINDOW:
            seen[j] *= _HALF
            for k in range(table.shape[1]):
                table[j, k] *= _HALF


@jit
def table_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, stop_row,
    seen, quality, counts, rows, table, weights, known, rel, top, learn, out,
):  # fmt: skip
    """Write two scores of every label to `out` before learning the row, for the rows below `stop_row`.

    With c the count of the label in the n_f rows with feature f, and o_f = x_f^2 q_f / sum of the same:

    0. .5 lg(sum over f of o_f c / (n_f + 1), .003) + .5;
    1. .5 lg(largest c / (n_f + 1), .003) + .5.

    The quality of a feature follows how well it foretold the labels that hold: q_f += (mean over them of c /
    (n_f + 1) + .01 - q_f) / min(n_f + 2, 100). Where labels are not known in all rows, n_f is taken times the
    share of rows in which the label was known. When n_f reaches `WINDOW`, it and the feature's counts are
    halved.

    Parameters
    ----------
    indptr, ids, values : the rows, scaled
    label_indptr ... limits : their labels, see `ihomer.rows.Rows`
    seen, quality : float32 (d,): n_f and q_f
    counts : float64 (2, at least L); rows : float64 (2,): see the names of their places
    table : float32 (at most d, any), C[f, k]
    weights : float32 scratch (2, longest row)
    known, rel, top : float32 scratch (at least L,), the latter two all zero
    learn : whether to learn
    out : float32 (2, n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(stop_row):
        start, stop = indptr[row], indptr[row + 1]
        limit = limits[row + 1]
        if learn:
            enter_labels(counts, rows, status[row], limits[row], limit)
        m = weigh_features(ids, values, start, stop, seen, quality, weights)
        width = min(limit, table.shape[1])
        if rows[PARTIAL] > 0.0:
            known_shares(counts, rows, limit, known)
            table_known_shares(ids, start, m, table, width, weights, seen, known, rel, top)
        else:
            table_shares(ids, start, m, table, width, weights, rel, top)
        share_scores(rel, top, limit, row, out)
        if not learn or status[row] == 0:
            continue
        first, last = label_indptr[row], label_indptr[row + 1]
        learn_table(ids, start, stop, label_indices, first, last, seen, quality, table)
        learn_labels(
            label_indices, first, last, known_indices, known_indptr[row], known_indptr[row + 1], status[row],
            counts, rows,
        )  # fmt: skip


@jit
def room_needed(ids, start, stop, n_held, lines, most):  # type: ignore[no-untyped-def]
    """Return how many cells of the pool a row with `n_held` labels may take."""
    needed = 0
    for i in range(start, stop):
        j = ids[i]
        wanted = min(lines[j, USED] + n_held, most)
        if wanted > lines[j, ROOM]:
            needed += min(wanted + wanted // 4, most)
    return needed


@jit
def lengthen_line(j, wanted, most, lines, labels, cells, pool_ends):  # type: ignore[no-untyped-def]
    """Move the line of feature j to the end of the pool, with room for `wanted` labels and a quarter."""
    start, end = lines[j, START], pool_ends[END]
    for q in range(lines[j, USED]):
        labels[end + q] = labels[start + q]
        cells[end + q] = cells[start + q]
    lines[j, START] = end
    lines[j, ROOM] = min(wanted + wanted // 4, most)
    pool_ends[END] = end + lines[j, ROOM]


@jit
def replace_slot(  # type: ignore[no-untyped-def]
    j, label, truth, seen, counts, complete, lines, labels, cells
):
    """Give `label` the slot of least excess over expectation, c - n_f p_k, once that was halved below 1."""
    worst, least = -1, np.inf
    for at in range(lines[j, START], lines[j, START] + lines[j, USED]):
        k = labels[at]
        if truth[k] == 0:
            share = (counts[HELD, k] + 0.5) / (complete + counts[BEYOND, k] + 1.0)
            excess = np.float64(cells[at]) - np.float64(seen[j]) * share
            if excess < least:
                worst, least = at, excess
    if worst < 0:
        return
    cells[worst] *= _HALF
    if cells[worst] < _ONE:
        labels[worst] = label
        cells[worst] = _ONE


@jit
def learn_lines(  # type: ignore[no-untyped-def]
    ids, start, stop, label_indices, first, last, truth, fresh, seen, quality, counts, complete,
    lines, labels, cells, pool_ends, most,
):  # fmt: skip
    """Count the labels of a row in the line of each of its features."""
    for i in range(start, stop):
        j = ids[i]
        hits = _ZERO
        n_fresh = 0
        begin, end = lines[j, START], lines[j, START] + lines[j, USED]
        for q in range(first, last):
            k = label_indices[q]
            at = begin
            while at < end and labels[at] != k:
                at += 1
            if at < end:
                hits += cells[at]
                cells[at] += _ONE
            else:
                fresh[n_fresh] = k
                n_fresh += 1
        wanted = min(lines[j, USED] + n_fresh, most)
        if wanted > lines[j, ROOM]:
            lengthen_line(j, wanted, most, lines, labels, cells, pool_ends)
        for q in range(n_fresh):
            if lines[j, USED] < most:
                at = lines[j, START] + lines[j, USED]
                labels[at] = fresh[q]
                cells[at] = _ONE
                lines[j, USED] += 1
            else:
                replace_slot(j, fresh[q], truth, seen, counts, complete, lines, labels, cells)
        n = seen[j]
        quality[j] = moved_quality(quality[j], n, hits, last - first)
        seen[j] = n + _ONE
        if seen[j] >= WINDOW:
            seen[j] *= _HALF
            for at in range(lines[j, START], lines[j, START] + lines[j, USED]):
                cells[at] *= _HALF


@jit
def line_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits, start_row,
    seen, quality, counts, rows, lines, labels, cells, pool_ends, most, truth, fresh,
    weights, known, rel, top, learn, out,
):  # fmt: skip
    """Do as `table_block` with touched cells only, from `start_row` on; return the row without room, or n.

    The labels of a feature stand in a line of at most `most` slots, anywhere in one pool. A label that finds
    its line full may replace the one with the least excess over expectation (see `replace_slot`).

    Parameters
    ----------
    lines : int64 (d, 3); labels, cells : int32 and float32 (P,): the pool
    pool_ends : int64 (2,): see the names of its places
    truth, fresh : int8 and int32 scratch (at least L,), the former zero
    """
    for row in range(start_row, len(status)):
        start, stop = indptr[row], indptr[row + 1]
        first, last = label_indptr[row], label_indptr[row + 1]
        limit = limits[row + 1]
        if learn:
            if status[row] != 0:
                pool_ends[NEEDED] = room_needed(ids, start, stop, last - first, lines, most)
                if pool_ends[END] + pool_ends[NEEDED] > len(labels):
                    return row
            enter_labels(counts, rows, status[row], limits[row], limit)
        m = weigh_features(ids, values, start, stop, seen, quality, weights)
        if rows[PARTIAL] > 0.0:
            known_shares(counts, rows, limit, known)
            line_known_shares(ids, start, m, lines, labels, cells, weights, seen, known, rel, top)
        else:
            line_shares(ids, start, m, lines, labels, cells, weights, rel, top)
        share_scores(rel, top, limit, row, out)
        if not learn or status[row] == 0:
            continue
        for q in range(first, last):
            truth[label_indices[q]] = 1
        learn_lines(
            ids, start, stop, label_indices, first, last, truth, fresh, seen, quality, counts, rows[COMPLETE],
            lines, labels, cells, pool_ends, most,
        )  # fmt: skip
        for q in range(first, last):
            truth[label_indices[q]] = 0
        learn_labels(
            label_indices, first, last, known_indices, known_indptr[row], known_indptr[row + 1], status[row],
            counts, rows,
        )  # fmt: skip
    return len(status)
