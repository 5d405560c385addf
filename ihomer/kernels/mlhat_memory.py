"""The last rows of the stream, kept once for all leaves, and the nearest of those that a leaf saw last."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.mlhat_pools import hash_pair
from ihomer.kernels.mlhat_scale import MOST_DEVIATIONS
from ihomer.kernels.mlhat_state import (
    AT_ROW,
    CENTRED,
    DENSE,
    FACTOR,
    FILLED,
    HEAD,
    LAST,
    LINEAR,
    N_FEATURES,
    N_KNOWN,
    N_LABELS,
    NEIGHBOURS,
    NEXT,
    REGIME,
    ROWS,
    SHIFT,
    SIGNATURE,
    START,
    STATUS,
    STORED,
    ZERO,
)
from streams.jit import jit

#: Status of a row whose labels are all known (`streams.batch.COMPLETE`).
COMPLETE = 2

#: Added to a cosine distance before it divides a vote: an equal row weighs as much as a thousand far ones.
NEAREST = 1e-3


@jit
def place_for(counters, memory, room, size):  # type: ignore[no-untyped-def]
    """Return where a row of `size` entries can stand in an arena of `room`, once the oldest is given up, or -1."""
    stored = counters[STORED]
    n_rows = len(memory)
    head = counters[HEAD]
    oldest = max(0, stored - n_rows + 1)
    if oldest == stored:
        return 0 if size <= room else -1
    tail = memory[oldest % n_rows, START]
    if tail < head:
        if head + size <= room:
            return head
        return 0 if size < tail else -1
    return head if head + size < tail else -1


@jit
def room_in_memory(n_features, n_labels, n_known):  # type: ignore[no-untyped-def]
    """Return how many entries a row takes: at least one, so that no two rows start at the same place."""
    return max(1, n_features + n_labels + n_known)


@jit
def store_row(  # type: ignore[no-untyped-def]
    counters, memory, memory_ids, memory_values, columns, indices, values, start, stop, labels, first, last,
    known, first_known, last_known, status,
):
    """Store a row: features `start` to `stop`, labels `first` to `last`, known labels `first_known` to `last_known`.

    The signature of its label set is taken of the labels' own ids: it outlives a change of the tree's columns, so
    that a tree that gives up some labels goes on voting for the others as before.
    """
    size = room_in_memory(stop - start, last - first, last_known - first_known)
    at = place_for(counters, memory, len(memory_ids), size)
    row = counters[STORED] % len(memory)
    memory[row, START] = at
    memory[row, N_FEATURES] = stop - start
    memory[row, N_LABELS] = last - first
    memory[row, N_KNOWN] = last_known - first_known
    memory[row, STATUS] = status
    memory[row, AT_ROW] = counters[ROWS]
    counters[HEAD] = at + size
    counters[STORED] += 1
    for e in range(start, stop):
        memory_ids[at] = indices[e]
        memory_values[at] = values[e]
        at += 1
    signature = np.uint64(0)
    for e in range(first, last):
        memory_ids[at] = labels[e]
        at += 1
        # Owner 1: the pair (0, 0) has the hash 0.
        signature = np.uint64(hash_pair(1, columns[labels[e]])) + signature * np.uint64(0x9E3779B97F4A7C15)
    memory[row, SIGNATURE] = np.int64(signature)
    for e in range(first_known, last_known):
        memory_ids[at] = known[e]
        at += 1


@jit
def remember(nodes, windows, leaf, number):  # type: ignore[no-untyped-def]
    """Add a stored row's number to the window of a leaf."""
    length = windows.shape[1]
    windows[leaf, nodes[leaf, NEXT]] = number
    nodes[leaf, NEXT] = (nodes[leaf, NEXT] + 1) % length
    nodes[leaf, FILLED] = min(nodes[leaf, FILLED] + 1, length)


@jit
def spread_query(counters, scales, centred, z_ids, z, length, query):  # type: ignore[no-untyped-def]
    """Spread the scaled row over `query`; return its squared length, and dot and squared length of the row x = 0."""
    own = 0.0
    for e in range(length):
        if z_ids[e] < len(query):
            query[z_ids[e]] = z[e]
        own += np.float64(z[e]) * z[e]
    dot = 0.0
    square = 0.0
    if counters[REGIME] == DENSE:
        for c in range(counters[CENTRED]):
            zero = scales[centred[c], ZERO]
            dot += query[centred[c]] * zero
            square += zero * zero
    return own, dot, square


@jit
def nearest_rows(  # type: ignore[no-untyped-def]
    nodes, windows, memory, memory_ids, memory_values, stored, leaf, scales, query, own, dot, square, nearest, distance
):
    """Write the nearest rows of a leaf's window, nearest first and ties to the newer.

    Returns how many, and the number of the newest row (-1 if the memory holds none of the window any more).

    Parameters
    ----------
    own, dot, square : what `spread_query` returned
    nearest : int64, shape (k,); written: numbers of rows
    distance : float64, shape (k,); written: 1 - cosine
    """
    k = len(nearest)
    found = 0
    newest = -1
    length = windows.shape[1]
    for back in range(1, nodes[leaf, FILLED] + 1):
        number = windows[leaf, (nodes[leaf, NEXT] - back + length) % length]
        if number < stored - len(memory):
            break
        newest = max(newest, number)
        row = number % len(memory)
        its_dot = dot
        its_square = square
        first = memory[row, START]
        for e in range(first, first + memory[row, N_FEATURES]):
            f = memory_ids[e]
            x = memory_values[e]
            zero = scales[f, ZERO]
            v = 0.0
            if not np.isnan(x):
                v = min(max((x - scales[f, SHIFT]) * scales[f, FACTOR], -MOST_DEVIATIONS), MOST_DEVIATIONS)
            its_dot += query[f] * (v - zero)
            its_square += v * v - zero * zero
        d = 1.0
        if own > 0 and its_square > 0:
            d = max(0.0, 1.0 - its_dot / math.sqrt(own * its_square))
        if found < k or d < distance[found - 1]:
            j = found if found < k else k - 1
            found = j + 1
            while j > 0 and distance[j - 1] > d:
                distance[j] = distance[j - 1]
                nearest[j] = nearest[j - 1]
                j -= 1
            distance[j] = d
            nearest[j] = number
    return found, newest


@jit
def vote(memory, memory_ids, since, nearest, distance, found, newest, n_labels, tally, p, place):  # type: ignore[no-untyped-def]
    """Write the label-set vote of the nearest rows to `p[place, NEIGHBOURS]`, the newest row's set to `p[place, LAST]`.

    The vote is half the weighted share of the neighbours that hold the label, half whether it is in the label set
    with the largest weight: what passes one half is about that label set, and the shares rank. Neighbours in
    which a label was not known have no vote on it; with none left `p[place, LINEAR]` stands.

    Parameters
    ----------
    nearest, distance : the neighbours, of which `found` are there, at least 1
    newest : number of the newest row
    tally : float64, shape (6, >= n_labels): room to work in
    p : float32, shape (leaves, 4, >= n_labels)
    """
    n_rows = len(memory)
    best = 0
    most = -1.0
    for j in range(found):
        weight = 0.0
        for i in range(found):
            if memory[nearest[i] % n_rows, SIGNATURE] == memory[nearest[j] % n_rows, SIGNATURE]:
                weight += 1.0 / (distance[i] + NEAREST)
        if weight > most:  # the nearer one on a tie
            most = weight
            best = j
    for label in range(n_labels):
        for i in range(6):
            tally[i, label] = 0.0
    # The neighbours go to rows 0 (votes) and 1 (weight of those that know), the best to 2 and 3, the newest to 4 and 5.
    for j in range(found + 2):
        number, weight, at = newest, 1.0, 4
        if j < found:
            number, weight, at = nearest[j], 1.0 / (distance[j] + NEAREST), 0
        elif j == found:
            number, at = nearest[best], 2
        row = number % n_rows
        first = memory[row, START] + memory[row, N_FEATURES]
        middle = first + memory[row, N_LABELS]
        for e in range(first, middle):
            tally[at, memory_ids[e]] += weight
        if memory[row, STATUS] == COMPLETE:
            for label in range(n_labels):
                if memory[row, AT_ROW] > since[label]:
                    tally[at + 1, label] += weight
        else:
            for e in range(middle, middle + memory[row, N_KNOWN]):
                tally[at + 1, memory_ids[e]] += weight
    for label in range(n_labels):
        prior = np.float64(p[place, LINEAR, label])
        share = tally[0, label] / tally[1, label] if tally[1, label] > 0 else prior
        p[place, NEIGHBOURS, label] = 0.5 * share + 0.5 * (tally[2, label] if tally[3, label] > 0 else share)
        p[place, LAST, label] = tally[4, label] if tally[5, label] > 0 else prior
