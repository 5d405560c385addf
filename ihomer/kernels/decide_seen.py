"""Kernels of the memory of label sets that were seen: a bounded table with faded counts, the coldest replaced."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.decide_sizes import MOST_SIZE
from streams.jit import jit

#: -log .999: how fast counts fade, half of them after about 700 rows.
LOG_FADE = 0.0010005003335835344
#: No count is below .02 as far as it is told, and none above what a set that holds in every row has: 1 / (1 - .999).
LOG_LEAST = -3.912023005428146
LOG_MOST = 6.907755278982137
#: Places in `clock`: rows learned, slots in use, slot of the last row's set (-1: it is not kept).
ROWS, USED, LAST = 0, 1, 2
#: An empty place of the hash table.
NONE = -1


@jit
def find_set(ids, first, last, sets, lengths, table):  # type: ignore[no-untyped-def]
    """Return the place in the hash table that holds the slot of the set `ids[first:last]`, or the empty one for it.

    Parameters
    ----------
    ids : int32, ascending in first..last
    sets, lengths : int32 (S, W), int64 (S,): the labels of each slot, ascending
    table : int32 (a power of two,): slots, NONE where there is none
    """
    mixed = np.uint64(last - first)
    for i in range(first, last):
        mixed = (mixed ^ np.uint64(ids[i])) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    place = np.int64(mixed & np.uint64(len(table) - 1))
    while table[place] != NONE:
        slot = table[place]
        if lengths[slot] == last - first:
            i = 0
            while i < last - first and sets[slot, i] == ids[first + i]:
                i += 1
            if i == last - first:
                break
        place = (place + 1) & (len(table) - 1)
    return place


@jit
def fill_table(used, sets, lengths, table):  # type: ignore[no-untyped-def]
    """Write the first `used` slots to the hash table anew."""
    for place in range(len(table)):
        table[place] = NONE
    for slot in range(used):
        table[find_set(sets[slot], np.int64(0), lengths[slot], sets, lengths, table)] = slot


@jit
def forget_set(slot, sets, lengths, table):  # type: ignore[no-untyped-def]
    """Take a slot out of the hash table; what stands behind its place moves up."""
    mask = len(table) - 1
    place = find_set(sets[slot], np.int64(0), lengths[slot], sets, lengths, table)
    table[place] = NONE
    place = (place + 1) & mask
    while table[place] != NONE:
        other = table[place]
        table[place] = NONE
        table[find_set(sets[other], np.int64(0), lengths[other], sets, lengths, table)] = other
        place = (place + 1) & mask


@jit
def log_count(slot, now, log_counts, stamps):  # type: ignore[no-untyped-def]
    """Return the log of a slot's count, faded until `now`."""
    return log_counts[slot] - LOG_FADE * (now - stamps[slot])


@jit
def coldest_slot(used, now, log_counts, stamps):  # type: ignore[no-untyped-def]
    """Return the slot with the smallest count, the first at a tie."""
    best: np.int64 | int = np.int64(0)  # of one type from the start: another would be another compilation
    for slot in range(1, used):
        if log_count(slot, now, log_counts, stamps) < log_count(best, now, log_counts, stamps):
            best = slot
    return best


@jit
def learn_set(ids, first, last, most, sets, lengths, log_counts, stamps, table, clock):  # type: ignore[no-untyped-def]
    """Count the set `ids[first:last]` of one more row; where `most` sets are kept, a new one replaces the coldest.

    Sets of more than MOST_SIZE labels are not kept.
    """
    clock[ROWS] += 1
    clock[LAST] = NONE
    if last - first > MOST_SIZE:
        return
    now = clock[ROWS]
    slot = np.int64(table[find_set(ids, first, last, sets, lengths, table)])
    if slot == NONE:
        if clock[USED] < most:
            slot = clock[USED]
            clock[USED] += 1
        else:
            slot = coldest_slot(clock[USED], now, log_counts, stamps)
            forget_set(slot, sets, lengths, table)
        lengths[slot] = last - first
        for i in range(last - first):
            sets[slot, i] = ids[first + i]
        table[find_set(ids, first, last, sets, lengths, table)] = slot
        log_counts[slot] = 0.0
    else:
        log_counts[slot] = np.log(np.exp(log_count(slot, now, log_counts, stamps)) + 1.0)
    stamps[slot] = now
    clock[LAST] = slot
