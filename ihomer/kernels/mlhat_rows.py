"""The loop over rows: predict, watch, learn."""

from __future__ import annotations

import math

import numpy as np

from ihomer.kernels.adwin import ROSE, adwin_full, adwin_update
from ihomer.kernels.mlhat_leaf import learn_counts, learn_linear, learn_losses, linear_scores, mix, observe
from ihomer.kernels.mlhat_memory import (
    nearest_rows,
    place_for,
    remember,
    room_in_memory,
    spread_query,
    store_row,
    vote,
)
from ihomer.kernels.mlhat_pools import bytes_in_use, bytes_of_slot
from ihomer.kernels.mlhat_route import count_passage, find_leaves
from ihomer.kernels.mlhat_scale import learn_scale, scale_row
from ihomer.kernels.mlhat_state import (
    ADWIN_GRACE,
    ALARM,
    ALTERNATE,
    ATTEMPT,
    BAGGING,
    BASE_WEIGHT,
    CLOCK,
    DEAF,
    DEPTH,
    DONE,
    DRIFT_DELTA,
    EVENT,
    FINAL,
    GRACE,
    GROWTH,
    HAMMING,
    LAST,
    LAST_SEEN,
    LINEAR,
    MAX_BUCKETS,
    MAX_BYTES,
    MAX_DEPTH,
    MIN_WINDOW,
    MIXED,
    NEIGHBOURS,
    NODE_TOP,
    OTHER,
    PAIRS,
    PATH_LENGTH,
    RACE_LENGTH,
    RACE_OTHER,
    RACE_OWN,
    RACE_ROWS,
    RACE_SQUARES,
    RACE_SUM,
    RATE,
    REACHED,
    REASON,
    ROWS,
    SEED,
    SEEN,
    SEEN_PARTIAL,
    SHORT_LEVELS,
    SHORT_MEMORY,
    SHORT_PAIRS,
    SHORT_SLOTS,
    SLOTS,
    SQUARE,
    STORED,
)
from streams.jit import jit

UNLABELLED, PARTIAL, COMPLETE = 0, 1, 2
#: A leaf without observers gets them back when so much of the byte bound is free again.
REVIVE_BELOW = 0.8
#: Added to mean squared errors before they divide: two perfect subtrees weigh the same.
LEAST_ERROR = 1e-6


@jit
def poisson_one(seed, row):  # type: ignore[no-untyped-def]
    """Return a Poisson(1) number for a row: SplitMix64 (Steele, Lea & Flood 2014) of seed and row, then inversion."""
    z = np.uint64(seed) + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    u = np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)
    term = math.exp(-1.0)
    total = term
    k = 0
    while u >= total and k < 20:  # beyond 20 lies less than rounding
        k += 1
        term /= k
        total += term
    return k


@jit
def _read_truth(labels, first, last, status, known, first_known, last_known, n_labels, truth, mask):  # type: ignore[no-untyped-def]
    """Write truth and mask of a row's labels; return how many are known."""
    for label in range(n_labels):
        truth[label] = 0
        mask[label] = status == COMPLETE
    for e in range(first_known, last_known):
        mask[known[e]] = 1
    for e in range(first, last):
        truth[labels[e]] = 1
    if status == UNLABELLED:
        return 0
    return n_labels if status == COMPLETE else last_known - first_known


@jit
def _give_birth(counters, node_stats, missing, base, since, first, last, status):  # type: ignore[no-untyped-def]
    """Let labels enter the tree: absent so far if the row's labels are all known, else unknown so far."""
    for label in range(first, last):
        since[label] = 0 if status == COMPLETE else counters[ROWS]
        for node in range(counters[NODE_TOP]):
            missing[node, label] = node_stats[node, SEEN_PARTIAL if status == COMPLETE else SEEN]
            base[node, label] = 0.5 / node_stats[node, BASE_WEIGHT]


@jit
def _score(losses, k, column, p, place, truth, mask, n_labels):  # type: ignore[no-untyped-def]
    """Write the mean squared error of `p[place, FINAL]` over the known labels; with SQUARE its Hamming loss too."""
    wrong = 0
    squares = 0.0
    n = 0
    for label in range(n_labels):
        if mask[label]:
            gap = np.float64(p[place, FINAL, label]) - truth[label]
            squares += gap * gap
            wrong += (p[place, FINAL, label] > 0.5) != (truth[label] > 0)
            n += 1
    losses[k, column] = squares / n if n > 0 else -1.0
    if column == SQUARE:
        losses[k, HAMMING] = wrong / n if n > 0 else -1.0


@jit
def _climb(node_stats, path, alternate_of, length, p, truth, mask, n_labels, n_scored, race_length, losses):  # type: ignore[no-untyped-def]
    """Combine the leaves' predictions from the foreground's leaf up to the root, in `p[0, FINAL]`.

    Of a node with an alternate that has run for `race_length` rows both predictions are averaged, weighted by 1 / (mean
    squared error)^2. The nodes' losses go to `losses`, over the known ones of the first `n_scored` labels (-1: none).
    """
    for k in range(length - 1, -1, -1):
        _score(losses, k, SQUARE, p, 0, truth, mask, n_scored)
        place = alternate_of[k]
        if place < 0:
            continue
        _score(losses, k, OTHER, p, place, truth, mask, n_scored)
        rows = node_stats[path[k], RACE_ROWS]
        if rows >= race_length:
            own = node_stats[path[k], RACE_OWN] / rows + LEAST_ERROR
            other = node_stats[path[k], RACE_OTHER] / rows + LEAST_ERROR
            share = np.float32(other * other / (own * own + other * other))
            for label in range(n_labels):
                p[0, FINAL, label] = share * p[0, FINAL, label] + (np.float32(1) - share) * p[place, FINAL, label]


@jit
def _watch(  # type: ignore[no-untyped-def]
    adwin_counts, adwin_sums, adwin_spreads, adwin_windows, adwin_clocks, node_stats, path, alternate_of, length,
    drift_delta, race_length, losses,
):
    """Give the row's losses to the detectors and the races of alternates; return whether there is something to do.

    To do: start an alternate where the loss rose, or test a race that has run for another `race_length` rows.
    """
    event = False
    for k in range(length):
        losses[k, ALARM] = 0.0
        if losses[k, SQUARE] < 0:
            continue
        node = path[k]
        answer = adwin_update(
            adwin_counts, adwin_sums, adwin_spreads, adwin_windows, adwin_clocks, node, losses[k, HAMMING],
            drift_delta, CLOCK, MAX_BUCKETS, MIN_WINDOW, ADWIN_GRACE,
        )  # fmt: skip
        if alternate_of[k] < 0:
            if answer == ROSE:
                losses[k, ALARM] = 1.0
                event = True
            continue
        gap = losses[k, SQUARE] - losses[k, OTHER]
        node_stats[node, RACE_ROWS] += 1.0
        node_stats[node, RACE_SUM] += gap
        node_stats[node, RACE_SQUARES] += gap * gap
        node_stats[node, RACE_OWN] += losses[k, SQUARE]
        node_stats[node, RACE_OTHER] += losses[k, OTHER]
        if node_stats[node, RACE_ROWS] % race_length == 0:
            event = True
    return event


@jit
def is_due(nodes, node_stats, settings, leaf):  # type: ignore[no-untyped-def]
    """Return whether a leaf should be tested for a split."""
    seen = node_stats[leaf, SEEN]
    return (
        seen - node_stats[leaf, ATTEMPT] >= max(settings[GRACE], settings[GROWTH] * seen)
        and nodes[leaf, MIXED] == 1
        and nodes[leaf, DEAF] == 0
        and nodes[leaf, ALTERNATE] < 0
        and nodes[leaf, DEPTH] < settings[MAX_DEPTH]
    )


@jit
def advance(  # type: ignore[no-untyped-def]
    t, desk, settings, columns, indptr, indices, values, label_indptr, labels, status, known_indptr, known, limits,
    first_row, learn, out,
):
    """Predict the rows from `first_row` on, and learn them if `learn`.

    Parameters
    ----------
    t, desk : Tree and Desk
    settings : float64, shape (SETTINGS,)
    columns : int32, shape (m,): where the labels 0..m-1 of the tree stand in `out`
    indptr, indices, values, label_indptr, labels, status, known_indptr, known, limits : the rows (`ihomer.rows.Rows`),
        with the tree's own label numbers
    out : float32, shape (n, > max(columns)); written

    Returns
    -------
    int
        How many rows are done. `desk.report[REASON]` says why it is not all of them: an array is short and must grow,
        or the last row done is an EVENT, and path, leaves and losses on the desk are its own.
    """
    (
        counters, nodes, node_stats, positives, missing, base, windows, slots, slot_stats, weights, squares, slot_table,
        pairs, pair_stats, pair_table, moments, scales, centred, since, memory, memory_ids, memory_values,
        adwin_counts, adwin_sums, adwin_spreads, adwin_windows, adwin_clocks,
    ) = t  # fmt: skip
    (
        p, truth, mask, errors, tally, z_ids, z, slot_of, query, path, reached, alternate_of, losses, nearest, distance,
        report,
    ) = desk  # fmt: skip
    report[REASON] = DONE
    for i in range(first_row, len(status)):
        start, stop = indptr[i], indptr[i + 1]
        first, last = label_indptr[i], label_indptr[i + 1]
        first_known, last_known = known_indptr[i], known_indptr[i + 1]
        n_scored = limits[i]
        n_labels = limits[i + 1] if learn else n_scored
        length = scale_row(counters, scales, centred, indices, values, start, stop, z_ids, z, query)
        depth, n_reached = find_leaves(
            counters, nodes, node_stats, indices, values, start, stop, path, reached, alternate_of
        )
        n_known = 0
        if learn:
            n_known = _read_truth(
                labels, first, last, status[i], known, first_known, last_known, n_labels, truth, mask
            )
            if n_known > 0:
                if counters[SLOTS] + n_reached * length > len(slots):
                    report[REASON] = SHORT_SLOTS
                if counters[PAIRS] + n_reached * (stop - start) * (last - first) > len(pairs):
                    report[REASON] = SHORT_PAIRS
                room = room_in_memory(stop - start, last - first, last_known - first_known)
                if place_for(counters, memory, len(memory_ids), room) < 0:
                    report[REASON] = SHORT_MEMORY
                for k in range(depth):
                    if adwin_full(adwin_counts, adwin_clocks, path[k], MAX_BUCKETS):
                        report[REASON] = SHORT_LEVELS
                if report[REASON] != DONE:
                    return i
            birth = status[i] if n_known > 0 else UNLABELLED
            _give_birth(counters, node_stats, missing, base, since, n_scored, n_labels, birth)
        own, dot, square = spread_query(counters, scales, centred, z_ids, z, length, query)
        stored = counters[STORED]
        for place in range(n_reached):
            leaf = reached[place]
            linear_scores(
                node_stats, positives, missing, base, slot_table, slots, weights, leaf, z_ids, z, length, n_labels,
                slot_of, p, place,
            )  # fmt: skip
            found, newest = nearest_rows(
                nodes, windows, memory, memory_ids, memory_values, stored, leaf, scales, query, own, dot, square,
                nearest, distance,
            )  # fmt: skip
            if found > 0:
                vote(memory, memory_ids, since, nearest, distance, found, newest, n_labels, tally, p, place)
            else:
                for label in range(n_labels):
                    p[place, NEIGHBOURS, label] = p[place, LINEAR, label]
                    p[place, LAST, label] = p[place, LINEAR, label]
            mix(nodes, node_stats, positives, missing, leaf, n_labels, p, place)
        for e in range(length):
            if z_ids[e] < len(query):
                query[z_ids[e]] = 0.0
        _climb(
            node_stats, path, alternate_of, depth, p, truth, mask, n_labels, n_scored if n_known > 0 else 0,
            settings[RACE_LENGTH], losses,
        )  # fmt: skip
        for label in range(len(columns)):
            out[i, columns[label]] = p[0, FINAL, label] if label < n_scored else np.float32(0)
        if n_known == 0:
            continue
        counters[ROWS] += 1
        weight = 1.0
        if settings[BAGGING] > 0:
            weight = np.float64(poisson_one(settings[SEED], counters[ROWS]))
        if weight > 0:
            store_row(
                counters, memory, memory_ids, memory_values, columns, indices, values, start, stop, labels, first, last,
                known, first_known, last_known, status[i],
            )  # fmt: skip
            for place in range(n_reached):
                leaf = reached[place]
                nodes[leaf, LAST_SEEN] = counters[ROWS]
                learn_losses(node_stats, leaf, truth, mask, n_scored, p, place)
                in_use = bytes_in_use(counters, windows.shape[1], n_labels)
                spare = np.int64((settings[MAX_BYTES] - in_use) / bytes_of_slot(n_labels))
                learn_linear(
                    counters, nodes, slots, slot_stats, weights, squares, slot_table, leaf, truth, mask, errors,
                    z_ids, z, length, n_labels, weight, settings[RATE], spare, slot_of, p, place,
                )  # fmt: skip
                if nodes[leaf, DEAF] == 0:
                    observe(
                        counters, slots, slot_stats, pairs, pair_stats, pair_table, values, start, stop, labels, first,
                        last, weight, slot_of, place,
                    )  # fmt: skip
                learn_counts(
                    nodes, node_stats, positives, missing, leaf, truth, mask, n_labels, weight, status[i] == PARTIAL
                )
                remember(nodes, windows, leaf, stored)
            count_passage(nodes, node_stats, indices, values, start, stop, path, depth, weight)
        learn_scale(counters, moments, scales, centred, weights, squares, indices, values, start, stop)
        event = _watch(
            adwin_counts, adwin_sums, adwin_spreads, adwin_windows, adwin_clocks, node_stats, path, alternate_of,
            depth, settings[DRIFT_DELTA], settings[RACE_LENGTH], losses,
        )  # fmt: skip
        in_use = bytes_in_use(counters, windows.shape[1], n_labels)
        for place in range(n_reached):
            leaf = reached[place]
            full = in_use >= settings[MAX_BYTES] * (REVIVE_BELOW if nodes[leaf, DEAF] == 1 else 1.0)
            if is_due(nodes, node_stats, settings, leaf) or full != (nodes[leaf, DEAF] == 1):
                event = True
        if event:
            report[REASON] = EVENT
            report[PATH_LENGTH] = depth
            report[REACHED] = n_reached
            return i + 1
    return len(status)
