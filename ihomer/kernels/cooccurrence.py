"""Kernels of the faded counts of labels and of pairs of labels that hold together, kept in a hash table."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: Of a row with more labels than this the pairs among so many, drawn at random, are counted, with a weight that
#: keeps every count right on average: a row costs at most 32,640 pairs (about half a millisecond).
MAX_SET = 256
#: Sizes of label sets from this one on are counted together.
SIZES = 1024
#: A key is `low << SHIFT | high` as a float64, exact below 2^53: ids stay below 2^26 = 67 million labels.
SHIFT = 26
EMPTY = -1.0
#: The scale of the lazily faded counts is brought back to 1 after so many half-lives: squares reach 2^512,
#: and float64 ends at 2^1023.
RESCALE = 256.0

#: Places in `ticks`: labelled rows so far, row at which the scale was 1, pairs in the table, updates of pairs since the
#: last look at them, labels met, whether a trial is ripe for its test.
ROWS, BASE, USED, UPDATES, MET, RIPE = 0, 1, 2, 3, 4, 5
#: Places in `totals`: scaled weight w of the complete rows, of all labelled rows, and their sum of w^2.
COMPLETE_WEIGHT, WEIGHT, SQUARES = 0, 1, 2

#: Columns of `trials`, the statistics of the split that a cluster has on trial. Per side 0 and 1, f being the counts
#: since the trial began and g the weights of labels: sum g f, sum (g f)^2, sum g^2 f, sum g. Sums over rows of the
#: co-occurrence within the tighter side and across, and of its squares and product. Rows with either, the number of
#: such rows at which the next test is due, the row at which the trial began, the tighter side.
F, Q, S, G, WITHIN, ACROSS, WW, WX, XX, PAIRED, DUE, START, TIGHT = 0, 2, 4, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16
COLUMNS = 17


@jit
def slot_of(table, low, high):  # type: ignore[no-untyped-def]
    """Return the slot of the pair in the table, or the empty one where it belongs."""
    mask = np.uint64(len(table) - 1)
    mixed = np.uint64(low) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(high) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    slot = (mixed ^ (mixed >> np.uint64(32))) & mask
    key = np.float64((np.int64(low) << SHIFT) | np.int64(high))
    while table[slot, 0] != key and table[slot, 0] != EMPTY:
        slot = (slot + np.uint64(1)) & mask
    return slot


@jit
def draw_labels(labels, row, drawn):  # type: ignore[no-untyped-def]
    """Draw `len(drawn)` of the labels, every subset equally likely (reservoir sampling), by the row's number alone."""
    size = len(drawn)
    for r in range(len(labels)):
        if r < size:
            drawn[r] = labels[r]
            continue
        z = np.uint64(row) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(r) * np.uint64(0xD1B54A32D192ED03)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        place = np.int64((z ^ (z >> np.uint64(31))) % np.uint64(r + 1))
        if place < size:
            drawn[place] = labels[r]


@jit
def rescale(n, offset, table, totals, ticks, half_life):  # type: ignore[no-untyped-def]
    """Bring the scale of all counts back to 1."""
    factor = 2.0 ** (-(ticks[ROWS] - ticks[BASE]) / half_life)
    for i in range(len(n)):
        n[i] *= factor
        offset[i] *= factor
    for slot in range(len(table)):
        table[slot, 1] *= factor
    for i in range(len(totals)):
        totals[i] *= factor
    totals[SQUARES] *= factor
    ticks[BASE] = ticks[ROWS]


@jit
def count_pairs(labels, weight, row, table, ticks):  # type: ignore[no-untyped-def]
    """Add `weight` to every pair of the labels; pairs that are new take a free slot."""
    size = len(labels)
    if size > MAX_SET:
        weight *= size * (size - 1.0) / (MAX_SET * (MAX_SET - 1.0))
        drawn = np.empty(MAX_SET, np.int32)
        draw_labels(labels, row, drawn)
        labels = drawn
        size = MAX_SET
    for a in range(1, size):
        for b in range(a):
            low = min(labels[a], labels[b])
            high = max(labels[a], labels[b])
            slot = slot_of(table, low, high)
            if table[slot, 0] == EMPTY:
                table[slot, 0] = np.float64((np.int64(low) << SHIFT) | np.int64(high))
                ticks[USED] += 1
            table[slot, 1] += weight
    ticks[UPDATES] += size * (size - 1) // 2


@jit
def follow_trials(labels, cluster_of, side, g, f, trials, sums, ticks):  # type: ignore[no-untyped-def]
    """Add a row to the trials of the clusters that its labels belong to, in time proportional to its labels.

    Parameters
    ----------
    labels : int32, the labels that hold
    cluster_of, side, g, f : int32, int8, float64, float64, shape (labels,); side -1: no trial; f is counted up
    trials : float64, shape (nodes, COLUMNS)
    sums : float64, shape (nodes, 5): scratch, last column 0 at entry and at return
    """
    for i in labels:
        where = side[i]
        if where < 0:
            continue
        c = cluster_of[i]
        if sums[c, 4] == 0:
            sums[c, :] = 0.0
            sums[c, 4] = 1.0
        sums[c, where] += g[i]
        square = g[i] * g[i]
        sums[c, 2 + where] += square
        trials[c, F + where] += g[i]
        trials[c, Q + where] += square * (2 * f[i] + 1)
        trials[c, S + where] += square
        f[i] += 1
    for i in labels:
        c = cluster_of[i]
        if side[i] < 0 or sums[c, 4] == 0:
            continue
        sums[c, 4] = 0.0
        tight = np.int64(trials[c, TIGHT])
        # A lone label leaves g^2 - g^2 = 0 exactly.
        within = (sums[c, tight] * sums[c, tight] - sums[c, 2 + tight]) / 2
        across = sums[c, 0] * sums[c, 1]
        if within <= 0 and across <= 0:
            continue
        trials[c, WITHIN] += within
        trials[c, ACROSS] += across
        trials[c, WW] += within * within
        trials[c, WX] += within * across
        trials[c, XX] += across * across
        trials[c, PAIRED] += 1
        if trials[c, PAIRED] >= trials[c, DUE]:
            ticks[RIPE] = 1


@jit
def learn_rows(  # type: ignore[no-untyped-def]
    first, label_indptr, label_indices, status, known_indptr, known_indices, half_life,
    n, offset, met, table, totals, ticks, sizes, cluster_of, side, g, f, trials, sums,
):  # fmt: skip
    """Count the rows from `first` on; stop before one for whose pairs the table has no room and return its number.

    Parameters
    ----------
    label_indptr, label_indices, status, known_indptr, known_indices
        As in `ihomer.rows.Rows`; a PARTIAL row in which every label met so far is known counts as COMPLETE.
    half_life : float64, rows
    n, offset : float64, shape (labels,): scaled weight of the rows in which the label held, and what its weight of
        rows with known truth is above that of the complete rows
    met : uint8, shape (labels,)
    table : float64, shape (slots, 2), slots a power of two: keys and scaled weights; at most half of it is filled
    totals, ticks : float64 and int64: see the constants
    sizes : int64, shape (SIZES,): how often a complete label set had so many labels
    cluster_of, side, g, f, trials, sums : as in `follow_trials`
    """
    for row in range(first, len(status)):
        if status[row] == 0:
            continue
        labels = label_indices[label_indptr[row] : label_indptr[row + 1]]
        known = known_indices[known_indptr[row] : known_indptr[row + 1]]
        size = min(len(labels), MAX_SET)
        if ticks[USED] + size * (size - 1) // 2 > len(table) // 2:
            return row
        if ticks[ROWS] - ticks[BASE] >= RESCALE * half_life:
            rescale(n, offset, table, totals, ticks, half_life)
        weight = 2.0 ** ((ticks[ROWS] - ticks[BASE]) / half_life)
        complete = status[row] == 2
        if complete:
            for i in labels:
                if met[i] == 0:  # it was absent from all complete rows before
                    met[i] = 1
                    ticks[MET] += 1
        else:
            for i in known:
                if met[i] == 0:  # it was unknown in all rows before
                    met[i] = 1
                    ticks[MET] += 1
                    offset[i] = 0.0 - totals[COMPLETE_WEIGHT]
            complete = len(known) == ticks[MET]
        if complete:
            totals[COMPLETE_WEIGHT] += weight
            sizes[min(len(labels), SIZES - 1)] += 1
        else:
            for i in known:
                offset[i] += weight
        totals[WEIGHT] += weight
        totals[SQUARES] += weight * weight
        for i in labels:
            n[i] += weight
        count_pairs(labels, weight, ticks[ROWS], table, ticks)
        follow_trials(labels, cluster_of, side, g, f, trials, sums, ticks)
        ticks[ROWS] += 1
    return len(status)


@jit
def pairs_from(table, floor):  # type: ignore[no-untyped-def]
    """Return how many pairs of the table have a scaled weight of `floor` or more."""
    kept = 0
    for slot in range(len(table)):
        if table[slot, 0] != EMPTY and table[slot, 1] >= floor:
            kept += 1
    return kept


@jit
def refill(table, floor, larger):  # type: ignore[no-untyped-def]
    """Move the pairs with a scaled weight of `floor` or more to the empty table `larger`."""
    for old in range(len(table)):
        if table[old, 0] != EMPTY and table[old, 1] >= floor:
            key = np.int64(table[old, 0])
            slot = slot_of(larger, key >> SHIFT, key & ((1 << SHIFT) - 1))
            larger[slot, 0] = table[old, 0]
            larger[slot, 1] = table[old, 1]


@jit
def degrees(table, indptr):  # type: ignore[no-untyped-def]
    """Write to the zeroed `indptr`, int64, shape (labels + 1,), where the neighbours of each label begin."""
    for slot in range(len(table)):
        if table[slot, 0] != EMPTY:
            key = np.int64(table[slot, 0])
            indptr[(key >> SHIFT) + 1] += 1
            indptr[(key & ((1 << SHIFT) - 1)) + 1] += 1
    for i in range(1, len(indptr)):
        indptr[i] += indptr[i - 1]


@jit
def neighbours(table, scale, indptr, at, rough, rough_weights, ids, weights):  # type: ignore[no-untyped-def]
    """Write the neighbours of every label, ascending, whatever the order of the table.

    Both directions of a pair are written, so the matrix is symmetric: filled row by row in the order of the table
    and then transposed, its rows come out sorted, without a comparison.

    Parameters
    ----------
    table, scale : the pairs, and what their weights are divided by
    indptr : as `degrees` left it
    at : int64, shape (labels,), scratch
    rough, rough_weights, ids, weights : int32, float64, int32, float64, shape (2 pairs,); the last two are the result
    """
    for i in range(len(at)):  # a slice assignment would compile seconds of error messages
        at[i] = indptr[i]
    for slot in range(len(table)):
        if table[slot, 0] != EMPTY:
            key = np.int64(table[slot, 0])
            low = key >> SHIFT
            high = key & ((1 << SHIFT) - 1)
            rough[at[low]] = high
            rough_weights[at[low]] = table[slot, 1] / scale
            at[low] += 1
            rough[at[high]] = low
            rough_weights[at[high]] = table[slot, 1] / scale
            at[high] += 1
    for i in range(len(at)):
        at[i] = indptr[i]
    for i in range(len(indptr) - 1):
        for e in range(indptr[i], indptr[i + 1]):
            j = rough[e]
            ids[at[j]] = i
            weights[at[j]] = rough_weights[e]
            at[j] += 1
