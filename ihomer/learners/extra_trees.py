"""ExtraTrees: randomised trees that keep their rows, over a bounded memory of rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import capacity, grown, renumbered, used
from ihomer.blocks import BLOCK, is_boundary
from ihomer.kernels.extra_trees import (
    COUNT,
    FEATURE,
    FIRST_TRY,
    HEAD,
    LEFT,
    STACK,
    TRY,
    Desk,
    Tree,
    leaf_of,
    rebuild,
    share_scores,
    store_rows,
    tree_block,
)
from ihomer.kernels.row_store import FEATURES, FIRST, LATEST, N_FEATURES, NEXT
from ihomer.learners.protocol import Views
from ihomer.learners.row_store import RowStore
from ihomer.rows import Rows
from ihomer.threads import ALONE, LEAST_ROWS, Threads

#: Labelled rows after which the first tree is grown anew for the first time; the others follow before that has grown
#: again.
FIRST_REBUILD = 20
#: Random splits to choose from, if not given: the root of the features met, but at least and at most so many.
FEWEST, MOST = 8, 25
#: Trees that are asked one after the other, whatever the number of threads.
GROUP = 8
#: What the stack learned on streams other than those that are reported, sparse and dense.
FIRST_WEIGHTS = {False: (0.4,), True: (0.08,)}
#: Stands in a split on a label that is gone: no row ever has it.
NO_LABEL = np.iinfo(np.int32).min
#: Stands in a split on a feature that is gone: rows to come are without it.
NO_FEATURE = np.iinfo(np.int32).max


class ExtraTrees:
    """Online extra trees: one score of each label, the mean over trees of its share in the row's leaf.

    Extremely randomised trees (Geurts, Ernst & Wehenkel 2006) that go on growing: a leaf keeps its rows; when it has
    five of them, and each time it has grown by half, random splits are proposed (a random non-zero of a random row, a
    threshold uniform between its value and that of a second one) and the one with the purest sides, by labels that
    rows have in common, is taken. Features are those of the row, and the labels of the row before it. A leaf says of a
    label its share c / (n + .5) among the newest 64 rows in which the label was known; the mean p over trees becomes
    .7 log(p / (1 - p)) + .5. A label that no tree knows anything of gets 0. Partial rows help to judge splits with the
    labels that are known to hold.

    A tree only ever refines the splits of its youth, so each is grown anew over the last `rows` rows when the stream
    has grown by `growth`, and at least every `rows` / 2 labelled rows, one tree after the other, at the boundaries of
    the stream (`ihomer.blocks`). Nothing is summed over rows and row numbers are int64: nothing wears out. Random
    numbers are SplitMix64 of seed, tree and the number of the draw.

    Parameters
    ----------
    trees
        How many trees.
    proposals
        Random splits to choose from at each node; None: the root of the number of features, 8 to 25.
    rows
        Rows that a tree is grown over; half as many again are held, for trees that are still to be grown anew.
    growth
        Growth of the stream after which a tree is grown anew, over 1.
    seed
        Seed of the random numbers.
    dense
        Whether the stream is dense: decides the first weights, nothing else.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.
    threads
        Where groups of trees are asked and grown anew.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"})] * 20))
    >>> scores = ExtraTrees(trees=4).block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (1, 40, 2)
    >>> scores[0, -2:].round(1)
    array([[ 3. , -2.7],
           [-2.7,  3. ]], dtype=float32)
    """

    n_scores = 1

    def __init__(
        self,
        trees: int = 30,
        *,
        proposals: int | None = None,
        rows: int = 20_000,
        growth: float = 2.0,
        seed: int = 0,
        dense: bool = False,
    ) -> None:
        for name, value, least in (("trees", trees, 1), ("proposals", proposals, 1), ("rows", rows, BLOCK)):
            if value is not None and value < least:
                raise ValueError(f"{name}: {value} found, at least {least} expected")
        if not growth > 1:
            raise ValueError(f"growth: {growth} found, more than 1 expected")
        self.threads: Threads = ALONE
        self.proposals = proposals
        self.rows = rows
        self.growth = growth
        self.first_weights: npt.NDArray[np.float64] = np.array(FIRST_WEIGHTS[dense])
        # No row of a tree may leave before the tree is grown anew, nor the row before it; a block comes in at once.
        self.store = RowStore(rows + max(rows // 2, FIRST_REBUILD) + 2 * BLOCK + 1)
        self.trees = [_seedling(seed, tree) for tree in range(trees)]
        self.due = [FIRST_REBUILD * growth ** (tree / trees) for tree in range(trees)]
        self.t = 0  # rows learned, labelled or not
        self.width = 0  # features met
        self.tries = proposals or FEWEST

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (1, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        marks = self.store.arrays.marks
        following, latest = int(marks[NEXT]), int(marks[LATEST])
        self.store.reserve_labels(rows.n_labels)
        if learn:
            self.store.reserve(rows)
            store_rows(
                self.store.arrays, rows.indptr, rows.indices, rows.values,
                rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            )  # fmt: skip
            self._reserve(int(marks[NEXT]) - following)
        threads = self.threads if len(rows) >= LEAST_ROWS else ALONE
        groups = threads.map(lambda trees: self._ask(trees, rows, following, latest, learn=learn), self._groups())
        out, said, said_all = (np.add.reduce(parts) for parts in zip(*groups, strict=True))
        share_scores(rows.limits, out, said, said_all)
        if learn:
            self.t += len(rows)
            self.width = max(self.width, 1 + int(rows.indices[rows.indptr[0] : rows.indptr[-1]].max(initial=-1)))
            if is_boundary(self.t):
                self._grow_anew(rows.n_labels)
        scores: npt.NDArray[np.float32] = out[None]
        return scores

    def _groups(self) -> list[list[Tree]]:
        """Return the trees in groups, which do not depend on the number of threads: their sums are added in order."""
        return [self.trees[i : i + GROUP] for i in range(0, len(self.trees), GROUP)]

    def _ask(
        self, trees: list[Tree], rows: Rows, following: int, latest: int, *, learn: bool
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the sums that `ihomer.kernels.extra_trees.vote_leaf` tells of, over some trees; each gets the rows."""
        shape, desk = (len(rows), rows.n_labels), self._desk(rows.n_labels)
        sums = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(len(rows), np.float32)
        for tree in trees:
            tree_block(
                rows.indptr, rows.indices, rows.values, rows.status, rows.limits,
                self.store.arrays, tree, following, latest, self.tries, desk, learn, *sums,
            )  # fmt: skip
        return sums

    def _reserve(self, n_new: int) -> None:
        """Make room in every tree for `n_new` rows: each may split a leaf once."""
        positions = len(self.store.arrays.spans)
        for i, tree in enumerate(self.trees):
            n = int(tree.used[0]) + 2 * n_new
            self.trees[i] = tree._replace(
                nodes=grown(tree.nodes, (n, tree.nodes.shape[1])),
                thresholds=grown(tree.thresholds, (n,)),
                links=grown(tree.links, (positions,), -1),
            )

    def _desk(self, n_labels: int) -> Desk:
        store = self.store.arrays
        n, n_labels = len(store.spans), max(n_labels, len(store.since))
        return Desk(
            np.empty(n, np.int32),
            np.empty(n, np.int32),
            np.empty((STACK, 3), np.int64),
            np.zeros((n_labels, 2), np.int64),
            np.empty(n_labels, np.int32),
            np.zeros((2, n_labels), np.float32),
        )

    def _grow_anew(self, n_labels: int) -> None:
        """Grow those trees anew whose time has come."""
        if self.proposals is None:
            self.tries = min(max(math.isqrt(self.width), FEWEST), MOST)
        now = int(self.store.arrays.marks[NEXT])
        due = [i for i in range(len(self.trees)) if now >= self.due[i]]
        for i in due:
            while self.due[i] <= now:
                # From when it was due, not from now: so trees stay apart although boundaries are not.
                self.due[i] += max(4.0, min((self.growth - 1) * self.due[i], self.rows / 2))
        for i, tree in zip(due, self.threads.map(lambda i: self._rebuilt(self.trees[i], n_labels), due), strict=True):
            self.trees[i] = tree

    def _rebuilt(self, tree: Tree, n_labels: int) -> Tree:
        """Return a tree grown anew over the last rows."""
        most = 2 * min(self.rows, len(self.store))
        new = tree._replace(nodes=np.zeros((most, tree.nodes.shape[1]), np.int32), thresholds=np.zeros(most, np.float32))
        rebuild(self.store.arrays, new, self.rows, self.tries, self._desk(n_labels))
        n = capacity(int(new.used[0]), 0)
        return new._replace(nodes=_cut(new.nodes, n), thresholds=_cut(new.thresholds, n))

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: there is no step size; leaves go by their newest rows."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others; splits on those stay, for rows that are held."""
        new = np.full(max(len(self.store.arrays.since), 1), NO_LABEL, np.int64)
        new[positions] = -1 - np.arange(len(positions))
        for tree in self.trees:
            features = tree.nodes[: tree.used[0], FEATURE]
            on_label = (features < 0) & (features != NO_LABEL)
            features[on_label] = new[-1 - features[on_label].astype(np.int64)]
        self.store.keep(positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others; splits on those stay, for rows that are held."""
        new = renumbered(max(self.width, 1), positions)  # leaves say 0
        for tree in self.trees:
            features = tree.nodes[: tree.used[0], FEATURE]
            on_feature = (features >= 0) & (features != NO_FEATURE)
            becomes = new[features[on_feature]]
            features[on_feature] = np.where(becomes < 0, NO_FEATURE, becomes)
        self.store.keep_features(positions)
        self.width = int(np.searchsorted(positions, self.width))

    def needed(self, n_features: int, n_labels: int) -> int:  # noqa: ARG002 - the rows say what they have
        """Return the bytes that so many labels take, with the rows that are held."""
        nodes = sum(int(tree.used[0]) for tree in self.trees)
        return self.store.needed(n_labels) + 4 * len(self.store) * len(self.trees) + 24 * nodes

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow (a quarter) included.

        With N <= 1.5 rows + 129 rows held of z non-zeros and l labels in the mean, L labels: rows N (40 + 8 z + 4 l) +
        8 L; and each tree 4 N + 24 nodes, of which there are fewer than 2 N.
        """
        return self.store.n_bytes + sum(array.nbytes for tree in self.trees for array in tree)

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - the rows say what they have
        """Return everything that was learned as plain values and arrays."""
        positions = min(int(self.store.arrays.marks[NEXT]), self.store.size)
        return {
            "t": self.t,
            "width": self.width,
            "tries": self.tries,
            "due": list(self.due),
            "store": self.store.state(n_labels),
            "trees": [
                {
                    "used": tree.used.copy(),
                    "nodes": used(tree.nodes, int(tree.used[0])),
                    "thresholds": used(tree.thresholds, int(tree.used[0])),
                    "links": used(tree.links, positions),
                    "state": tree.state.copy(),
                }
                for tree in self.trees
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.t, self.width, self.tries = state["t"], state["width"], state["tries"]
        self.due = list(state["due"])
        self.store = RowStore.from_state(state["store"])
        self.trees = [Tree(**tree) for tree in state["trees"]]

    def invariants(self) -> None:
        """Check that each tree holds all rows since the oldest it was grown over, each where its splits send it."""
        store = self.store.arrays
        size, following = self.store.size, int(store.marks[NEXT])
        for tree in self.trees:
            numbers = np.arange(tree.used[1], following)
            assert not len(numbers) or numbers[0] > store.marks[FIRST] or numbers[0] == 0
            nodes = tree.nodes[: tree.used[0]]
            leaves = np.flatnonzero(nodes[:, LEFT] == 0)
            assert nodes[leaves, COUNT].sum() == len(numbers)
            assert (nodes[leaves, COUNT] < nodes[leaves, TRY]).all()
            where = {}
            for leaf in leaves.tolist():
                position = int(nodes[leaf, HEAD])
                for _ in range(nodes[leaf, COUNT]):
                    where[position] = leaf
                    position = int(tree.links[position])
                assert position == -1
            assert sorted(where) == sorted((numbers % size).tolist())
            for number in numbers.tolist():
                span = store.spans[number % size]
                start, stop = int(span[FEATURES]), int(span[FEATURES] + span[N_FEATURES])
                before = (number - 1) % size if number else -1
                # What a split on a label that is gone said of a row is not to be had any more.
                if not np.isin(nodes[:, FEATURE], (NO_LABEL, NO_FEATURE)).any():
                    assert leaf_of(store, tree, store.ids, store.values, start, stop, before) == where[number % size]


def _seedling(seed: int, tree: int) -> Tree:
    """Return a tree of one leaf without rows."""
    node = np.zeros((1, 5), np.int32)
    node[0, HEAD], node[0, TRY] = -1, FIRST_TRY
    key = np.random.SeedSequence([seed, tree]).generate_state(1, np.uint64)[0]
    return Tree(
        np.array([1, 0], np.int64),
        node,
        np.zeros(1, np.float32),
        np.zeros(0, np.int32),
        np.array([key, 0], np.uint64),
    )


def _cut(array: npt.NDArray[Any], n: int) -> npt.NDArray[Any]:
    """Return the first n lines of an array, with lines of zeros where it has fewer."""
    return np.concatenate((array[:n], np.zeros((max(0, n - len(array)), *array.shape[1:]), array.dtype)))
