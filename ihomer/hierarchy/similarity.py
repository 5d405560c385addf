"""How similar the labels of a tree are, pair by pair: a bounded part of it, in the order of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ihomer.hierarchy.cooccurrence import Ints
    from ihomer.hierarchy.tree import ClusterTree


@dataclass(slots=True, frozen=True, eq=False)
class Similarity:
    """The Jaccard similarity of some labels.

    Parameters
    ----------
    labels, clusters
        int32 (n,): their ids, those of one cluster together, clusters from left to right in the tree; their clusters.
    jaccard
        float64 (n, n): weight of the rows that hold both over that of the rows that hold one or both; 1 on the diagonal.
    """

    labels: Ints
    clusters: Ints
    jaccard: npt.NDArray[np.float64]


def similarity(tree: ClusterTree, most: int) -> Similarity:
    """Return the similarity of the `most` most frequent labels (of the recent past); O(labels + pairs)."""
    sight = tree.counts.sight()
    frequent = np.lexsort((np.arange(tree.n_labels), -sight.n))[:most]
    place = np.zeros(len(tree.nodes), np.int64)
    leaves = [node for node, _ in tree.nodes.walk() if tree.nodes.is_leaf(node)]
    place[leaves] = np.arange(len(leaves))
    labels = frequent[np.lexsort((frequent, -sight.n[frequent], place[tree.cluster_of[frequent]]))].astype(np.int32)
    column = np.full(tree.n_labels, -1)
    column[labels] = np.arange(len(labels))
    both = np.zeros((len(labels), len(labels)))
    for i, label in enumerate(labels.tolist()):
        near = slice(sight.indptr[label], sight.indptr[label + 1])
        at = column[sight.ids[near]]
        both[i, at[at >= 0]] = sight.weights[near][at >= 0]
    n = sight.n[labels]
    either = n[:, None] + n[None, :] - both
    jaccard = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    np.fill_diagonal(jaccard, 1.0)
    return Similarity(labels, tree.cluster_of[labels].copy(), np.clip(jaccard, 0.0, 1.0))
