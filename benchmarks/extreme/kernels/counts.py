"""Kernel of `benchmarks.extreme.counts`."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: Labels ranked; labels in a chunk of a feature's list.
TOP, CHUNK = 5, 8
# columns of `features`, `labels` and `totals`
SEEN, FIRST, USED = range(3)
COUNT, STAMP = range(2)
ROWS, HELD, TAKEN = range(3)


@jit
def best(label, score, top, scores):  # type: ignore[no-untyped-def]
    """Let `label` take its place in a ranking, equal scores by smaller id; -1 stands where there is none yet."""
    at = TOP
    while at > 0 and (top[at - 1] < 0 or scores[at - 1] < score or (scores[at - 1] == score and top[at - 1] > label)):
        at -= 1
    if at < TOP:
        for place in range(TOP - 1, at, -1):
            top[place], scores[place] = top[place - 1], scores[place - 1]
        top[at], scores[at] = label, score


@jit
def count_rows(  # type: ignore[no-untyped-def]
    indptr, ids, label_indptr, label_ids, slots, smoothing, features, chunks, labels, score_of, totals, top, scores
):
    """Rank the labels of each row, then count it.

    Parameters
    ----------
    indptr, ids, label_indptr, label_ids : the rows
    slots, smoothing : see `SmoothedCounts`
    features : int32 (features, 3): rows, first chunk or -1, labels in the list
    chunks : int32 (chunks, CHUNK + 1, 2): label and count of each place; the last is the chunk after it
    labels : int64 (labels, 2): rows, and the last row that touched the label
    score_of : float32 (labels,), scratch
    totals : int64 (3,): rows, labels in them, chunks taken
    top, scores : int32 and float32 (n, TOP), written
    """
    touched = np.empty(0, np.int32)
    for row in range(len(indptr) - 1):
        start, stop = indptr[row], indptr[row + 1]
        stamp = totals[ROWS] + 1
        room = 0
        for i in range(start, stop):
            room += features[ids[i], USED]
        if room > len(touched):
            touched = np.empty(2 * room, np.int32)
        n = 0
        smoothed = 0.0
        for i in range(start, stop):
            line = features[ids[i]]
            share = np.float32(1.0 / (line[SEEN] + smoothing))
            smoothed += smoothing * share
            chunk = line[FIRST]
            for k in range(line[USED]):
                if k > 0 and k % CHUNK == 0:
                    chunk = chunks[chunk, CHUNK, 0]
                label = chunks[chunk, k % CHUNK, 0]
                if labels[label, STAMP] != stamp:
                    labels[label, STAMP] = stamp
                    score_of[label] = 0
                    touched[n] = label
                    n += 1
                score_of[label] += share * chunks[chunk, k % CHUNK, 1]
        top[row] = -1
        scores[row] = 0
        for k in range(n):
            label = touched[k]
            prior = labels[label, COUNT] / max(totals[ROWS], 1)
            best(label, np.float32((score_of[label] + smoothed * prior) / (stop - start)), top[row], scores[row])

        for i in range(start, stop):
            line = features[ids[i]]
            line[SEEN] += 1
            for j in range(label_indptr[row], label_indptr[row + 1]):
                _count(label_ids[j], line, chunks, slots, totals)
        for j in range(label_indptr[row], label_indptr[row + 1]):
            labels[label_ids[j], COUNT] += 1
        totals[ROWS] += 1
        totals[HELD] += label_indptr[row + 1] - label_indptr[row]


@jit
def _count(label, line, chunks, slots, totals):  # type: ignore[no-untyped-def]
    """Count a label in the list of a feature."""
    chunk = line[FIRST]
    last, rarest, rarest_at, fewest = -1, -1, 0, 1 << 30
    for k in range(line[USED]):
        if k > 0 and k % CHUNK == 0:
            chunk = chunks[chunk, CHUNK, 0]
        if chunks[chunk, k % CHUNK, 0] == label:
            chunks[chunk, k % CHUNK, 1] += 1
            return
        if chunks[chunk, k % CHUNK, 1] < fewest:
            rarest, rarest_at, fewest = chunk, k % CHUNK, chunks[chunk, k % CHUNK, 1]
        last = chunk
    used = line[USED]
    if used == slots:
        chunks[rarest, rarest_at, 0], chunks[rarest, rarest_at, 1] = label, 1
        return
    if used % CHUNK == 0:
        fresh = totals[TAKEN]
        totals[TAKEN] += 1
        if used == 0:
            line[FIRST] = fresh
        else:
            chunks[last, CHUNK, 0] = fresh
        last = fresh
    chunks[last, used % CHUNK, 0], chunks[last, used % CHUNK, 1] = label, 1
    line[USED] += 1
