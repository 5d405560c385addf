"""The way of a row through the tree."""

from __future__ import annotations

import numpy as np

from ihomer.kernels.mlhat_state import (
    ALTERNATE,
    FEATURE,
    LEFT,
    PASSED,
    RIGHT,
    ROOT,
    THRESHOLD,
)
from streams.jit import jit


@jit
def value_at(indices, values, start, stop, feature):  # type: ignore[no-untyped-def]
    """Return a feature's value in a sparse row: 0 if it is not stored."""
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if indices[middle] < feature:
            low = middle + 1
        else:
            high = middle
    if low < stop and indices[low] == feature:
        return np.float64(values[low])
    return 0.0


@jit
def child(nodes, node_stats, node, indices, values, start, stop):  # type: ignore[no-untyped-def]
    """Return the child of an inner node that a row goes to: missing values go where more rows went."""
    left, right = nodes[node, LEFT], nodes[node, RIGHT]
    x = value_at(indices, values, start, stop, nodes[node, FEATURE])
    if np.isnan(x):
        return left if node_stats[left, PASSED] >= node_stats[right, PASSED] else right
    return left if x <= node_stats[node, THRESHOLD] else right


@jit
def find_leaves(counters, nodes, node_stats, indices, values, start, stop, path, reached, alternate_of):  # type: ignore[no-untyped-def]
    """Write the path of a row, and the leaves that it reaches; return the lengths of both.

    `path` gets the nodes of the foreground from the root to its leaf; `reached` that leaf, and then the
    leaf of each alternate on the way; `alternate_of[k]` the place in it of the alternate beside path[k], or -1.
    """
    node = counters[ROOT]
    length = 0
    n_reached = 1
    while True:
        path[length] = node
        alternate_of[length] = -1
        other = nodes[node, ALTERNATE]
        if other >= 0:
            while nodes[other, FEATURE] >= 0:
                other = child(nodes, node_stats, other, indices, values, start, stop)
            alternate_of[length] = n_reached
            reached[n_reached] = other
            n_reached += 1
        length += 1
        if nodes[node, FEATURE] < 0:
            break
        node = child(nodes, node_stats, node, indices, values, start, stop)
    reached[0] = node
    return length, n_reached


@jit
def count_passage(nodes, node_stats, indices, values, start, stop, path, length, weight):  # type: ignore[no-untyped-def]
    """Count a row in all nodes that it passed."""
    for k in range(length):
        node_stats[path[k], PASSED] += weight
        node = nodes[path[k], ALTERNATE]
        while node >= 0:
            inner = nodes[node, FEATURE] >= 0
            following = child(nodes, node_stats, node, indices, values, start, stop) if inner else -1
            node_stats[node, PASSED] += weight
            node = following
