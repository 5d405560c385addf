"""The tree of clusters: finding groups, following them, leaving independent labels alone; laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from ihomer.hierarchy.nodes import Nodes
from ihomer.hierarchy.tree import ClusterTree
from tests.hierarchy_streams import csr, feed, independent, planted


def groups(k, size):
    return np.repeat(np.arange(k), size)


def same(a, b):
    """Return whether two states are equal, bit for bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return a == b


@pytest.mark.parametrize("seed", range(10))
def test_planted_groups_are_found_and_found_again(seed):
    rng = np.random.default_rng(seed)
    group = rng.permutation(groups(5, 10))
    tree = ClusterTree()
    tree.add_labels(50)
    feed(tree, planted(rng, group, 5000))
    assert adjusted_rand_score(group, tree.cluster_of) >= 0.95
    group = rng.permutation(group)
    feed(tree, planted(rng, group, 5000))
    assert adjusted_rand_score(group, tree.cluster_of) >= 0.95
    tree.invariants()


def test_uneven_groups_of_many_labels_are_found():
    rng = np.random.default_rng(1)
    group = rng.permutation(np.repeat(np.arange(8), [6, 8, 10, 20, 30, 40, 60, 80]))
    tree = ClusterTree()
    tree.add_labels(len(group))
    feed(tree, planted(rng, group, 3000))
    assert adjusted_rand_score(group, tree.cluster_of) >= 0.95


@pytest.mark.parametrize(
    "p",
    [np.full(50, 0.1), np.linspace(0.01, 0.5, 50), 0.7 / np.arange(1, 51), np.linspace(0.05, 0.75, 14)],
    ids=["equal", "unequal", "zipf", "frequent"],
)
def test_independent_labels_stay_together(p):
    tree = ClusterTree()
    tree.add_labels(len(p))
    assert feed(tree, independent(np.random.default_rng(5), p, 6000)) == []


def test_labels_of_which_only_two_hold_together_leave_these_two():
    rng = np.random.default_rng(2)
    p = np.full(12, 0.1)
    sets = [np.union1d(row, [0, 1]) if rng.random() < 0.2 else row for row in independent(rng, p, 4000)]
    tree = ClusterTree()
    tree.add_labels(12)
    feed(tree, sets)
    assert [0, 1] in [cluster.tolist() for cluster in tree.clusters()]


def test_a_label_that_changes_sides_is_moved():
    rng = np.random.default_rng(4)
    group = groups(3, 6)
    tree = ClusterTree()
    tree.add_labels(18)
    feed(tree, planted(rng, group, 2000))
    group[0] = 2
    changes = feed(tree, planted(rng, group, 6000))
    assert adjusted_rand_score(group, tree.cluster_of) == 1.0
    assert ("move", [0]) in [(change.kind, change.members.tolist()) for change in changes]


def test_new_labels_find_their_cluster():
    rng = np.random.default_rng(6)
    group = groups(3, 6)
    tree = ClusterTree()
    tree.add_labels(18)
    feed(tree, planted(rng, group, 2000))
    tree.add_labels(4)
    sizes = np.bincount(tree.cluster_of[:18])
    assert set(tree.cluster_of[18:].tolist()) == {int(sizes.argmax())}
    group = np.concatenate([group, [0, 1, 2, 2]])
    feed(tree, planted(rng, group, 3000))
    assert adjusted_rand_score(group, tree.cluster_of) == 1.0


def test_a_cluster_of_dead_labels_joins_another():
    rng = np.random.default_rng(7)
    group = groups(3, 6)
    tree = ClusterTree(half_life=200.0)
    tree.add_labels(18)
    feed(tree, planted(rng, group, 1500))
    assert len(tree.clusters()) == 3
    alive = [row[row >= 6] for row in planted(rng, group, 4000)]
    changes = feed(tree, alive)
    assert "merge" in [change.kind for change in changes]
    assert len(tree.clusters()) == 2
    assert len(set(tree.cluster_of[:6].tolist())) == 1
    tree.invariants()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(1, 64), min_size=1, max_size=20))
def test_the_size_of_batches_changes_nothing(seed, sizes):
    rng = np.random.default_rng(seed)
    sets = planted(rng, groups(3, 5), 640)
    whole, parts = ClusterTree(), ClusterTree()
    for tree in (whole, parts):
        tree.add_labels(15)
    feed(whole, sets)
    at = turn = 0
    while at < len(sets):
        stop = min(at + sizes[turn % len(sizes)], at - at % 64 + 64)
        parts.learn_rows(*csr(sets[at:stop]))
        if stop % 64 == 0:
            parts.restructure()
        at, turn = stop, turn + 1
    assert same(whole.state(), parts.state())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 30), st.sampled_from(["hub", "odac"]))
def test_saved_and_loaded_it_goes_on_with_the_same_bits(seed, cut, rule):
    rng = np.random.default_rng(seed)
    sets = planted(rng, groups(3, 5), 1920)
    whole = ClusterTree(rule=rule, half_life=300.0)
    whole.add_labels(15)
    feed(whole, sets[: 64 * cut])
    loaded = ClusterTree.from_state(whole.state())
    for tree in (whole, loaded):
        feed(tree, sets[64 * cut :])
        tree.invariants()
    assert same(whole.state(), loaded.state())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_labels_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    sets = planted(rng, groups(3, 5), 1280)
    names = rng.permutation(15)
    one, other = ClusterTree(), ClusterTree()
    for tree, rows in ((one, sets), (other, [np.sort(names[row]) for row in sets])):
        tree.add_labels(15)
        feed(tree, rows)
    assert adjusted_rand_score(one.cluster_of, other.cluster_of[names]) == 1.0


@pytest.mark.parametrize("rule", ["hub", "odac"])
def test_states_do_not_share_arrays(rule):
    tree = ClusterTree(rule=rule)
    tree.add_labels(15)
    feed(tree, planted(np.random.default_rng(0), groups(3, 5), 640))
    before, twin = tree.state(), ClusterTree.from_state(tree.state())
    feed(twin, planted(np.random.default_rng(1), groups(3, 5), 640))
    assert same(before, tree.state())


def test_odac_splits_with_the_tests_of_the_paper():
    # Two pairs that never meet, d = 0 within and 1 across: d0 = 0, d1 = d2 = 1, mean = 2/3, gain = |1 + 0 - 4/3|.
    sets = [[0, 1], [2, 3]] * 320
    tree = ClusterTree(rule="odac", delta=0.1, half_life=math.inf)
    tree.add_labels(4)
    changes = feed(tree, sets)
    assert [(change.kind, change.before, change.after) for change in changes] == [("split", (0,), (1, 2))]
    assert [members.tolist() for members in tree.clusters()] == [[0, 1], [2, 3]]
    change = changes[0]
    assert change.row == 128  # the first multiple of 64 at which eps = sqrt(ln 10 / 2 n) is below tau = .1
    assert change.statistics == pytest.approx(
        {"d0": 0.0, "d1": 1.0, "mean": 2 / 3, "eps": math.sqrt(math.log(10) / 256), "n": 128.0, "gain": 1 / 3}
    )


def test_odac_joins_children_whose_diameter_outgrew_their_parents():
    # Before: pairs {0, 1} and {2, 3} that meet in half of their rows, so the parent's diameter is below 1.
    together = [[0, 1], [2, 3], [0, 1], [2, 3], [0, 1, 2, 3]]
    tree = ClusterTree(rule="odac", delta=0.1, half_life=100.0)
    tree.add_labels(4)
    changes = feed(tree, together * 64)
    assert [change.kind for change in changes] == ["split"]
    assert changes[0].statistics["d1"] < 0.9
    changes = feed(tree, [[0], [1], [2], [3]] * 200)
    assert "merge" in [change.kind for change in changes]
    tree.invariants()


def test_odac_makes_no_cluster_smaller_than_the_commonest_label_set():
    tree = ClusterTree(rule="odac", delta=0.1, half_life=math.inf)
    tree.add_labels(5)
    assert feed(tree, [[0, 1, 2], [3, 4], [0, 1, 2]] * 300) == []


def test_nodes_keep_their_numbers():
    nodes = Nodes()
    assert nodes.split(0) == (1, 2)
    assert nodes.split(1) == (3, 4)
    nodes.remove(3)
    assert nodes.leaves() == [2, 4]
    assert nodes.sibling(4) == 2
    assert nodes.split(2) == (1, 3)  # numbers that are free again
    nodes.collapse(0)
    assert nodes.leaves() == [0]
    assert nodes.sibling(0) == -1


def test_its_size_is_true_and_bounded():
    rng = np.random.default_rng(8)
    tree = ClusterTree()
    tree.add_labels(50)
    sizes = []
    for _ in range(8):
        feed(tree, planted(rng, rng.permutation(groups(5, 10)), 1000))
        sizes.append(tree.n_bytes)
    assert sizes[-1] <= 1.1 * sizes[3]
    assert sizes[-1] >= sum(array.nbytes for array in tree.counts.state().values() if isinstance(array, np.ndarray))
