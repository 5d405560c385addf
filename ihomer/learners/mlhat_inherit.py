"""Nodes of an MLHAT made and given back: leaves that inherit another's model, subtrees that go."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.kernels.adwin import LEVELS
from ihomer.kernels.mlhat_state import (
    ALTERNATE,
    ATTEMPT,
    BASE_WEIGHT,
    DEPTH,
    FEATURE,
    FILLED,
    FIRST_PAIR,
    FIRST_SLOT,
    HIGH,
    KEY,
    LAST_SEEN,
    LEAF,
    LEFT,
    LINK,
    LOSS_LINEAR,
    LOSS_WEIGHT,
    LOW,
    MIXED,
    N_FEATURES,
    NEXT,
    NODE_FREE,
    NODE_TOP,
    NODES,
    OWNER,
    PAIR_FREE,
    PAIR_TOP,
    PAIRS,
    RIGHT,
    ROWS,
    SEEN,
    SEEN_PARTIAL,
    SHORT_SLOTS,
    SLOT_FREE,
    SLOT_TOP,
    SLOTS,
    START,
    STORED,
    UNUSED,
    Tree,
)
from ihomer.learners.mlhat_arrays import grow, with_more_nodes, with_tables

Ids = npt.NDArray[np.int64]

#: Share that a label that nothing is known of is taken to have, and the rows that this counts for.
FIRST_SHARE, FIRST_ROWS = 0.25, 2.0


def shares(tree: Tree, leaf: int) -> npt.NDArray[np.float64]:
    """Return the running share of every label in a leaf, as its model has it."""
    base = tree.node_stats[leaf, BASE_WEIGHT]
    known = tree.node_stats[leaf, SEEN] - tree.missing[leaf]
    share: npt.NDArray[np.float64] = (tree.positives[leaf] + base * tree.base[leaf]) / (known + base)
    return share


def slots_of(tree: Tree, nodes: list[int]) -> Ids:
    """Return the slots that some leaves hold."""
    return np.flatnonzero(np.isin(tree.slots[: tree.counters[SLOT_TOP], OWNER], nodes))


def new_leaf(tree: Tree, depth: int) -> tuple[Tree, int]:
    """Return the tree with a leaf that knows nothing, and that leaf."""
    counters = tree.counters
    if counters[NODE_FREE] < 0 and counters[NODE_TOP] == len(tree.nodes):
        tree = with_more_nodes(tree)
    node = int(counters[NODE_FREE])
    if node >= 0:
        counters[NODE_FREE] = tree.nodes[node, LEFT]
    else:
        node = int(counters[NODE_TOP])
        counters[NODE_TOP] += 1
    counters[NODES] += 1
    tree.nodes[node] = 0
    tree.nodes[node, [FEATURE, LEFT, RIGHT, ALTERNATE, FIRST_SLOT]] = LEAF, -1, -1, -1, -1
    tree.nodes[node, DEPTH] = depth
    tree.nodes[node, LAST_SEEN] = counters[ROWS]
    tree.node_stats[node] = 0
    tree.node_stats[node, BASE_WEIGHT] = FIRST_ROWS
    tree.base[node] = FIRST_SHARE
    tree.positives[node] = 0
    tree.missing[node] = 0
    tree.windows[node] = 0
    for array in (tree.adwin_counts, tree.adwin_sums, tree.adwin_spreads, tree.adwin_windows, tree.adwin_clocks):
        array[node] = 0
    tree.adwin_clocks[node, LEVELS] = 1
    return tree, node


def heir(tree: Tree, leaf: int, depth: int, base_weight: float, *, reopen: bool) -> tuple[Tree, int]:
    """Return the tree with a leaf that has the model of `leaf` but none of its observations, and that leaf.

    Parameters
    ----------
    tree, leaf, depth
        Where it stands.
    base_weight
        Rows that the inherited label shares count for.
    reopen
        Whether its weights may move as fast as at the start.
    """
    tree, node = new_leaf(tree, depth)
    tree.nodes[node, MIXED] = tree.nodes[leaf, MIXED]
    tree.base[node] = shares(tree, leaf)
    tree.node_stats[node, BASE_WEIGHT] = base_weight
    tree.node_stats[node, LOSS_LINEAR : LOSS_WEIGHT + 1] = tree.node_stats[leaf, LOSS_LINEAR : LOSS_WEIGHT + 1]
    source = slots_of(tree, [leaf])
    tree, slots = _take_slots(tree, len(source))
    tree.slots[slots, OWNER] = node
    tree.slots[slots, KEY] = tree.slots[source, KEY]
    tree.slots[slots, FIRST_PAIR] = -1
    tree.slots[slots, LINK] = np.append(slots[1:], -1)[: len(slots)]
    tree.nodes[node, FIRST_SLOT] = slots[0] if len(slots) else -1
    clear_observers(tree, slots)
    tree.weights[slots] = tree.weights[source]
    tree.squares[slots] = 0 if reopen else tree.squares[source]
    return with_tables(tree), node


def _take_slots(tree: Tree, n: int) -> tuple[Tree, Ids]:
    while tree.counters[SLOTS] + n > len(tree.slots):
        tree = grow(tree, SHORT_SLOTS)
    counters = tree.counters
    free = np.flatnonzero(tree.slots[: counters[SLOT_TOP], OWNER] < 0)
    more = max(n - len(free), 0)
    taken = np.concatenate((free[: n - more], np.arange(counters[SLOT_TOP], counters[SLOT_TOP] + more)))
    counters[SLOT_TOP] += more
    counters[SLOTS] += n
    counters[SLOT_FREE] = _chain(tree.slots, free[n - more :])
    return tree, taken


def _chain(entries: npt.NDArray[np.int32], free: Ids) -> int:
    """Link free entries; return the first, or -1."""
    entries[free, LINK] = np.append(free[1:], -1)[: len(free)]
    return int(free[0]) if len(free) else -1


def clear_observers(tree: Tree, slots: Ids) -> None:
    """Forget the values that slots have seen."""
    tree.slot_stats[slots] = 0
    tree.slot_stats[slots, LOW] = np.inf
    tree.slot_stats[slots, HIGH] = -np.inf


def inherit_window(tree: Tree, node: int, numbers: Ids) -> None:
    """Give a fresh leaf these rows of the memory, oldest first."""
    tree.windows[node, : len(numbers)] = numbers
    tree.nodes[node, FILLED] = len(numbers)
    tree.nodes[node, NEXT] = len(numbers) % tree.windows.shape[1]


def window_of(tree: Tree, leaf: int) -> Ids:
    """Return the numbers of the rows in a leaf's window that the memory still keeps, oldest first."""
    n, length = tree.nodes[leaf, FILLED], tree.windows.shape[1]
    numbers: Ids = tree.windows[leaf, (tree.nodes[leaf, NEXT] - n + np.arange(n)) % length]
    kept: Ids = numbers[numbers >= tree.counters[STORED] - len(tree.memory)]
    return kept


def values_in_memory(tree: Tree, numbers: Ids, feature: int) -> npt.NDArray[np.float32]:
    """Return a feature's value in each of these rows of the memory."""
    values = np.zeros(len(numbers), np.float32)
    for i, row in enumerate(tree.memory[numbers % len(tree.memory)]):
        ids = tree.memory_ids[row[START] : row[START] + row[N_FEATURES]]
        place = int(np.searchsorted(ids, feature))
        if place < len(ids) and ids[place] == feature:
            values[i] = tree.memory_values[row[START] + place]
    return values


def drop_pairs(tree: Tree, slots: Ids) -> None:
    """Give back all pairs of some slots; tables must be made anew."""
    pairs = tree.pairs[: tree.counters[PAIR_TOP]]
    mine = np.flatnonzero((pairs[:, OWNER] >= 0) & np.isin(pairs[:, OWNER], slots))
    pairs[mine, OWNER] = -1
    tree.slots[slots, FIRST_PAIR] = -1
    tree.counters[PAIRS] -= len(mine)
    tree.counters[PAIR_FREE] = _chain(tree.pairs, np.flatnonzero(pairs[:, OWNER] < 0))


def drop_slots(tree: Tree, nodes: list[int]) -> Tree:
    """Return the tree after some leaves have given back all they held of features."""
    slots = slots_of(tree, nodes)
    drop_pairs(tree, slots)
    tree.slots[slots, OWNER] = -1
    tree.counters[SLOTS] -= len(slots)
    tree.counters[SLOT_FREE] = _chain(
        tree.slots, np.flatnonzero(tree.slots[: tree.counters[SLOT_TOP], OWNER] < 0)
    )
    tree.nodes[nodes, FIRST_SLOT] = -1
    return with_tables(tree)


def drop_subtree(tree: Tree, top: int) -> Tree:
    """Return the tree without a node and everything below and beside it."""
    nodes = [top]
    for node in nodes:
        nodes.extend(int(link) for link in tree.nodes[node, [LEFT, RIGHT, ALTERNATE]] if link >= 0)
    tree = drop_slots(tree, nodes)
    for node in nodes:
        tree.nodes[node, FEATURE] = UNUSED
        tree.nodes[node, LEFT] = tree.counters[NODE_FREE]
        tree.counters[NODE_FREE] = node
    tree.counters[NODES] -= len(nodes)
    return tree


def forget_observations(tree: Tree, leaf: int) -> Tree:
    """Return the tree with a leaf whose observations begin anew; its model and its label shares stay."""
    slots = slots_of(tree, [leaf])
    drop_pairs(tree, slots)
    clear_observers(tree, slots)
    tree.base[leaf] = shares(tree, leaf)
    tree.node_stats[leaf, BASE_WEIGHT] += tree.node_stats[leaf, SEEN]
    tree.node_stats[leaf, [SEEN, SEEN_PARTIAL, ATTEMPT]] = 0
    tree.positives[leaf] = 0
    tree.missing[leaf] = 0
    return with_tables(tree)
