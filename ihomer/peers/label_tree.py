"""Multi-label Hoeffding trees: one tree for all labels, with a predictor of label sets at every leaf."""

from __future__ import annotations

import abc
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.peers.inputs import Inputs, MarkedInputs
from ihomer.peers.label_sets import LabelSetPredictor, MajorityLabelSet, PrunedSets
from ihomer.peers.label_statistics import LabelStatistics, Split
from ihomer.peers.peer import Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name


class _Leaf:
    def __init__(self, predictor: LabelSetPredictor, inherited: LabelSetPredictor | None = None) -> None:
        self.predictor = predictor
        self.inherited = inherited  # speaks until the first row has come
        self.statistics = LabelStatistics()
        self.sets: set[frozenset[Name]] = set()  # no more than two are kept
        self.tested_at = 0.0


class _Branch:
    def __init__(self, column: Name, threshold: float, left: _Leaf, right: _Leaf) -> None:
        self.column, self.threshold = column, threshold
        self.children: list[_Branch | _Leaf] = [left, right]
        self.rows = [0, 0]

    def side(self, row: Mapping[Name, Any]) -> int:
        """Return the side of a row, 0 or 1; the heavier one if the feature is missing."""
        value = row.get(self.column, 0.0)
        return int(self.rows[1] > self.rows[0]) if value is None else int(value > self.threshold)


class LabelTree(Peer):
    """A Hoeffding tree whose splits gain information on all labels at once.

    Entropy is the sum of that of the labels (Clare & King 2001); features have Gaussian observers and binary splits. A row
    whose feature is missing goes down the heavier branch. What is unknown of a row's labels is learned as it would be
    predicted. Nothing is ever given up: the tree does not adapt to drift.

    Parameters
    ----------
    grace_period
        Rows that a leaf sees between two tests for a split.
    delta
        One minus the confidence of a split.
    tau
        Below this Hoeffding bound two features count as equally good.
    max_bytes
        No more splits when the observers would hold more.
    """

    def __init__(self, grace_period: int, delta: float, tau: float, max_bytes: int) -> None:
        self.grace_period = grace_period
        self.delta = delta
        self.tau = tau
        self.max_bytes = max_bytes
        self._columns: dict[Name, int] = {}
        self._numbers: dict[Name, int] = {}  # of the labels
        self._leaves = 1
        self._root: _Branch | _Leaf = _Leaf(self._make_predictor())
        super().__init__()

    def _make_inputs(self) -> Inputs:
        return MarkedInputs()

    @abc.abstractmethod
    def _make_predictor(self) -> LabelSetPredictor:
        """Return what a new leaf predicts with."""

    @property
    def n_leaves(self) -> int:
        """Leaves of the tree."""
        return self._leaves

    def _learn(self, row: dict[Name, Any], y: Mapping[Name, bool]) -> None:
        labels = frozenset(label for label, holds in self._completed(row, y).items() if holds)
        node, above, side = self._root, None, 0
        while isinstance(node, _Branch):
            above, side = node, node.side(row)
            node.rows[side] += 1
            node = node.children[side]
        node.predictor.learn(_there(row), labels)
        if len(node.sets) < 2:
            node.sets.add(labels)
        self._record(node.statistics, row, labels)
        if node.statistics.total - node.tested_at >= self.grace_period and len(node.sets) > 1:
            node.tested_at = node.statistics.total
            split = self._split_of(node)
            if split is not None:
                self._grow(node, above, side, split)

    def _score(self, row: dict[Name, Any]) -> dict[Name, float]:
        node = self._root
        while isinstance(node, _Branch):
            node = node.children[node.side(row)]
        said = node.predictor.score(_there(row))
        if said is None and node.inherited is not None:
            said = node.inherited.score(_there(row))
        return dict.fromkeys(self._met, 0.0) | (said or {})

    def _record(self, statistics: LabelStatistics, row: dict[Name, Any], labels: frozenset[Name]) -> None:
        """Let the observers of a leaf see a row."""
        # Columns in order of their numbers: the order of a dict changes nothing.
        cells = sorted((self._columns.setdefault(name, len(self._columns)), name) for name in row if row[name] != 0.0)
        present = [(column, row[name]) for column, name in cells if row[name] is not None]
        missing = [column for column, name in cells if row[name] is None]
        for label in self._met:
            self._numbers.setdefault(label, len(self._numbers))
        statistics.update(
            np.array([column for column, _ in present], np.int64),
            np.array([value for _, value in present], np.float64),
            np.array(missing, np.int64),
            np.array(sorted(self._numbers[label] for label in labels), np.int64),
        )

    def _split_of(self, leaf: _Leaf) -> Split | None:
        """Return the best split of a leaf if the Hoeffding bound, or a tie, allows it."""
        if (self._leaves + 1) * leaf.statistics.n_bytes > self.max_bytes:
            return None
        splits = sorted(leaf.statistics.best_splits(), key=lambda split: (-split.merit, split.column))
        if not splits or splits[0].merit <= 0:
            return None
        second = max(splits[1].merit, 0.0) if len(splits) > 1 else 0.0  # to leave the leaf as it is gains nothing
        largest = math.log2(max(2, len(self._numbers)))
        bound = math.sqrt(largest**2 * math.log(1 / self.delta) / (2 * leaf.statistics.total))
        return splits[0] if splits[0].merit - second > bound or bound < self.tau else None

    def _grow(self, leaf: _Leaf, above: _Branch | None, side: int, split: Split) -> None:
        name = next(itertools.islice(self._columns, split.column, None))
        left, right = (_Leaf(self._make_predictor(), leaf.predictor) for _ in range(2))
        branch = _Branch(name, split.threshold, left, right)
        self._leaves += 1
        if above is None:
            self._root = branch
        else:
            above.children[side] = branch


class MLHT(LabelTree):
    """The multi-label Hoeffding tree with the majority label set at its leaves.

    Read, Bifet, Holmes & Pfahringer, "Scalable and efficient multi-label classification for evolving data streams", Machine
    Learning 88, 2012, as in MOA's `MultilabelHoeffdingTree` with its plainest leaf, and in the comparison published with
    MLHAT. What else it does: see `LabelTree`.

    Parameters
    ----------
    grace_period, delta, tau, max_bytes
        See `LabelTree`.

    Examples
    --------
    >>> model = MLHT(grace_period=50)
    >>> for i in range(400):
    ...     model.learn_one({"a": i % 2}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1}), model.n_leaves
    ({'odd': True, 'even': False}, 2)
    """

    def __init__(
        self, grace_period: int = 200, delta: float = 1e-5, tau: float = 0.05, max_bytes: int = 256 << 20
    ) -> None:
        super().__init__(grace_period, delta, tau, max_bytes)

    def _make_predictor(self) -> MajorityLabelSet:
        return MajorityLabelSet()


class MLHTPS(LabelTree):
    """The multi-label Hoeffding tree with pruned sets at its leaves, over a Hoeffding tree of classes.

    Read, Bifet, Holmes & Pfahringer 2012 (see `MLHT`), with pruned sets of Read, Pfahringer & Holmes, "Multi-label
    classification using ensembles of pruned sets", ICDM 2008. MOA's and MEKA's leaves learn nothing but the majority set
    for their first 1,000 rows, then fix which label sets are rare. These learn from the first row on, and a set is no
    longer rare when it was seen more than `prune` times. By default none is: that is how the scores published with MLHAT
    come about (on medical and birds next to nothing is predicted, here and there).

    Parameters
    ----------
    grace_period, delta, tau, max_bytes
        See `LabelTree`; the first three also of the trees at the leaves.
    prune
        Label sets that a leaf saw so often, or less, are rare.
    parts
        How many parts of a rare set are learned in its place; see `ihomer.peers.label_sets.PrunedSets`.

    Examples
    --------
    >>> model = MLHTPS(grace_period=50)
    >>> for i in range(400):
    ...     model.learn_one({"a": i % 2}, {"odd": i % 2 == 1, "even": i % 2 == 0})
    >>> model.predict_one({"a": 1})
    {'odd': True, 'even': False}
    """

    def __init__(
        self,
        grace_period: int = 200,
        delta: float = 1e-5,
        tau: float = 0.05,
        prune: int = 0,
        parts: int = 1,
        max_bytes: int = 256 << 20,
    ) -> None:
        self.prune = prune
        self.parts = parts
        super().__init__(grace_period, delta, tau, max_bytes)

    def _make_predictor(self) -> PrunedSets:
        from river import tree

        model = tree.HoeffdingTreeClassifier(grace_period=self.grace_period, delta=self.delta, tau=self.tau)
        return PrunedSets(model, self.prune, self.parts)


def _there(row: dict[Name, Any]) -> dict[Name, Any]:
    """Return the row without what is missing."""
    return {name: value for name, value in row.items() if value is not None}
