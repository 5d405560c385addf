"""The learner of very many labels of dense rows: the best labels of whole blocks of rows, test, then train."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.cells import CELL, N_CELLS, N_PLACED, enter_near, nearest_cells, note_hit, step_member
from ihomer.kernels.dense_labels import EVIDENCE, N_WEIGHTS, gather_guests, invite_held, shortlist, take_shortlist
from ihomer.kernels.dense_memory import nearest_rows, remember
from ihomer.kernels.fastmath import fast_log
from ihomer.kernels.feature_counts import COMPLETE, PARTIAL, enter_labels
from ihomer.kernels.slot_index import BIAS, ERROR, SQUARES
from ihomer.kernels.slot_index_block import keep_best, weigh_tail
from ihomer.kernels.slot_index_learn import (
    FADE,
    SHARED_STEP,
    count_row,
    find_errors,
    mark_truth,
    recall_labels,
)  # fmt: skip
from streams.jit import jit

_ZERO, _ONE = np.float32(0), np.float32(1)
#: Steps of AdaGrad: of a label's vector, and of its bias.
VECTOR_STEP, BIAS_STEP = np.float32(1.0), np.float32(0.5)


@jit
def learn_weights(n, shared, gradient, acc):  # type: ignore[no-untyped-def]
    """One AdaGrad step of the shared weights, by the first n candidates.

    Parameters
    ----------
    shared : float64 (2, N_WEIGHTS): weights, faded sums of squared gradients
    gradient : float64 scratch (N_WEIGHTS,)
    """
    gradient[:] = 0.0
    for p in range(n):
        error = np.float64(acc[ERROR, p])
        if error != 0.0:
            for e in range(N_WEIGHTS - 1):
                gradient[e] += error * np.float64(acc[EVIDENCE[e], p])
            gradient[N_WEIGHTS - 1] += error
    for e in range(N_WEIGHTS):
        if gradient[e] != 0.0:
            shared[1, e] = FADE * shared[1, e] + gradient[e] * gradient[e]
            shared[0, e] += SHARED_STEP * gradient[e] / np.sqrt(shared[1, e])


@jit
def learn_vectors(x, i, n, vectors, traits, where, centres, inverse, members, acc):  # type: ignore[no-untyped-def]
    """One AdaGrad step, with one sum of squares a label, of the vector and the bias of each of the n candidates."""
    for p in range(n):
        error = acc[ERROR, p]
        if error != _ZERO:
            k = members[p]
            traits[k, SQUARES] = np.float32(FADE) * traits[k, SQUARES] + error * error
            step = error / np.sqrt(traits[k, SQUARES])
            traits[k, BIAS] += BIAS_STEP * step
            step_member(k, VECTOR_STEP * step, x, i, vectors, where, centres, inverse)


@jit
def dense_block(  # type: ignore[no-untyped-def]
    x, label_indptr, label_indices, status, known_indptr, known_indices, limits, returning, start_row,
    vectors, traits, where, centres, inverse, members_of, sizes, tallies, counts, rows, shared, frequent, previous,
    remembered, lengths, sets, ring, row_where, row_centres, row_inverse, row_members, row_sizes, row_tallies,
    row_similar, row_cells, near_rows, near_scores, place, marks, guests, cardinality, near, similar, cells,
    ids, short_scores, members, acc, gradient, w, learn, best, best_scores, tail,
):  # fmt: skip
    """Score the best labels of each row before learning it, from `start_row` on; return the row without room for cells.

    Parameters
    ----------
    x : float32 (n, D): the scaled rows; label_indptr ... limits : see `ihomer.rows.Rows`
    returning : float64, see `ihomer.kernels.slot_index_block.slot_block`
    vectors : float32 (at least L, D), traits : float32 (at least L, 3): vectors, bias and the like of labels
    where, centres, inverse, members_of, sizes, tallies : the cells, see `ihomer.kernels.cells`
    counts, rows : float64 (2, at least L) and (2,), see `ihomer.kernels.feature_counts`
    shared : float64 (2, N_WEIGHTS); frequent, previous : int32: the most frequent labels, those of the row before
    remembered, lengths, sets, ring : the memory of rows, see `ihomer.kernels.dense_memory`
    row_where, row_centres, row_inverse, row_members, row_sizes, row_tallies : its cells
    row_similar, row_cells, near_rows, near_scores : scratch, see `ihomer.kernels.dense_memory.nearest_rows`
    place, marks : int32 and uint8 (at least L,), zeros; guests : scratch
    cardinality : float64 (2,), see `ihomer.kernels.slot_index_block`
    near : bool (cells,), all false; similar : float32 and cells : int32 (as many as are compared with a row): scratch
    ids, short_scores, members, acc, gradient, w : scratch
    best, best_scores : int32 and float32 (n, k), written: of the labels below limits[i], not cut
    tail : float32 (n, k) or (n, 0), written: their weights where a list favours the tail
    """
    before, before_first, before_last = previous, np.int64(0), np.int64(len(previous))
    for i in range(start_row, len(status)):
        first, last, limit = label_indptr[i], label_indptr[i + 1], limits[i + 1]
        taught = learn and status[i] != 0
        if learn:
            full = tallies[N_CELLS] + 2 * (last - first) > len(sizes) or row_tallies[N_CELLS] == len(row_sizes)
            if taught and full:
                return i
            enter_labels(counts, rows, status[i], limits[i], limit)
        everywhere = rows[PARTIAL] == 0.0 and not (learn and status[i] == 1)
        log_rows = fast_log(np.float32(rows[COMPLETE] + 1.0)) if everywhere else -_ONE
        for e in range(N_WEIGHTS):
            w[e] = np.float32(shared[0, e])
        n_cells = nearest_cells(x, i, centres, inverse, tallies, similar, cells)
        n_near = nearest_rows(
            x, i, remembered, row_centres, row_inverse, row_members, row_sizes, row_tallies, lengths, row_similar,
            row_cells, near_rows, near_scores,
        )  # fmt: skip
        n_guests = gather_guests(frequent, before, before_first, before_last, near_rows, n_near, sets, marks, guests)
        n = shortlist(
            x, i, cells, n_cells, guests, n_guests, counts, rows, log_rows, vectors, traits, where, members_of, sizes,
            near, marks, w, ids, short_scores,
        )  # fmt: skip
        take_shortlist(n, ids, short_scores, counts, rows, log_rows, traits, marks, members, acc)
        keep_best(i, limits[i], n, cardinality[0], members, acc, best, best_scores)
        if tail.shape[1]:
            weigh_tail(i, counts, rows, best, tail)
        foreseen = n
        if taught:
            for p in range(n):
                place[members[p]] = p + 1
            n = invite_held(
                x, i, label_indices, first, last, n, counts, rows, log_rows, vectors, traits, place, marks, w, members, acc,
            )  # fmt: skip
            mark_truth(
                label_indices, first, last, known_indices, known_indptr[i], known_indptr[i + 1], status[i] == 2, n,
                place, acc,
            )  # fmt: skip
            find_errors(n, acc)
            for q in range(first, last):
                k = label_indices[q]
                if where[k, CELL] < 0:
                    tallies[N_PLACED] += 1
                    enter_near(k, cells[0], vectors, where, centres, inverse, members_of, sizes, tallies)
            learn_weights(foreseen, shared, gradient, acc)
            learn_vectors(x, i, n, vectors, traits, where, centres, inverse, members, acc)
            for p in range(n):
                place[members[p]] = 0
        for q in range(n_guests):
            marks[guests[q]] = 0
        if taught:
            remember(
                x, i, label_indices, first, last, ring, remembered, lengths, sets, row_where, row_centres, row_inverse,
                row_members, row_sizes, row_tallies, row_cells[0],
            )  # fmt: skip
            for q in range(first, last):
                note_hit(label_indices[q], vectors, where, centres, inverse, members_of, sizes, tallies)
            count_row(
                label_indices, first, last, known_indices, known_indptr[i], known_indptr[i + 1], status[i], limit, counts,
                rows, traits, cardinality, frequent,
            )  # fmt: skip
            before, before_first, before_last = label_indices, first, last
        if learn and len(returning):
            recall_labels(limits[i], limit, limits[0], returning, counts, rows, traits)
    return len(status)
