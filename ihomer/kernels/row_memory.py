"""Kernels of the cosine memory: the labels of the most similar stored rows become scores; test, then store, row by row."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.postings import HELD, add_dots, drop, put
from ihomer.kernels.row_store import (
    FEATURES,
    FIRST,
    LABELS,
    LATEST,
    N_FEATURES,
    N_HELD,
    N_KNOWN,
    NEXT,
    SIZE,
    add_known,
    enter_labels,
    number_at,
    store_row,
)
from ihomer.kernels.shares import soft
from streams.jit import jit

#: Stored rows that vote at all, and those that vote in the plainest of the scores.
NEIGHBOURS, FEW = 30, 10
#: Rows that the recency votes look at, and what is left of a vote after each of them.
RECENT, FADE = 60, np.float32(0.95)
#: The last row that votes for recency has .95^60 = .05 of its weight; votes weigh at least this cosine, and so count.
LEAST_COSINE = np.float32(0.001)
#: Mass of doubt beside the sharp votes: where nothing is similar they say "no label" and not what a far row had.
DOUBT = np.float32(0.02)
#: Similarity of a position that holds no row; any row's is larger.
NO_ROW = np.float32(-1e30)
#: Positions that are looked through at once for a row that belongs to the best.
STRIDE = 64

# columns of the votes
VOTE, SHARP, WIDE, RECENCY, NEAREST = range(5)


@jit
def best_rows(dots, n, newest, best_at, best):  # type: ignore[no-untyped-def]
    """Write the positions and similarities of the most similar rows, best first, at a tie the newest; return how many.

    Parameters
    ----------
    dots : float32, similarities of positions 0..n - 1; NO_ROW where none is, and up to the next multiple of STRIDE
    newest : position of the newest row; going down from it, and round, rows get older
    best_at, best : int64 and float32 (K,), written
    """
    most = len(best)
    count = 0
    strides = (n + STRIDE - 1) // STRIDE
    at = newest // STRIDE
    for step in range(strides + 1):
        low, high = at * STRIDE, at * STRIDE + STRIDE
        # The stride of the newest row is met twice: first up to that row, at last beyond it.
        if step == 0:
            high = newest + 1
        elif step == strides:
            low = newest + 1
        over = 1
        if count == most:
            worst = best[count - 1]
            over = 0
            for q in range(at * STRIDE, at * STRIDE + STRIDE):
                over += dots[q] > worst
        if over > 0:
            for q in range(high - 1, low - 1, -1):
                s = dots[q]
                if s == NO_ROW or (count == most and s <= best[count - 1]):
                    continue
                if count < most:
                    count += 1
                j = count - 1
                while j > 0 and best[j - 1] < s:
                    best[j] = best[j - 1]
                    best_at[j] = best_at[j - 1]
                    j -= 1
                best[j] = s
                best_at[j] = q
        at = at - 1 if at > 0 else strides - 1
    return count


@jit
def similarities(index, store, dense, ids, values, start, stop, dots):  # type: ignore[no-untyped-def]
    """Write the cosine of a row with each stored row to `dots`; return one over the row's length, and positions in use."""
    marks = store.marks
    n = min(marks[NEXT], marks[SIZE])
    for q in range(n):
        dots[q] = 0
    for q in range(n, (n + STRIDE - 1) // STRIDE * STRIDE):
        dots[q] = NO_ROW
    add_dots(index, dense, ids, values, start, stop, n, dots)
    square = np.float32(0)
    for i in range(start, stop):
        square += values[i] * values[i]
    scale = np.float32(1) / np.sqrt(square) if square > 0 else np.float32(0)
    for q in range(n):
        dots[q] *= scale
    for number in range(marks[NEXT] - n, marks[FIRST]):
        dots[number % marks[SIZE]] = NO_ROW
    return scale, n


@jit
def collect_nearest(store, limit, count, best_at, best, common, known, votes):  # type: ignore[no-untyped-def]
    """Sum up what the most similar rows say, with three weights, and what the nearest says alone."""
    spans, labels, marks = store.spans, store.labels, store.marks
    size, following, latest = marks[SIZE], marks[NEXT], marks[LATEST]
    for q in range(count):
        position = best_at[q]
        u = max(best[q], LEAST_COSINE)
        wide = u * u
        sharp = wide * wide * wide
        plain = u if q < FEW else np.float32(0)
        signed = np.float32(2) * u * wide if q == 0 else np.float32(0)
        if spans[position, N_KNOWN] < 0 and number_at(position, following, size) >= latest:
            common[VOTE] += plain
            common[SHARP] += sharp
            common[WIDE] += wide
            common[NEAREST] -= signed
        else:
            add_known(store, position, limit, plain, known, VOTE)
            add_known(store, position, limit, sharp, known, SHARP)
            add_known(store, position, limit, wide, known, WIDE)
            add_known(store, position, limit, -signed, known, NEAREST)
        first = spans[position, LABELS]
        for i in range(first, first + spans[position, N_HELD]):
            k = labels[i]
            votes[VOTE, k] += plain
            votes[SHARP, k] += sharp
            votes[WIDE, k] += wide
            votes[NEAREST, k] += np.float32(2) * signed


@jit
def collect_recent(store, limit, dots, newest, common, known, votes):  # type: ignore[no-untyped-def]
    """Sum up what the last rows say."""
    spans, labels, marks = store.spans, store.labels, store.marks
    size, following, latest = marks[SIZE], marks[NEXT], marks[LATEST]
    faded = np.float32(1)
    position = newest
    for _ in range(min(RECENT, following - marks[FIRST])):
        faded *= FADE
        u = max(dots[position], LEAST_COSINE)
        weight = faded * u * u * u
        if spans[position, N_KNOWN] < 0 and number_at(position, following, size) >= latest:
            common[RECENCY] += weight
        else:
            add_known(store, position, limit, weight, known, RECENCY)
        first = spans[position, LABELS]
        for i in range(first, first + spans[position, N_HELD]):
            votes[RECENCY, labels[i]] += weight
        position = position - 1 if position > 0 else size - 1


@jit
def write_scores(limit, common, known, votes, row, out):  # type: ignore[no-untyped-def]
    """Turn the sums of what stored rows say into the scores of a row."""
    for k in range(limit):
        mass = common[VOTE] + known[VOTE, k]
        if mass > 0:
            out[0, row, k] = soft(votes[VOTE, k] / mass)
        mass = common[SHARP] + known[SHARP, k]
        if mass > 0:
            out[1, row, k] = soft(votes[SHARP, k] / (mass + DOUBT))
        out[2, row, k] = common[NEAREST] + known[NEAREST, k] + votes[NEAREST, k]
        mass = common[RECENCY] + known[RECENCY, k]
        if mass > 0:
            out[3, row, k] = np.float32(2) * votes[RECENCY, k] / (mass + DOUBT) - np.float32(1)
        mass = common[WIDE] + known[WIDE, k]
        if mass > 0:
            out[4, row, k] = soft(votes[WIDE, k] / mass)


@jit
def forget_oldest(index, store, dense):  # type: ignore[no-untyped-def]
    """Drop the oldest row; its postings are the oldest of their features."""
    marks = store.marks
    position = marks[FIRST] % marks[SIZE]
    if not dense:
        first = store.spans[position, FEATURES]
        drop(index, store.ids, first, first + store.spans[position, N_FEATURES])
    marks[FIRST] += 1


@jit
def memory_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    index, store, dense, most_chunks, dots, best_at, best, common, known, votes, learn, out,
):  # fmt: skip
    """Write each row's scores to `out`, then store the row; rows of which no label is known are not stored.

    With u the cosine of a stored row (at least .001): the ten nearest vote with u; the thirty nearest with u^6, and
    u^2; the nearest says +-2 u^3; the last sixty rows vote with .95^age u^3. The share of the votes that a label has is
    taken of the rows in which it was known. A label that is known in none of them, and all labels while there is no
    row, get 0.

    Parameters
    ----------
    indptr ... limits : the rows and their labels, see `ihomer.rows.Rows`
    index, store : `ihomer.kernels.postings.Index`, `ihomer.kernels.row_store.Store`, with room for the rows
    dense : whether the index is a matrix
    most_chunks : chunks of postings held at most; rows leave for it
    dots : float32 scratch, STRIDE longer than there are positions
    best_at, best : int64 and float32 scratch (NEIGHBOURS,)
    common, known, votes : float32 scratch (5,), (5, L), (5, L)
    learn : whether to store the rows
    out : float32 (5, n, L): all zero, written: votes, sharp votes, nearest row, recency, wide votes
    """
    marks = store.marks
    for row in range(len(status)):
        start, stop = indptr[row], indptr[row + 1]
        scale, n = similarities(index, store, dense, ids, values, start, stop, dots)
        if marks[NEXT] > marks[FIRST]:
            limit = limits[row + 1]
            common[:] = 0
            known[:] = 0
            votes[:] = 0
            newest = (marks[NEXT] - 1) % marks[SIZE]
            count = best_rows(dots, n, newest, best_at, best)
            collect_nearest(store, limit, count, best_at, best, common, known, votes)
            collect_recent(store, limit, dots, newest, common, known, votes)
            write_scores(limit, common, known, votes, row, out)
        if learn:  # after the scores: what a row brings changes no bit of what is predicted for it
            enter_labels(store, row, status, limits)
        if not learn or status[row] == 0:
            continue
        if marks[NEXT] - marks[FIRST] == marks[SIZE]:
            forget_oldest(index, store, dense)
        while not dense and index.pool[HELD] + stop - start > most_chunks and marks[NEXT] > marks[FIRST]:
            forget_oldest(index, store, dense)
        position = store_row(
            store, row, scale, indptr, ids, values,
            label_indptr, label_indices, status, known_indptr, known_indices,
        )  # fmt: skip
        put(index, dense, ids, values, start, stop, scale, position)
