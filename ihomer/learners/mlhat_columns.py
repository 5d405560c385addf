"""What an MLHAT does when its labels change: room for new ones, and none left for those that go."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.kernels.mlhat_state import (
    BASE_WEIGHT,
    FIRST_PAIR,
    KEY,
    LINK,
    N_FEATURES,
    N_KNOWN,
    N_LABELS,
    OWNER,
    PAIR_FREE,
    PAIR_TOP,
    PAIRS,
    ROWS,
    SEEN,
    SLOT_TOP,
    START,
    Tree,
)
from ihomer.learners.mlhat_arrays import LABEL_ARRAYS, live_rows, with_tables


def start_labels(tree: Tree, labels: npt.NDArray[np.int64]) -> None:
    """Let labels begin as unknown in all rows so far; their birth, if it comes, says more."""
    tree.missing[:, labels] = tree.node_stats[:, [SEEN]]
    tree.base[:, labels] = 0.5 / np.maximum(tree.node_stats[:, [BASE_WEIGHT]], 1.0)
    tree.since[labels] = tree.counters[ROWS]


def regroup(tree: Tree, old_of_new: npt.NDArray[np.int64]) -> Tree:
    """Return the tree with other labels.

    Parameters
    ----------
    tree
        May share arrays with what is returned.
    old_of_new
        int64: for each label from now on the number it had, ascending, or -1 for a new one.
    """
    kept = old_of_new >= 0
    moved = {}
    for name in LABEL_ARRAYS:
        old = getattr(tree, name)
        new = np.zeros((len(old), len(old_of_new)), old.dtype)
        new[:, kept] = old[:, old_of_new[kept]]
        moved[name] = new
    since = np.zeros(len(old_of_new), np.int64)
    since[kept] = tree.since[old_of_new[kept]]
    new_of_old = np.full(tree.positives.shape[1], -1, np.int64)
    new_of_old[old_of_new[kept]] = np.flatnonzero(kept)
    tree = _with_pairs(tree._replace(**moved, since=since), new_of_old)
    tree = _with_sets(tree, new_of_old)
    start_labels(tree, np.flatnonzero(~kept))
    return tree


def _with_pairs(tree: Tree, new_of_old: npt.NDArray[np.int64]) -> Tree:
    """Return the tree with its pairs renumbered, packed, and linked anew."""
    pairs = tree.pairs[: tree.counters[PAIR_TOP]]
    staying = np.flatnonzero(pairs[:, OWNER] >= 0)
    staying = staying[new_of_old[pairs[staying, KEY]] >= 0]
    staying = staying[np.lexsort((pairs[staying, KEY], pairs[staying, OWNER]))]
    n = len(staying)
    packed = np.zeros((max(n, 1), 3), np.int32)
    packed[:n] = pairs[staying]
    packed[:n, KEY] = new_of_old[packed[:n, KEY]]
    owners = packed[:n, OWNER]
    same = owners[1:] == owners[:-1]
    packed[:n, LINK] = -1
    packed[: max(n - 1, 0), LINK] = np.where(same, np.arange(1, max(n, 1)), -1)
    slots = tree.slots.copy()
    slots[: tree.counters[SLOT_TOP], FIRST_PAIR] = -1
    firsts = np.flatnonzero(np.concatenate((np.ones(min(n, 1), bool), ~same)))
    slots[owners[firsts], FIRST_PAIR] = firsts
    stats = np.zeros((len(packed), 4))
    stats[:n] = tree.pair_stats[staying]
    counters = tree.counters.copy()
    counters[[PAIRS, PAIR_TOP, PAIR_FREE]] = n, n, -1
    return with_tables(tree._replace(pairs=packed, pair_stats=stats, slots=slots, counters=counters))


def _with_sets(tree: Tree, new_of_old: npt.NDArray[np.int64]) -> Tree:
    """Return the tree with the label sets of its kept rows renumbered; what they give up leaves a hole behind them."""
    memory, ids = tree.memory.copy(), tree.memory_ids.copy()
    for row in live_rows(tree):
        first = int(memory[row, START] + memory[row, N_FEATURES])
        middle = first + int(memory[row, N_LABELS])
        last = middle + int(memory[row, N_KNOWN])
        held, known = new_of_old[ids[first:middle]], new_of_old[ids[middle:last]]
        held, known = held[held >= 0], known[known >= 0]
        ids[first : first + len(held)] = held
        ids[first + len(held) : first + len(held) + len(known)] = known
        memory[row, [N_LABELS, N_KNOWN]] = len(held), len(known)
    return tree._replace(memory=memory, memory_ids=ids)
