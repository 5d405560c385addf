"""The shape of the tree: which node stands below which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown

NONE = -1
#: `parent` of a number that no node has at the moment.
FREE = -2


class Nodes:
    """A binary tree of numbered nodes; its leaves are the clusters. The number of a removed node is given out again.

    Examples
    --------
    >>> tree = Nodes()
    >>> tree.split(0)
    (1, 2)
    >>> tree.split(2)
    (3, 4)
    >>> tree.leaves()
    [1, 3, 4]
    >>> tree.remove(1)
    >>> tree.leaves(), tree.root
    ([3, 4], 2)
    """

    def __init__(self) -> None:
        self.root = 0
        self.parent: npt.NDArray[np.int32] = np.array([NONE], np.int32)
        self.children: npt.NDArray[np.int32] = np.array([[NONE, NONE]], np.int32)

    def __len__(self) -> int:
        return len(self.parent)

    def is_leaf(self, node: int) -> bool:
        """Return whether the node is a cluster."""
        return bool(self.children[node, 0] == NONE)

    def leaves(self, below: int | None = None) -> list[int]:
        """Return the leaves below a node (the root), ascending."""
        if below is None:
            return np.flatnonzero((self.parent != FREE) & (self.children[:, 0] == NONE)).tolist()
        return sorted(node for node, _ in self.walk(below) if self.is_leaf(node))

    def walk(self, below: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield the nodes below and with a node (the root) and their depth, parents first, left before right."""
        stack = [(self.root if below is None else below, 0)]
        while stack:
            node, depth = stack.pop()
            yield node, depth
            if not self.is_leaf(node):
                left, right = self.children[node].tolist()
                stack += [(right, depth + 1), (left, depth + 1)]

    def sibling(self, node: int) -> int:
        """Return the other child of the node's parent, or NONE for the root."""
        above = self.parent[node]
        if above == NONE:
            return NONE
        left, right = self.children[above].tolist()
        return int(right if left == node else left)

    def split(self, leaf: int) -> tuple[int, int]:
        """Give a leaf two children and return their numbers."""
        left = self._new(leaf)
        right = self._new(leaf)
        self.children[leaf] = left, right
        return left, right

    def remove(self, leaf: int) -> None:
        """Take a leaf out; its sibling takes the place of their parent, whose number is free as well."""
        above, other = int(self.parent[leaf]), self.sibling(leaf)
        top = int(self.parent[above])
        self.parent[other] = top
        if top == NONE:
            self.root = other
        else:
            self.children[top, list(self.children[top]).index(above)] = other
        for gone in (leaf, above):
            self._free(gone)

    def collapse(self, node: int) -> None:
        """Make an inner node a leaf; all below it go."""
        for gone in [below for below, depth in self.walk(node) if depth > 0]:
            self._free(gone)
        self.children[node] = NONE

    def _new(self, parent: int) -> int:
        free = np.flatnonzero(self.parent == FREE)
        node = int(free[0]) if len(free) else len(self.parent)
        if not len(free):
            self.parent = grown(self.parent, (node + 1,), FREE)
            self.children = grown(self.children, (node + 1, 2), NONE)
        self.parent[node] = parent
        return node

    def _free(self, node: int) -> None:
        self.parent[node] = FREE
        self.children[node] = NONE

    @property
    def n_bytes(self) -> int:
        """Size of all arrays."""
        return self.parent.nbytes + self.children.nbytes

    def state(self) -> dict[str, Any]:
        """Return the shape as plain values and arrays."""
        return {"root": self.root, "parent": self.parent.copy(), "children": self.children.copy()}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.root, self.parent, self.children = state["root"], state["parent"].copy(), state["children"].copy()
