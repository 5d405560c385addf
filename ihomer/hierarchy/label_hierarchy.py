"""An online hierarchy of labels, by itself: it learns label sets and says which labels belong together."""

from __future__ import annotations

import json
import sys
from collections import deque
from typing import Any

import numpy as np
from river import base

from ihomer.hierarchy.events import Change
from ihomer.hierarchy.similarity import similarity
from ihomer.hierarchy.tree import STEP, ClusterTree, check
from streams.names import Name
from streams.rows import encode_labels
from streams.vocabulary import Vocabulary

#: Events that are remembered, and labels that an event names.
HISTORY, NAMED = 1000, 20
#: A name's places in the dict and the list of the vocabulary.
_BYTES_A_NAME = 112


class LabelHierarchy(base.Estimator):
    """Clusters of labels that hold together, kept up to date over a stream of label sets.

    An instance costs O(its labels squared), whatever the number of labels; memory is bounded by `max_pairs` (16 to 32
    bytes a pair) and by some 60 bytes a label. How splits, merges and moves are decided is told in
    `ihomer.hierarchy.hub_rule.HubRule` and `ihomer.hierarchy.odac_rule.OdacRule`, how co-occurrence is counted in
    `ihomer.hierarchy.cooccurrence.CoOccurrence`.

    Parameters
    ----------
    rule
        "hub": splits proposed by hub pivots on past rows, tested on the rows that follow. "odac": the plain tests of
        the paper; its configuration is `LabelHierarchy(rule="odac", delta=0.1, half_life=math.inf)`.
    half_life
        Rows after which an instance counts a half; `math.inf`: nothing is forgotten. No more than 2.9 half-lives of
        rows are ever behind a decision, so labels that hold more seldom than about once in a half-life cannot be told
        from chance, and stay where they are.
    delta
        Risk of each bound. With "hub": that a cluster is ever split although it should not be.
    min_gain
        "hub" only, between 0 and 1: how much weaker, relatively, the association across two clusters is than within.
    min_size
        "hub" only: the least number of labels of a cluster.
    tau
        "odac" only: a bound below this breaks ties.
    period
        "odac" only: rows between tests; they are made at the next multiple of 64 rows.
    max_pairs
        Pairs of labels that are counted at most, 65,536 or more; the faintest make room for new ones.

    References
    ----------
    Neves, Lourenco, Cano & Marreiros (2025). Incremental hierarchy of multi-label classifiers. ECAI 2025, arXiv
    2507.20894. Rodrigues, Gama & Pedroso (2008). Hierarchical clustering of time-series data streams. IEEE
    Transactions on Knowledge and Data Engineering 20(5), 615-627. Hoeffding (1963). Probability inequalities for
    sums of bounded random variables. Journal of the American Statistical Association 58, 13-30.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.

    Examples
    --------
    >>> from ihomer import LabelHierarchy
    >>> hierarchy = LabelHierarchy()
    >>> for _ in range(128):
    ...     hierarchy.learn_one({"sea", "sand"})
    ...     hierarchy.learn_one({"snow", "ski", "ice"})
    >>> hierarchy.clusters
    [['sand', 'sea'], ['ice', 'ski', 'snow']]
    >>> print(hierarchy.draw())
    5 labels, 2 clusters, 256 rows
    ├─ cluster 1, 2 labels: sand, sea
    └─ cluster 2, 3 labels: ice, ski, snow
    >>> [(event["kind"], event["row"], event["after"]) for event in hierarchy.events]
    [('split', 128, [1, 2])]
    """

    def __init__(
        self,
        rule: str = "hub",
        half_life: float = 2000.0,
        delta: float = 0.05,
        min_gain: float = 0.5,
        min_size: int = 2,
        tau: float = 0.1,
        period: int = 100,
        max_pairs: int = 1 << 20,
    ) -> None:
        self.rule = rule
        self.half_life = half_life
        self.delta = delta
        self.min_gain = min_gain
        self.min_size = min_size
        self.tau = tau
        self.period = period
        self.max_pairs = max_pairs
        self._labels = Vocabulary()
        self._tree = self.make_tree()
        self._events: deque[dict[str, Any]] = deque(maxlen=HISTORY)
        self._seen = 0

    def make_tree(self) -> ClusterTree:
        """Return a fresh tree of label ids with these parameters."""
        return ClusterTree(**self._get_params())

    def showing(self, tree: ClusterTree, labels: Vocabulary) -> LabelHierarchy:
        """Return a hierarchy with these parameters that shows a tree which someone else trains."""
        shown = type(self)(**self._get_params())
        shown._tree, shown._labels = tree, labels  # noqa: SLF001
        return shown

    @property
    def _supervised(self) -> bool:
        return False

    def learn_one(self, y: object) -> None:
        """Learn one instance.

        Parameters
        ----------
        y
            A set, frozenset, list or tuple of the labels that hold: all others are absent; or a dict label -> bool (or
            None): labels not in it are unknown, and nothing is learned of them; None teaches nothing.

        Raises
        ------
        TypeError
            If a name or a truth is not what it may be.
        """
        held, known, status = encode_labels(y, self._labels)
        self._tree.add_labels(len(self._labels) - self._tree.n_labels)
        self._tree.learn_rows(
            np.array([0, len(held)], np.int64),
            np.array(held, np.int32),
            np.array([status], np.uint8),
            np.array([0, len(known)], np.int64),
            np.array(known, np.int32),
        )
        self._seen += 1
        if self._seen % STEP == 0:
            self._events.extend(_told(change) for change in self._tree.restructure())

    @property
    def clusters(self) -> list[list[Name]]:
        """The labels of every cluster in the order in which they were met; clusters in order of their first labels."""
        return [[self._labels.name(i) for i in ids.tolist()] for ids in self._tree.clusters()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The last 1,000 splits, merges and moves, oldest first.

        Each is a dict: `row` (instances learned before), `kind` ("split", "merge" or "move"), `before` and `after`
        (numbers of the clusters concerned), `members` (the first 20 of the labels concerned), `n_members`, and
        `statistics` as in `ihomer.hierarchy.events.Change`.
        """
        name = self._labels.name
        return [{**event, "members": [name(i) for i in event["members"]]} for event in self._events]

    def draw(self, format: str = "text", *, width: int = 100, max_clusters: int = 24) -> str:  # noqa: A002
        """Return a picture of the tree: the largest clusters, with their most frequent labels.

        Parameters
        ----------
        format
            "text", or "svg" for a picture of its own that follows the reader's light or dark colour scheme.
        width
            Of the text, in characters.
        max_clusters
            Clusters shown at most; the others are counted where they belong. The text has at most three lines a
            cluster and one.

        Raises
        ------
        ValueError
            If there is no such format.
        """
        return self._tree.draw(self._labels.names, format, width=width, max_clusters=max_clusters)

    def sizes(self) -> tuple[list[int], list[int]]:
        """Return the numbers of the clusters, as the tree has them from left to right, and how many labels each has."""
        return self._tree.sizes()

    def first_labels(self, cluster: int, most: int) -> list[Name]:
        """Return the labels of a cluster that were met first, `most` at most; O(labels)."""
        return [self._labels.name(i) for i in self._tree.members(cluster)[:most].tolist()]

    def similarity(self, most: int = 48) -> tuple[list[Name], list[int], list[list[float]]]:
        """Return how similar the most frequent labels are.

        Parameters
        ----------
        most
            So many labels at most.

        Returns
        -------
        names, clusters, jaccard
            The labels, those of one cluster together; the cluster of each; rows of a square of Jaccard similarities.
        """
        found = similarity(self._tree, check("most", most, 1, 1000))
        return [self._labels.name(i) for i in found.labels.tolist()], found.clusters.tolist(), found.jaccard.tolist()

    @property
    def _raw_memory_usage(self) -> int:
        names = sum(sys.getsizeof(name) + _BYTES_A_NAME for name in self._labels)
        return self._tree.n_bytes + names + sum(len(str(event)) for event in self._events)

    def __getstate__(self) -> dict[str, Any]:
        # Plain values in a fixed order, and events as one string: the same bytes whether or not it was ever loaded.
        return {
            "parameters": self._get_params(),
            "labels": self._labels.names,
            "tree": self._tree.state(),
            "events": json.dumps(list(self._events)),
            "seen": self._seen,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["parameters"])  # type: ignore[misc]
        self._labels = Vocabulary(state["labels"])
        self._tree.set_state(_own(state["tree"]))
        self._events.extend(json.loads(state["events"]))
        self._seen = state["seen"]


def _own(state: Any) -> Any:
    """Return the state with arrays of numpy's own types: a type that was unpickled is another object, and shows."""
    if isinstance(state, dict):
        return {key: _own(value) for key, value in state.items()}
    return state.astype(np.dtype(state.dtype.str)) if isinstance(state, np.ndarray) else state


def _told(change: Change) -> dict[str, Any]:
    return {
        "row": change.row,
        "kind": change.kind,
        "before": list(change.before),
        "after": list(change.after),
        "members": change.members[:NAMED].tolist(),
        "n_members": len(change.members),
        "statistics": change.statistics,
    }
