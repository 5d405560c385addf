"""Kernels of the two rules against dense twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.hierarchy.tree import ClusterTree
from ihomer.kernels.cooccurrence import START, TIGHT, G
from ihomer.kernels.odac import nearest_pivot
from ihomer.kernels.odac_hub import (
    better_clusters,
    closest_clusters,
    cluster_sums,
    core,
    cut_sums,
    divide,
    hubs,
    pair_share,
    ripe_leaves,
    trial_share,
)
from tests.hierarchy_streams import csr, feed, independent
from tests.naive import hierarchy as naive
from tests.test_cooccurrence import dense


def tree_of(seed, n_labels=9, rows=60, p=0.3):
    """Return a tree that counted random rows, and these; every label holds at least once."""
    rng = np.random.default_rng(seed)
    sets = [np.arange(n_labels), *independent(rng, rng.uniform(0.05, p, n_labels), rows)]
    tree = ClusterTree(half_life=50.0)
    tree.add_labels(n_labels)
    tree.learn_rows(*csr(sets))
    return tree, sets


seeds = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(0.02, 0.7), st.lists(st.booleans(), min_size=9, max_size=9))
def test_odac_quantities(seed, p, inside):
    tree, _ = tree_of(seed, p=max(0.06, p))
    tree.cluster_of[:] = np.where(inside, 0, 1)
    members = np.flatnonzero(inside).astype(np.int32)
    if len(members) < 2:
        return
    sight = tree.counts.sight()
    d = naive.dissimilarities(sight.n, sight.known, dense(sight))
    d0, d1, d2, mean, (a, b) = naive.diameters(d, members.tolist())
    found = tree.dissimilarities(members, sight)
    assert [found[key] for key in ("d0", "d1", "d2", "mean")] == pytest.approx([d0, d1, d2, mean])
    assert d[int(found["a"]), int(found["b"])] == pytest.approx(d1)
    if d1 == 1.0:
        assert (found["a"], found["b"]) == (a, b)
    side = np.empty(len(members), np.int8)
    nearest_pivot(members, sight.indptr, sight.ids, sight.weights, sight.n, sight.known, a, b, side)
    for i, s in zip(members.tolist(), side, strict=True):
        nearer = d[i, b] < d[i, a] if i not in (a, b) else i == b
        assert s == nearer


def test_odac_quantities_where_hardly_a_pair_co_occurs():
    tree = ClusterTree()
    tree.add_labels(200)
    tree.learn_rows(*csr([[i] for i in range(200)] + [[7, 190], [150, 160], [150, 160, 199]]))
    found = tree.dissimilarities(np.arange(200, dtype=np.int32), tree.counts.sight())
    assert (found["a"], found["b"], found["d1"], found["d2"]) == (0, 1, 1.0, 1.0)
    sight = tree.counts.sight()
    d = naive.dissimilarities(sight.n, sight.known, dense(sight))
    assert found["mean"] == pytest.approx(naive.diameters(d, range(200))[3])
    assert found["d0"] == pytest.approx(d.min())


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(0, 1))
def test_a_trial_counts_what_its_rows_say(seed, tight):
    tree, _ = tree_of(seed)
    rng = np.random.default_rng(seed)
    side = rng.permutation(np.array([0, 0, 0, 1, 1, 1, 1, 0, 1], np.int8))
    g = rng.uniform(0.2, 1.0, 9)
    trials = tree.trials
    trials.side[:], trials.g[:], trials.f[:] = side, g, 0
    trials.trials[0] = 0
    trials.trials[0, G : G + 2] = [g[side == s].sum() for s in (0, 1)]
    trials.trials[0, START], trials.trials[0, TIGHT] = tree.n_rows, tight
    rows = [*independent(rng, np.full(9, 0.3), 25), np.flatnonzero(side == tight)[:2], np.array([0, 1, 2, 3, 4, 5])]
    tree.learn_rows(*csr(rows))
    found = trial_share(trials.trials[0], tree.n_rows - trials.trials[0, START], 0.5)
    assert found == pytest.approx(naive.trial([row.tolist() for row in rows], side, tight, g, 0.5), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_strength_across_two_clusters_and_of_labels_to_clusters(seed):
    tree, _ = tree_of(seed, rows=120)
    rng = np.random.default_rng(seed)
    clusters = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2], np.int32)
    rng.shuffle(clusters)
    tree.cluster_of[:] = clusters
    sight = tree.counts.sight()
    n, n_ij = np.maximum(sight.n, 1.0), dense(sight)
    arrays = sight.indptr, sight.ids, sight.weights, n
    sums = np.zeros((3, 6))
    cluster_sums(clusters, *arrays, sight.total, sums)

    groups = [np.flatnonzero(clusters == c).tolist() for c in range(3)]

    def pairs(a, b):
        return [(i, j) for i in a for j in b if i != j and (a is not b or i < j)]

    expected = np.zeros((3, 3))
    for c in range(3):
        for d in range(3):
            if c != d:
                of = [pairs(groups[a], groups[b]) for a, b in ((c, c), (d, d), (c, d))]
                three = [naive.sums_of(n, n_ij, sight.total, each) for each in of]
                expected[c, d] = naive.share(*three, 0.5)
                assert pair_share(sums, c, d, three[2][0], 0.5) == pytest.approx(expected[c, d], rel=1e-6)

    best, shares, rows = np.empty(3, np.int32), np.empty(3), np.empty(3)
    order = np.argsort(clusters, kind="stable").astype(np.int32)
    bounds, leaves = np.array([0, 3, 6, 9]), np.arange(3, dtype=np.int32)
    closest_clusters(order, bounds, leaves, clusters, *arrays, sums, 0.5, np.zeros(3), best, shares, rows)
    assert shares == pytest.approx(expected.max(axis=1), rel=1e-6)
    assert [expected[c, best[c]] for c in range(3)] == pytest.approx(shares, rel=1e-6)
    # The weight of the rows that hold a label of the two clusters is no less than the bound.
    assert (rows <= sight.total * (1 + 1e-9)).all()
    assert (rows > 0).all()

    best, shares = np.empty(9, np.int32), np.empty(9)
    better_clusters(clusters, *arrays, sight.total, sums, 0.5, np.zeros(3), best, shares)
    for i in range(9):
        mates = [j for j in groups[clusters[i]] if j != i]
        mine = naive.sums_of(n, n_ij, sight.total, [(i, j) for j in mates])
        options = []
        for c in range(3):
            theirs = naive.sums_of(n, n_ij, sight.total, [(i, j) for j in groups[c]])
            if c != clusters[i]:
                options.append(naive.share(theirs, None, mine, 0.5))
        assert shares[i] == pytest.approx(min(options), rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_no_single_label_could_be_placed_better(seed):
    tree, _ = tree_of(seed)
    sight = tree.counts.sight()
    n, n_ij = np.maximum(sight.n, 1.0), dense(sight)
    arrays = sight.indptr, sight.ids, sight.weights, n
    members, mass, place = np.arange(9, dtype=np.int32), np.empty(9), np.full(9, -1, np.int8)
    a, b, level = hubs(members, tree.cluster_of, *arrays, sight.total, mass)
    cosine = n_ij / np.sqrt(np.outer(n, n))
    assert mass == pytest.approx(cosine.sum(axis=1))
    assert a == mass.argmax()
    assert b != a
    order = np.argsort(-mass, kind="stable")
    divide(members, order, tree.cluster_of, *arrays, sight.total, level, a, b, place)
    assert set(place.tolist()) == {0, 1}
    excess = naive.excess_within(n, n_ij, sight.total, members.tolist(), place)
    for i in range(9):
        if (place == place[i]).sum() > 1:
            other = place.copy()
            other[i] = 1 - other[i]
            assert naive.excess_within(n, n_ij, sight.total, members.tolist(), other) <= excess + 1e-9
    sums = np.zeros((2, 7))
    across = cut_sums(members, place, tree.cluster_of, *arrays, sight.total, sums)
    pairs = [(i, j) for i in range(9) for j in range(i) if place[i] != place[j]]
    assert across == pytest.approx(sum(cosine[p] for p in pairs))
    assert sums[:, 5].sum() == pytest.approx(np.triu(cosine, 1).sum() - across)
    assert sums[:, 6].sum() == pytest.approx(np.triu(n_ij, 1).sum() - sum(n_ij[p] for p in pairs))


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(4, 9))
def test_the_core_is_grown_label_by_label(seed, size):
    tree, _ = tree_of(seed)
    tree.cluster_of[size:] = 1
    sight = tree.counts.sight()
    n, place = np.maximum(sight.n, 1.0), np.full(9, -1, np.int8)
    members = np.arange(size, dtype=np.int32)
    pull = np.zeros(9)
    core(members, tree.cluster_of, sight.indptr, sight.ids, sight.weights, n, sight.total, 0.5, pull, place)
    expected = naive.core(n, dense(sight), sight.total, range(size), 0.5)
    assert np.flatnonzero(place == 0).tolist() == expected
    assert (place[size:] == -1).all()


def test_leaves_are_ripe_when_their_rows_with_pairs_reach_what_is_due():
    tree = ClusterTree()
    tree.add_labels(4)
    feed(tree, [[0, 1], [2, 3]] * 32)  # the first look, at row 64, begins a trial
    ripe = np.empty(1, np.int32)
    leaves = np.array([0], np.int32)
    for _ in range(16):
        assert ripe_leaves(leaves, tree.trials.trials, ripe) == 0
        tree.learn_rows(*csr([[0, 1]]))
        tree.learn_rows(*csr([[1], [2, 3]]))  # rows with a pair neither within the tighter side nor across say nothing
    assert ripe_leaves(leaves, tree.trials.trials, ripe) == 1
    assert ripe.tolist() == [0]
