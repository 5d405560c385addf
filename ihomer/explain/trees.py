"""Evidence of trees: the tests that the row passes, and what the leaf has counted."""

from __future__ import annotations

import math

import numpy as np

from ihomer.explain.case import Case, raw_value, rest, within
from ihomer.explain.neighbours import held_in
from ihomer.explain.parts import Facts, Number, Path, Paths, Test
from ihomer.kernels import mlhat_state as at
from ihomer.kernels.extra_trees import COUNT, DOUBT, FEATURE, HEAD, LEFT, VOTERS, Tree
from ihomer.kernels.extra_trees_split import PREVIOUS
from ihomer.kernels.row_store import LABELS, N_HELD, NEXT, SIZE, number_at
from ihomer.learners.extra_trees import NO_LABEL, ExtraTrees
from ihomer.learners.mlhat_core import MLHATCore
from ihomer.rows import Rows
from streams.names import Name
from streams.vocabulary import Vocabulary

#: Trees of a forest that are told: those that say about what all do; one tree's way takes many lines.
TOLD = 3


def of_extra_trees(expert: ExtraTrees, case: Case) -> tuple[Paths, ...]:
    """Return the ways through some trees, those nearest to the mean of all, and what the others add."""
    voted = []
    for number, tree in enumerate(expert.trees):
        leaf, tests = _way(expert, tree, case)
        held, known = _leaf_counts(expert, tree, leaf, case.label)
        if known:
            voted.append((number, tests, held, known, held / (known + float(DOUBT))))
    if not voted:
        return ()
    mean = math.fsum(share for *_, share in voted) / len(voted)
    voted.sort(key=lambda one: (abs(one[-1] - mean), one[0]))
    paths = [
        Path(
            number,
            *_told_tests(tests, case.k),
            (Number("rows asked in the leaf", float(known)), Number("with the label", float(held)), Number("share", share)),
            share / len(voted),
        )
        for number, tests, held, known, share in voted
    ]
    n = min(TOLD, case.k)
    what = f"share of the label in the leaf, by {len(voted)} trees, which add up to their mean; the score is made of that"
    return (Paths(what, mean, tuple(paths[:n]), *rest(paths[n:])),)


def _way(expert: ExtraTrees, tree: Tree, case: Case) -> tuple[int, list[Test]]:
    """Return the leaf of the row and the tests on the way."""
    store, view = expert.store.arrays, case.views.plain
    following, size = int(store.marks[NEXT]), int(store.marks[SIZE])
    before = np.zeros(0, np.int32)
    if following:
        first = int(store.spans[(following - 1) % size, LABELS])
        before = store.labels[first : first + int(store.spans[(following - 1) % size, N_HELD])]
    node, tests = 0, []
    name: Name | None
    while tree.nodes[node, LEFT] > 0:
        feature = int(tree.nodes[node, FEATURE])
        threshold = float(tree.thresholds[node])
        if feature >= 0:
            value, name = raw_value(view, feature), case.features.name(feature)
        elif feature == NO_LABEL:
            value, name = 0.0, None
        else:
            value, name = float(PREVIOUS) if within(before, -1 - feature) else 0.0, case.labels[-1 - feature]
        tests.append(Test(name, feature < 0, value, threshold, value > threshold))
        node = int(tree.nodes[node, LEFT]) + (value > threshold)
    return node, tests


def _leaf_counts(expert: ExtraTrees, tree: Tree, leaf: int, label: int) -> tuple[int, int]:
    """Return in how many of the rows of a leaf that vote the label held, and in how many it was known."""
    store = expert.store.arrays
    following, size = int(store.marks[NEXT]), int(store.marks[SIZE])
    held = known = 0
    position = int(tree.nodes[leaf, HEAD])
    for _ in range(min(VOTERS, int(tree.nodes[leaf, COUNT]))):
        truth = held_in(store, position, int(number_at(position, following, size)), label)
        held += truth is True
        known += truth is not None
        position = int(tree.links[position])
    return held, known


def _told_tests(tests: list[Test], k: int) -> tuple[tuple[Test, ...], int]:
    """Return at most k of the tests in their order, those on what the row has rather than on what it lacks; and the rest."""
    order = sorted(range(len(tests)), key=lambda i: (tests[i].value == 0, -i))
    told = sorted(order[:k])
    return tuple(tests[i] for i in told), len(tests) - len(told)


def of_mlhat(core: MLHATCore, rows: Rows, label: int, features: Vocabulary, k: int) -> tuple[Paths, Facts]:
    """Return the way through the tree of a cluster, what its leaf has counted, and what the models in it say.

    Parameters
    ----------
    core
        The tree.
    rows
        The row, as it came.
    label
        Id of the label, one of the tree's.
    features
        Names of the columns.
    k
        Tests that are told at most.
    """
    tree, column = core._tree, int(np.searchsorted(core.columns, label))  # noqa: SLF001
    out = np.zeros((1, rows.n_labels), np.float32)
    core.predict(rows, np.zeros(0, np.uint8), out)
    said = core._desk.p[0, :, column]  # noqa: SLF001
    node, tests = int(tree.counters[at.ROOT]), []
    alternates = int(tree.nodes[node, at.ALTERNATE] >= 0)
    while tree.nodes[node, at.FEATURE] >= 0:
        feature, threshold = int(tree.nodes[node, at.FEATURE]), float(tree.node_stats[node, at.THRESHOLD])
        left, right = int(tree.nodes[node, at.LEFT]), int(tree.nodes[node, at.RIGHT])
        value = raw_value(rows, feature)
        if math.isnan(value):
            above = bool(tree.node_stats[left, at.PASSED] < tree.node_stats[right, at.PASSED])
        else:
            above = value > threshold
        tests.append(Test(features.name(feature), False, None if math.isnan(value) else value, threshold, above))
        node = right if above else left
        alternates += int(tree.nodes[node, at.ALTERNATE] >= 0)
    seen, missing = float(tree.node_stats[node, at.SEEN]), float(tree.missing[node, column])
    counted = (
        Number("rows learned in the leaf", seen),
        Number("in which the label was known", seen - missing),
        Number("with the label", float(tree.positives[node, column])),
    )
    p = float(out[0, label])
    path = Path(0, *_told_tests(tests, k), counted, p)
    members = zip(("logistic regression", "nearest label sets", "last label set"), said[:3].tolist(), strict=True)
    return (
        Paths("the probability that the tree of the label's cluster gives", p, (path,)),
        Facts(
            "probabilities by the models in the leaf, which are averaged by their losses (a leaf of one label set: that)",
            (*(Number(*member) for member in members), Number("alternate subtrees asked too", float(alternates))),
        ),
    )
