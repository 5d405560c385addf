"""What of a tree of clusters is shown when it is drawn: bounded, however large the tree is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ihomer.hierarchy.cooccurrence import Ints, Sight
    from ihomer.hierarchy.tree import ClusterTree

#: Names that one cluster shows at most, and characters of a name.
NAMES, CHARACTERS = 12, 32


@dataclass(slots=True, eq=False)
class Sketch:
    """A node as it is drawn.

    Parameters
    ----------
    number
        Cluster number; -1 for an inner node and for what is only counted.
    n_labels, n_clusters
        Labels and clusters below.
    names
        The most frequent labels of a cluster.
    similarity
        Mean Jaccard similarity of the labels of a cluster, 0 to 1.
    children
        Below an inner node; what is only counted has none.
    """

    number: int
    n_labels: int
    n_clusters: int
    names: list[str] = field(default_factory=list)
    similarity: float = 0.0
    children: list[Sketch] = field(default_factory=list)


def sketch(tree: ClusterTree, names: Sequence[object], max_clusters: int) -> Sketch:
    """Return what to draw: the clusters with most labels, and for the others how many there are."""
    sight = tree.counts.sight()
    leaves, labels, bounds = tree.grouped()
    groups = {leaf: labels[a:b] for leaf, a, b in zip(leaves, bounds[:-1], bounds[1:], strict=True)}
    shown = set(sorted(leaves, key=lambda leaf: (-len(groups[leaf]), leaf))[:max_clusters])
    # Of a subtree: what is shown, and how many labels and clusters are not.
    made: dict[int, tuple[Sketch | None, int, int]] = {}
    for node, _ in reversed(list(tree.nodes.walk())):
        if tree.nodes.is_leaf(node):
            ids = groups[node]
            made[node] = (_cluster(tree, sight, node, ids, names), 0, 0) if node in shown else (None, len(ids), 1)
            continue
        (one, labels_1, clusters_1), (other, labels_2, clusters_2) = (
            made.pop(child) for child in tree.nodes.children[node].tolist()
        )
        beside = labels_1 + labels_2, clusters_1 + clusters_2
        # Only a node that parts clusters that are shown is drawn; what is not shown is counted at the next such one.
        made[node] = (one or other, *beside) if one is None or other is None else (_inner([one, other], *beside), 0, 0)
    root, n_labels, n_clusters = made[tree.nodes.root]
    assert root is not None
    return _inner(root.children or [root], n_labels, n_clusters) if n_clusters else root


def _inner(children: list[Sketch], n_labels: int, n_clusters: int) -> Sketch:
    """Return a node with these children, and one for what is only counted."""
    counts = [child for child in children if child.number < 0 and not child.children]
    n_labels += sum(child.n_labels for child in counts)
    n_clusters += sum(child.n_clusters for child in counts)
    children = [child for child in children if child not in counts]
    if n_clusters:
        children.append(Sketch(-1, n_labels, n_clusters))
    return Sketch(-1, sum(c.n_labels for c in children), sum(c.n_clusters for c in children), children=children)


def _cluster(tree: ClusterTree, sight: Sight, node: int, ids: Ints, names: Sequence[object]) -> Sketch:
    frequent = ids[np.lexsort((ids, -sight.n[ids]))][:NAMES]
    similarity = 1 - tree.dissimilarities(ids, sight)["mean"] if len(ids) > 1 else 0.0
    return Sketch(node, len(ids), 1, [_short(str(names[i])) for i in frequent.tolist()], similarity)


def counted(n: int, what: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "label"), counted(1200, "label")
    ('1 label', '1,200 labels')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _short(name: str) -> str:
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return name if len(name) <= CHARACTERS else name[: CHARACTERS - 1] + "…"
