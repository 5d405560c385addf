"""Slots and pairs of a tree: finding them, and taking new ones."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.mlhat_state import (
    FIRST_PAIR,
    FIRST_SLOT,
    HIGH,
    KEY,
    LINK,
    LOW,
    NODES,
    OWNER,
    PAIR_FREE,
    PAIR_TOP,
    PAIRS,
    SLOT_FREE,
    SLOT_TOP,
    SLOTS,
)
from streams.jit import jit


@jit
def hash_pair(owner, key):  # type: ignore[no-untyped-def]
    """Return a hash of two non-negative int32: the finaliser of MurmurHash3 on both in one word."""
    h = (np.uint64(owner) << np.uint64(32)) | np.uint64(key)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return np.int64((h ^ (h >> np.uint64(33))) >> np.uint64(1))


@jit
def find(table, entries, owner, key):  # type: ignore[no-untyped-def]
    """Return the entry of `key` that `owner` holds (a leaf's slot of a feature, a slot's pair of a label), or -1."""
    mask = len(table) - 1
    h = hash_pair(owner, key) & mask
    while True:
        entry = table[h]
        if entry < 0 or (entries[entry, 0] == owner and entries[entry, 1] == key):
            return entry
        h = (h + 1) & mask


@jit
def enter(table, owner, key, entry):  # type: ignore[no-untyped-def]
    """Write an entry that is not there yet to a table with room."""
    mask = len(table) - 1
    h = hash_pair(owner, key) & mask
    while table[h] >= 0:
        h = (h + 1) & mask
    table[h] = entry


@jit
def rebuild(table, entries, top):  # type: ignore[no-untyped-def]
    """Fill `table` with all entries below `top` that are in use (their owner is not negative)."""
    for h in range(len(table)):
        table[h] = -1
    for entry in range(top):
        if entries[entry, OWNER] >= 0:
            enter(table, entries[entry, OWNER], entries[entry, KEY], entry)


@jit
def new_slot(counters, nodes, slots, slot_stats, weights, squares, slot_table, leaf, feature):  # type: ignore[no-untyped-def]
    """Return a fresh slot for a feature that `leaf` does not hold; there must be room."""
    slot = counters[SLOT_FREE]
    if slot >= 0:
        counters[SLOT_FREE] = slots[slot, LINK]
    else:
        slot = counters[SLOT_TOP]
        counters[SLOT_TOP] += 1
    counters[SLOTS] += 1
    slots[slot, OWNER] = leaf
    slots[slot, KEY] = feature
    slots[slot, LINK] = nodes[leaf, FIRST_SLOT]
    slots[slot, FIRST_PAIR] = -1
    nodes[leaf, FIRST_SLOT] = slot
    for i in range(slot_stats.shape[1]):
        slot_stats[slot, i] = 0.0
    slot_stats[slot, LOW] = np.inf
    slot_stats[slot, HIGH] = -np.inf
    for label in range(weights.shape[1]):
        weights[slot, label] = 0
        squares[slot, label] = 0
    enter(slot_table, leaf, feature, slot)
    return slot


@jit
def new_pair(counters, slots, pairs, pair_stats, pair_table, slot, label):  # type: ignore[no-untyped-def]
    """Return a fresh pair for a label that `slot` does not hold; there must be room."""
    pair = counters[PAIR_FREE]
    if pair >= 0:
        counters[PAIR_FREE] = pairs[pair, LINK]
    else:
        pair = counters[PAIR_TOP]
        counters[PAIR_TOP] += 1
    counters[PAIRS] += 1
    pairs[pair, OWNER] = slot
    pairs[pair, KEY] = label
    pairs[pair, LINK] = slots[slot, FIRST_PAIR]
    slots[slot, FIRST_PAIR] = pair
    for i in range(pair_stats.shape[1]):
        pair_stats[pair, i] = 0.0
    enter(pair_table, slot, label, pair)
    return pair


@jit
def bytes_of_slot(n_labels):  # type: ignore[no-untyped-def]
    """Return the bytes of a slot: numbers, two float32 a label, and its share of a table that is half full at most."""
    return 80 + 8 * n_labels


@jit
def bytes_in_use(counters, window, n_labels):  # type: ignore[no-untyped-def]
    """Return the bytes of what is in use when there are `n_labels` labels, room to grow left aside.

    A pair is 60 bytes with its share of a table. A node is three float64 a label, its window, and about 4,000 bytes of
    ADWIN and numbers. It does not depend on how long the arrays happen to be, so neither does what it decides.
    """
    return (
        counters[SLOTS] * bytes_of_slot(n_labels)
        + counters[PAIRS] * 60
        + counters[NODES] * (24 * n_labels + 8 * window + 4000)
    )
