"""Kernels of online extra trees over stored rows: grow a tree, predict by the rows of a leaf, add a row to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ihomer.kernels.extra_trees_split import best_split, held_before, part, value_in
from ihomer.kernels.row_store import (
    FIRST,
    LABELS,
    N_HELD,
    N_KNOWN,
    NEXT,
    SIZE,
    add_known,
    enter_labels,
    number_at,
    store_row,
)
from ihomer.kernels.shares import soft
from streams.jit import jit

#: A leaf is first tried for a split at so many rows, then each time it has grown by half.
FIRST_TRY = 5
#: The newest rows of a leaf that vote.
VOTERS = 64
#: Half a row of doubt in each leaf.
DOUBT = np.float32(0.5)
#: Depth of the stack of subtrees still to grow: the smaller half is grown first, so it holds log2 of the rows.
STACK = 64

# columns of `nodes`; LEFT 0: a leaf (the root is nobody's child), else the right child is LEFT + 1
LEFT, FEATURE, HEAD, COUNT, TRY = range(5)


class Tree(NamedTuple):
    """One tree; a leaf lists its rows, the newest first."""

    used: npt.NDArray[np.int64]  # (2,) nodes, number of the oldest row when it was grown
    nodes: npt.NDArray[np.int32]  # (nodes, 5)
    thresholds: npt.NDArray[np.float32]  # (nodes,) values up to this go left
    links: npt.NDArray[np.int32]  # (positions,) the next older row of the same leaf, -1: none
    state: npt.NDArray[np.uint64]  # (2,) of its random numbers


class Desk(NamedTuple):
    """Room to work in, for R stored rows and L labels."""

    rows: npt.NDArray[np.int32]  # (R,)
    spare: npt.NDArray[np.int32]  # (R,)
    stack: npt.NDArray[np.int64]  # (STACK, 3)
    counts: npt.NDArray[np.int64]  # (L, 2) all zero between rows
    touched: npt.NDArray[np.int32]  # (L,)
    sums: npt.NDArray[np.float32]  # (2, L) all zero between rows: labels of a leaf's rows, rows that know a label


@jit
def make_leaf(nodes, links, node, rows, start, stop):  # type: ignore[no-untyped-def]
    """Make `node` a leaf of the rows at the positions rows[start:stop], the newest last."""
    head = np.int32(-1)
    for q in range(start, stop):
        links[rows[q]] = head
        head = rows[q]
    nodes[node, LEFT] = 0
    nodes[node, HEAD] = head
    nodes[node, COUNT] = stop - start
    nodes[node, TRY] = max(FIRST_TRY, (stop - start) * 3 // 2 + 1)


@jit
def grow(store, tree, rows, start, stop, node, whole, proposals, desk):  # type: ignore[no-untyped-def]
    """Grow the subtree of `node` over the rows at the positions rows[start:stop], oldest first; they change places.

    Parameters
    ----------
    store, tree : with room for 2 (stop - start) more nodes
    rows : int32
    whole : whether the children of `node` are split too
    proposals : random splits to choose from at each node
    desk : scratch
    """
    used, nodes, thresholds, stack = tree.used, tree.nodes, tree.thresholds, desk.stack
    top = 0
    least = FIRST_TRY
    while True:
        splits = False
        if stop - start >= least:
            feature, threshold, splits = best_split(
                store, rows, start, stop, proposals, tree.state, desk.counts, desk.touched
            )
        if splits:
            middle = part(store, rows, start, stop, feature, threshold, desk.spare)
            nodes[node, FEATURE] = feature
            thresholds[node] = threshold
            left = used[0]
            used[0] += 2
            nodes[node, LEFT] = left
            # The larger half waits.
            if middle - start >= stop - middle:
                stack[top, 0], stack[top, 1], stack[top, 2] = left, start, middle
                node, start = left + 1, middle
            else:
                stack[top, 0], stack[top, 1], stack[top, 2] = left + 1, middle, stop
                node, stop = left, middle
            top += 1
            if not whole:
                least = len(rows) + 1
            continue
        make_leaf(nodes, tree.links, node, rows, start, stop)
        if top == 0:
            return
        top -= 1
        node, start, stop = stack[top, 0], stack[top, 1], stack[top, 2]


@jit
def rebuild(store, tree, rows_back, proposals, desk):  # type: ignore[no-untyped-def]
    """Grow a tree anew over the last `rows_back` stored rows, or all that are there."""
    marks = store.marks
    n = min(rows_back, marks[NEXT] - marks[FIRST])
    for q in range(n):
        desk.rows[q] = (marks[NEXT] - n + q) % marks[SIZE]
    tree.used[0] = 1
    tree.used[1] = marks[NEXT] - n
    grow(store, tree, desk.rows, 0, n, 0, True, proposals, desk)


@jit
def leaf_of(store, tree, ids, values, start, stop, before):  # type: ignore[no-untyped-def]
    """Return the leaf of a row; `before` is the position of the stored row before it (-1: none)."""
    nodes, thresholds = tree.nodes, tree.thresholds
    spans, labels = store.spans, store.labels
    node = 0
    while nodes[node, LEFT] > 0:
        feature = nodes[node, FEATURE]
        if feature >= 0:
            value = value_in(ids, values, start, stop, feature)
        else:
            value = held_before(spans, labels, before, -1 - feature)
        node = nodes[node, LEFT] + (value > thresholds[node])
    return node


@jit
def vote_leaf(store, tree, leaf, limit, latest, following, desk, row, out, said, said_all):  # type: ignore[no-untyped-def]
    """Add what a leaf says of the labels of a row to out[row], and note that it did.

    The share of its newest rows that hold a label, among those in which the label was known, with half a row of doubt.

    Parameters
    ----------
    latest, following : LATEST, and the number of the next stored row, when this row comes
    out, said : float32 (n, L); said_all : float32 (n,): sums over trees of shares, of trees that know of a label alone,
        and of trees that know of all labels
    """
    spans, labels, links = store.spans, store.labels, tree.links
    size = store.marks[SIZE]
    n = min(VOTERS, tree.nodes[leaf, COUNT])
    if n == 0:
        return
    position = tree.nodes[leaf, HEAD]
    knowing = 0
    for _ in range(n):
        knowing += spans[position, N_KNOWN] < 0 and number_at(position, following, size) >= latest
        position = links[position]
    position = tree.nodes[leaf, HEAD]
    if knowing == n:
        share = np.float32(1) / (np.float32(n) + DOUBT)
        for _ in range(n):
            first = spans[position, LABELS]
            for i in range(first, first + spans[position, N_HELD]):
                if labels[i] < limit:
                    out[row, labels[i]] += share
            position = links[position]
        said_all[row] += np.float32(1)
        return
    sums = desk.sums
    for _ in range(n):
        first = spans[position, LABELS]
        for i in range(first, first + spans[position, N_HELD]):
            sums[0, labels[i]] += np.float32(1)
        if spans[position, N_KNOWN] < 0 and number_at(position, following, size) >= latest:
            for k in range(limit):
                sums[1, k] += np.float32(1)
        else:
            add_known(store, position, limit, np.float32(1), sums, 1)
        position = links[position]
    for k in range(sums.shape[1]):
        if k < limit and sums[1, k] > 0:
            out[row, k] += sums[0, k] / (sums[1, k] + DOUBT)
            said[row, k] += np.float32(1)
        sums[0, k] = 0
        sums[1, k] = 0


@jit
def add_to_leaf(store, tree, leaf, position, proposals, desk):  # type: ignore[no-untyped-def]
    """Add a stored row to a leaf; split the leaf if it is time."""
    nodes, links = tree.nodes, tree.links
    links[position] = nodes[leaf, HEAD]
    nodes[leaf, HEAD] = position
    nodes[leaf, COUNT] += 1
    n = nodes[leaf, COUNT]
    if n < nodes[leaf, TRY]:
        return
    q = n
    while position >= 0:
        q -= 1
        desk.rows[q] = position
        position = links[position]
    grow(store, tree, desk.rows, 0, n, leaf, False, proposals, desk)


@jit
def tree_block(  # type: ignore[no-untyped-def]
    indptr, ids, values, status, limits,
    store, tree, following, latest, proposals, desk, learn, out, said, said_all,
):  # fmt: skip
    """Add what one tree says of each row before it gets the row (if `learn`).

    Parameters
    ----------
    indptr, ids, values, status, limits : the rows, see `ihomer.rows.Rows`
    store, tree : with `learn` the labelled ones among the rows are in the store already, and the tree has room for two
        nodes for each of them
    following, latest : NEXT and LATEST of the store before the first of the rows
    proposals, desk : see `grow`
    out, said, said_all : see `vote_leaf`
    """
    size = store.marks[SIZE]
    for row in range(len(status)):
        start, stop = indptr[row], indptr[row + 1]
        before = (following - 1) % size if following > 0 else -1
        leaf = leaf_of(store, tree, ids, values, start, stop, before)
        vote_leaf(store, tree, leaf, limits[row + 1], latest, following, desk, row, out, said, said_all)
        if not learn or status[row] == 0:
            continue
        # After the vote: what a row brings changes no bit of what is predicted for it.
        if status[row] == 1 and limits[row + 1] > limits[row]:
            latest = following
        add_to_leaf(store, tree, leaf, following % size, proposals, desk)
        following += 1


@jit
def store_rows(  # type: ignore[no-untyped-def]
    store, indptr, ids, values, label_indptr, label_indices, status, known_indptr, known_indices, limits
):
    """Store all rows of which something is known of the labels."""
    for row in range(len(status)):
        if status[row] != 0:
            enter_labels(store, row, status, limits)
            store_row(
                store, row, np.float32(1), indptr, ids, values,
                label_indptr, label_indices, status, known_indptr, known_indices,
            )  # fmt: skip


@jit
def share_scores(limits, out, said, said_all):  # type: ignore[no-untyped-def]
    """Turn sums over trees into scores, in place; 0 where no tree knows anything."""
    for row in range(len(out)):
        for k in range(limits[row + 1]):
            trees = said_all[row] + said[row, k]
            if trees > 0:
                out[row, k] = soft(out[row, k] / trees)
