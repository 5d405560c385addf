"""The arrays of an MLHAT: made, grown, and brought to and from their plain form."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.kernels.adwin import LEVELS
from ihomer.kernels.mlhat_pools import rebuild
from ihomer.kernels.mlhat_state import (
    ABSENT,
    COUNT,
    COUNTERS,
    HEAD,
    MAX_BUCKETS,
    N_FEATURES,
    N_KNOWN,
    N_LABELS,
    NODE_FLOATS,
    NODE_FREE,
    NODE_INTS,
    NODE_TOP,
    PAIR_FREE,
    PAIR_TOP,
    SHORT_LEVELS,
    SHORT_MEMORY,
    SHORT_PAIRS,
    SHORT_SLOTS,
    SLOT_FREE,
    SLOT_TOP,
    START,
    STORED,
    Desk,
    Tree,
)

#: Which axes of which arrays grow together.
NODE_ARRAYS = (
    "nodes", "node_stats", "positives", "missing", "base", "windows",
    "adwin_counts", "adwin_sums", "adwin_spreads", "adwin_windows", "adwin_clocks",
)  # fmt: skip
SLOT_ARRAYS = ("slots", "slot_stats", "weights", "squares")
PAIR_ARRAYS = ("pairs", "pair_stats")
FEATURE_ARRAYS = ("moments", "scales", "centred")
LABEL_ARRAYS = ("positives", "missing", "base", "weights", "squares")
LEVEL_ARRAYS = ("adwin_counts", "adwin_sums", "adwin_spreads")


def new_tree(n_labels: int, window: int, memory_rows: int) -> Tree:
    """Return a tree without a node.

    Parameters
    ----------
    n_labels
        Room for labels.
    window
        Rows in a leaf's window.
    memory_rows
        Rows kept for all windows.
    """
    n, s, p, f, levels = 1, 16, 64, 16, 8
    tree = Tree(
        counters=np.zeros(COUNTERS, np.int64),
        nodes=np.zeros((n, NODE_INTS), np.int64),
        node_stats=np.zeros((n, NODE_FLOATS)),
        positives=np.zeros((n, n_labels)),
        missing=np.zeros((n, n_labels)),
        base=np.zeros((n, n_labels)),
        windows=np.zeros((n, window), np.int64),
        slots=np.zeros((s, 4), np.int32),
        slot_stats=np.zeros((s, 6)),
        weights=np.zeros((s, n_labels), np.float32),
        squares=np.zeros((s, n_labels), np.float32),
        slot_table=np.full(2 * s, -1, np.int32),
        pairs=np.zeros((p, 3), np.int32),
        pair_stats=np.zeros((p, 4)),
        pair_table=np.full(2 * p, -1, np.int32),
        moments=np.zeros((f, 5)),
        scales=np.zeros((f, 3)),
        centred=np.zeros(f, np.int32),
        since=np.zeros(n_labels, np.int64),
        memory=np.zeros((memory_rows, 7), np.int64),
        memory_ids=np.zeros(256, np.int32),
        memory_values=np.zeros(256, np.float32),
        adwin_counts=np.zeros((n, levels), np.int32),
        adwin_sums=np.zeros((n, levels, MAX_BUCKETS + 1)),
        adwin_spreads=np.zeros((n, levels, MAX_BUCKETS + 1)),
        adwin_windows=np.zeros((n, 3)),
        adwin_clocks=np.zeros((n, 3), np.int64),
    )
    tree.counters[[NODE_FREE, SLOT_FREE, PAIR_FREE]] = -1
    return tree


def new_desk(tree: Tree, levels: int, entries: int, neighbours: int) -> Desk:
    """Return room to work in for a tree that reaches up to `levels` leaves and rows of up to `entries` features."""
    n_labels = tree.positives.shape[1]
    return Desk(
        p=np.zeros((levels, 4, n_labels), np.float32),
        truth=np.zeros(n_labels, np.float32),
        known=np.zeros(n_labels, np.uint8),
        errors=np.zeros(n_labels, np.float32),
        labels=np.zeros((6, n_labels)),
        z_ids=np.zeros(entries, np.int32),
        z=np.zeros(entries, np.float32),
        slot_of=np.zeros((levels, entries), np.int32),
        query=np.zeros(len(tree.moments), np.float32),
        path=np.zeros(levels, np.int64),
        reached=np.zeros(levels, np.int64),
        alternate_of=np.zeros(levels, np.int64),
        losses=np.zeros((levels, 4)),
        nearest=np.zeros(neighbours, np.int64),
        distance=np.zeros(neighbours),
        report=np.zeros(3, np.int64),
    )


def _longer(array: npt.NDArray[Any], length: int, axis: int = 0) -> npt.NDArray[Any]:
    shape = list(array.shape)
    shape[axis] = length
    longer = np.zeros(shape, array.dtype)
    longer[tuple(slice(0, n) for n in array.shape)] = array
    return longer


def _stretch(tree: Tree, names: tuple[str, ...], length: int, axis: int = 0) -> Tree:
    return tree._replace(**{name: _longer(getattr(tree, name), length, axis) for name in names})


def grow(tree: Tree, short: int) -> Tree:
    """Return the tree with twice the room of what a kernel said is short."""
    if short == SHORT_LEVELS:
        return _stretch(tree, LEVEL_ARRAYS, tree.adwin_counts.shape[1] + 4, axis=1)
    if short == SHORT_SLOTS:
        return with_tables(_stretch(tree, SLOT_ARRAYS, 2 * len(tree.slots)))
    if short == SHORT_PAIRS:
        return with_tables(_stretch(tree, PAIR_ARRAYS, 2 * len(tree.pairs)))
    assert short == SHORT_MEMORY
    return _with_memory(tree, 2 * len(tree.memory_ids))


def with_more_nodes(tree: Tree) -> Tree:
    """Return the tree with twice the room for nodes."""
    return _stretch(tree, NODE_ARRAYS, 2 * len(tree.nodes))


def with_features(tree: Tree, n_features: int) -> Tree:
    """Return the tree with room for so many features."""
    if n_features <= len(tree.moments):
        return tree
    return _stretch(tree, FEATURE_ARRAYS, n_features + n_features // 4)


def with_labels(tree: Tree, n_labels: int) -> Tree:
    """Return the tree with room for so many labels."""
    room = tree.positives.shape[1]
    if n_labels <= room:
        return tree
    room = n_labels + n_labels // 4
    return _stretch(_stretch(tree, LABEL_ARRAYS, room, axis=1), ("since",), room)


def with_tables(tree: Tree) -> Tree:
    """Return the tree with fresh hash tables, a power of two and half full at most."""
    slot_table = np.empty(2 * _power_of_two(len(tree.slots)), np.int32)
    pair_table = np.empty(2 * _power_of_two(len(tree.pairs)), np.int32)
    rebuild(slot_table, tree.slots, tree.counters[SLOT_TOP])
    rebuild(pair_table, tree.pairs, tree.counters[PAIR_TOP])
    return tree._replace(slot_table=slot_table, pair_table=pair_table)


def _power_of_two(n: int) -> int:
    return 1 << max(n - 1, 1).bit_length()


def live_rows(tree: Tree) -> list[int]:
    """Return the places in `memory` of the rows that are kept, oldest first."""
    stored, length = int(tree.counters[STORED]), len(tree.memory)
    return [number % length for number in range(max(0, stored - length), stored)]


def _with_memory(tree: Tree, room: int) -> Tree:
    """Return the tree with its kept rows laid out afresh, oldest first, in an arena of `room` entries."""
    ids, values = np.zeros(room, np.int32), np.zeros(room, np.float32)
    memory = tree.memory.copy()
    at = 0
    for row in live_rows(tree):
        start = int(memory[row, START])
        size, n_features = int(memory[row, [N_FEATURES, N_LABELS, N_KNOWN]].sum()), int(memory[row, N_FEATURES])
        ids[at : at + size] = tree.memory_ids[start : start + size]
        values[at : at + n_features] = tree.memory_values[start : start + n_features]
        memory[row, START] = at
        at += max(1, size)
    counters = tree.counters.copy()
    counters[HEAD] = at
    return tree._replace(memory=memory, memory_ids=ids, memory_values=values, counters=counters)


def tree_state(tree: Tree, n_labels: int) -> dict[str, Any]:
    """Return the tree's arrays without the room to grow: equal trees give equal states, however they grew."""
    tree = _with_memory(tree, _entries_kept(tree))
    met = np.flatnonzero(tree.moments[:, [COUNT, ABSENT]].any(axis=1))
    ends = {
        **dict.fromkeys(NODE_ARRAYS, int(tree.counters[NODE_TOP])),
        **dict.fromkeys(SLOT_ARRAYS, int(tree.counters[SLOT_TOP])),
        **dict.fromkeys(PAIR_ARRAYS, int(tree.counters[PAIR_TOP])),
        **dict.fromkeys(FEATURE_ARRAYS, int(met[-1]) + 1 if len(met) else 0),
    }
    levels = int(tree.adwin_clocks[: tree.counters[NODE_TOP], LEVELS].max())
    state: dict[str, Any] = {}
    for name, array in tree._asdict().items():
        if name.endswith("_table"):
            continue
        kept = array[: ends.get(name, len(array))]
        if name in LABEL_ARRAYS:
            kept = kept[:, :n_labels]
        elif name in LEVEL_ARRAYS:
            kept = kept[:, :levels]
        state[name] = kept.copy()
    state["since"] = tree.since[:n_labels].copy()
    empty = np.arange(MAX_BUCKETS + 1) >= state["adwin_counts"][:, :, None]
    state["adwin_sums"][empty] = state["adwin_spreads"][empty] = 0
    return state


def tree_from_state(state: dict[str, Any]) -> Tree:
    """Return the tree that `tree_state` was taken from."""
    none = np.empty(0, np.int32)
    tree = Tree(**{name: np.array(array) for name, array in state.items()}, slot_table=none, pair_table=none)
    short = {name: (getattr(tree, name)) for name in (*SLOT_ARRAYS, *PAIR_ARRAYS) if not len(getattr(tree, name))}
    tree = tree._replace(**{name: _longer(array, 1) for name, array in short.items()})
    return with_tables(tree)


def _entries_kept(tree: Tree) -> int:
    rows = live_rows(tree)
    return int(np.maximum(tree.memory[rows][:, [N_FEATURES, N_LABELS, N_KNOWN]].sum(axis=1), 1).sum()) if rows else 1
