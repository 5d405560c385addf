"""Kernel of the short memory: the last rows vote by their cosine to the row at hand; test, then train."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.fastmath import log_odds
from ihomer.kernels.gather import gather_add, known_end
from streams.jit import jit

#: Columns of `ring`: how many places of the memory a row takes; how many labels of its list hold; how many
#: are listed (of complete rows only those that hold); how many labels there were; whether all were known.
PLACES, HOLD, LISTED, LABELS, COMPLETE = 0, 1, 2, 3, 4
#: Places in `clock`: rows stored so far; features met in them; partial rows among them.
STORED, FEATURES, PARTIAL = 0, 1, 2

#: Features share a place from here on: id modulo this, a power of two.
BUCKETS = 16384
#: How many of the most similar rows vote.
NEAREST = 10
#: How many of the last rows have recency votes, and how much of its weight one keeps when the next row comes.
RECENT, STAYS = 60, np.float32(0.95)
#: A vote counts at least so much: rows that share nothing still say what is frequent.
LEAST_COSINE = np.float32(0.001)
#: Votes are cut here before they become log-odds; slope of their score; least divisor of recency votes.
LEAST, SLOPE, DOUBT = np.float32(0.01), np.float32(0.7), np.float32(0.02)
_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
_TINY = np.float32(1e-9)
_SIGN, _ALL_BUT_SIGN, _NOTHING = np.int32(31), np.int32(0x7FFFFFFF), np.int64(-(1 << 63))


@jit
def similarities(ids, at, values, start, stop, features, memory, sim):  # type: ignore[no-untyped-def]
    """Write the products of a row with all stored rows to `sim`; features from `features` on are in none."""
    for r in range(sim.shape[1]):
        sim[0, r] = _ZERO
    gather_add(at, values, start, known_end(ids, start, stop, features), memory, sim.shape[1], sim, 0)


@jit
def inverse_length(values, start, stop):  # type: ignore[no-untyped-def]
    """Return 1 / length of a row."""
    total = _ZERO
    for i in range(start, stop):
        total += values[i] * values[i]
    return _ONE / (np.sqrt(total) + _TINY)


@jit
def nearest_rows(sim, stored, inverse, keys, where, weights):  # type: ignore[no-untyped-def]
    """Write the most similar rows and their cosines, falling, the newer first at a tie; return how many.

    Similarity and age are packed into one integer, so that the largest is found without a branch.
    """
    size = sim.shape[1]
    there = min(stored, size)
    for r in range(there):
        s = np.float32(sim[0, r] + _ZERO)  # -0 becomes 0
        bits = s.view(np.int32)
        # The bits of a negative number grow as it falls.
        rising = np.int32(bits ^ np.int32(np.int32(bits >> _SIGN) & _ALL_BUT_SIGN))
        keys[r] = (np.int64(rising) << 32) + r
    for r in range(stored % size):
        keys[r] += size  # these are newer than those behind them
    n = min(there, NEAREST)
    for i in range(n):
        best = _NOTHING
        for r in range(there):
            best = max(best, keys[r])
        at = (best & 0xFFFFFFFF) % size
        keys[at] = _NOTHING
        where[i], weights[i] = at, sim[0, at] * inverse
    return n


@jit
def last_rows(sim, stored, inverse, where, weights):  # type: ignore[no-untyped-def]
    """Write those of the last rows that are at all similar, and their votes' weights; return how many."""
    size = sim.shape[1]
    r = stored % size
    fade = _ONE
    n = 0
    for _ in range(min(stored, size, RECENT)):
        r = r - 1 if r > 0 else size - 1
        fade *= STAYS
        cosine = sim[0, r] * inverse
        where[n], weights[n] = r, fade * cosine * cosine * cosine
        n += cosine > _ZERO
    return n


@jit
def cast_votes(where, weights, n, ring, listed, votes):  # type: ignore[no-untyped-def]
    """Write the votes of n stored rows; return the sum of their weights."""
    for k in range(len(votes)):
        votes[k] = _ZERO
    total = _ZERO
    for i in range(n):
        r, weight = where[i], weights[i]
        total += weight
        for q in range(ring[r, HOLD]):
            votes[listed[r, q]] += weight
    return total


@jit
def known_masses(where, weights, n, ring, listed, late, limit, masses):  # type: ignore[no-untyped-def]
    """Return the weight of the complete rows among n; write to `masses` what each label adds to it."""
    for k in range(len(masses)):
        masses[k] = _ZERO
    complete = _ZERO
    for i in range(n):
        r, weight = where[i], weights[i]
        if ring[r, COMPLETE] != 0:
            complete += weight
            for k in range(ring[r, LABELS], limit):
                if late[k] != 0:
                    masses[k] -= weight
        else:
            for q in range(ring[r, LISTED]):
                masses[listed[r, q]] += weight
    return complete


@jit
def vote_scores(base, limit, votes, masses, row, out):  # type: ignore[no-untyped-def]
    """Write the scores of the nearest rows' votes, 0 where none of them knew the label."""
    for k in range(limit):
        mass = base + masses[k]
        # Every vote counts at least LEAST_COSINE: less than half of it is what rounding left of none.
        known = mass > _HALF * LEAST_COSINE
        share = votes[k] / mass if known else _HALF
        out[0, row, k] = SLOPE * log_odds(share, LEAST) + _HALF if known else _ZERO


@jit
def nearest_scores(r, cosine, ring, listed, late, limit, row, out):  # type: ignore[no-untyped-def]
    """Write 2 cos^3 for the labels of the nearest row, the negative for others, 0 where it did not know."""
    sure = _TWO * cosine * cosine * cosine
    if ring[r, COMPLETE] != 0:
        for k in range(limit):
            out[1, row, k] = -sure
        for k in range(ring[r, LABELS], limit):
            if late[k] != 0:
                out[1, row, k] = _ZERO
    for i in range(ring[r, LISTED]):
        if listed[r, i] < limit:
            out[1, row, listed[r, i]] = sure if i < ring[r, HOLD] else -sure


@jit
def recency_scores(base, limit, votes, masses, row, out):  # type: ignore[no-untyped-def]
    """Write the scores of the last rows' votes."""
    for k in range(limit):
        out[2, row, k] = _TWO * (votes[k] / (DOUBT + max(base + masses[k], _ZERO))) - _ONE


@jit
def store_features(at, values, start, stop, inverse, r, memory, places, ring):  # type: ignore[no-untyped-def]
    """Put a row of length 1 in place of stored row r."""
    for i in range(ring[r, PLACES]):
        memory[places[r, i], r] = _ZERO
    n = min(stop - start, BUCKETS)
    for i in range(n):
        # A row longer than that takes all places.
        places[r, i] = at[start + i] if stop - start <= BUCKETS else i
    ring[r, PLACES] = n
    for i in range(start, stop):
        memory[at[i], r] += values[i] * inverse


@jit
def store_labels(  # type: ignore[no-untyped-def]
    label_indices, first, last, known_indices, known_first, known_last, r, listed, ring
):
    """List the labels that hold, and after them the others that are known (none in complete rows)."""
    n = 0
    for i in range(first, last):
        listed[r, n] = label_indices[i]
        n += 1
    ring[r, HOLD] = n
    i = first
    for j in range(known_first, known_last):
        while i < last and label_indices[i] < known_indices[j]:
            i += 1
        if i == last or label_indices[i] != known_indices[j]:
            listed[r, n] = known_indices[j]
            n += 1
    ring[r, LISTED] = n


@jit
def recent_block(  # type: ignore[no-untyped-def]
    indptr, ids, at, values, label_indptr, label_indices, status, known_indptr, known_indices, limits,
    memory, places, listed, ring, late, clock, sim, keys, where, weights, votes, masses, learn, out,
):  # fmt: skip
    """Write three scores of every label to `out` before storing the row, in place of the oldest.

    0. votes of the 10 nearest rows, w = max(cos, .001): .7 lg(sum where the label held / sum, .01) + .5;
    1. the nearest row's set: +-2 max(cos, 0)^3;
    2. recency: votes of the last 60 rows, w = .95^age max(cos, 0)^3: 2 (sum where it held / (.02 + sum)) - 1.

    Sums go over the rows in which the label's truth was known; scores 0 and 1 are 0 where there are none.

    Parameters
    ----------
    indptr, ids, at, values : the rows, scaled; at : int32, the ids modulo BUCKETS
    label_indptr ... limits : their labels, see `ihomer.rows.Rows`
    memory : float32 (at most BUCKETS, M): the stored rows, length 1, feature-major
    places : int32 (M, any): the places of `memory` that each stored row takes
    listed : int32 (M, any): its labels
    ring : int64 (M, 5); clock : int64 (3,): see the names of their places
    late : int8 (at least L,): 1 for labels that entered through a partial row: unknown in the rows before
    sim, keys : float32 and int64 scratch (1, M) and (M,)
    where, weights : int64 and float32 scratch (RECENT,)
    votes, masses : float32 scratch (at least L,), the latter zero at entry
    learn : whether to store
    out : float32 (3, n, L), zeros at entry: written for the labels below limits[i + 1]
    """
    for row in range(len(status)):
        start, stop = indptr[row], indptr[row + 1]
        limit = limits[row + 1]
        if learn and status[row] == 1:
            clock[PARTIAL] += 1
            for k in range(limits[row], limit):
                late[k] = 1
        inverse = inverse_length(values, start, stop)
        similarities(ids, at, values, start, stop, clock[FEATURES], memory, sim)
        masked = clock[PARTIAL] > 0
        n = nearest_rows(sim, clock[STORED], inverse, keys, where, weights)
        if n > 0:
            nearest_scores(where[0], max(weights[0], _ZERO), ring, listed, late, limit, row, out)
        for i in range(n):
            weights[i] = max(weights[i], LEAST_COSINE)
        base = cast_votes(where, weights, n, ring, listed, votes)
        if masked:
            base = known_masses(where, weights, n, ring, listed, late, limit, masses)
        vote_scores(base, limit, votes, masses, row, out)
        n = last_rows(sim, clock[STORED], inverse, where, weights)
        base = cast_votes(where, weights, n, ring, listed, votes)
        if masked:
            base = known_masses(where, weights, n, ring, listed, late, limit, masses)
        recency_scores(base, limit, votes, masses, row, out)
        if not learn or status[row] == 0:
            continue
        r = clock[STORED] % sim.shape[1]
        store_features(at, values, start, stop, inverse, r, memory, places, ring)
        store_labels(
            label_indices, label_indptr[row], label_indptr[row + 1],
            known_indices, known_indptr[row], known_indptr[row + 1], r, listed, ring,
        )  # fmt: skip
        ring[r, LABELS] = limit
        ring[r, COMPLETE] = 1 if status[row] == 2 else 0
        clock[STORED] += 1
        if stop > start:
            clock[FEATURES] = max(clock[FEATURES], ids[stop - 1] + 1)
