"""Faded counts of labels and pairs against dense matrices; bounds; save and load."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.hierarchy.cooccurrence import CoOccurrence
from ihomer.hierarchy.tree import ClusterTree
from tests.hierarchy_streams import csr
from tests.naive import hierarchy as naive


def dense(sight):
    n_ij = np.zeros((len(sight.n),) * 2)
    for i in range(len(sight.n)):
        span = slice(sight.indptr[i], sight.indptr[i + 1])
        assert (np.diff(sight.ids[span]) > 0).all()
        n_ij[i, sight.ids[span]] = sight.weights[span]
    return n_ij


def arrays_of(rows):
    held = [sorted(row[0]) for row in rows]
    known = [[] if row[1] is None else sorted(row[1]) for row in rows]
    return (
        np.cumsum([0, *map(len, held)]).astype(np.int64),
        np.array([i for row in held for i in row], np.int32),
        np.array([2 if row[1] is None else 1 for row in rows], np.uint8),
        np.cumsum([0, *map(len, known)]).astype(np.int64),
        np.array([i for row in known for i in row], np.int32),
    )


row_sets = st.lists(st.sets(st.integers(0, 8), max_size=6), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(row_sets, st.sampled_from([1.0, 3.0, 17.5, math.inf]))
def test_counts_are_those_of_dense_matrices(sets, half_life):
    rows = [(set(range(9)), None), *((held, None) for held in sets)]
    tree = ClusterTree(half_life=half_life)
    tree.add_labels(9)
    tree.learn_rows(*arrays_of(rows))
    sight = tree.counts.sight()
    n, known, n_ij = naive.counts(rows, 9, half_life)
    assert sight.n == pytest.approx(n)
    assert sight.known == pytest.approx(known)
    assert dense(sight) == pytest.approx(n_ij)
    assert sight.total == pytest.approx(known[0])
    weights = [0.5 ** (age / half_life) for age in range(len(rows))]
    assert sight.sample == pytest.approx(sum(weights) / sum(w * w for w in weights))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5))), min_size=1, max_size=30))
def test_unknown_is_not_absent(parts):
    rows = [(set(range(6)), None)] + [(held & known, known) for held, known in parts]
    tree = ClusterTree(half_life=5.0)
    tree.add_labels(6)
    tree.learn_rows(*arrays_of(rows))
    sight = tree.counts.sight()
    n, known, n_ij = naive.counts(rows, 6, 5.0)
    assert sight.n == pytest.approx(n)
    assert sight.known == pytest.approx(known)
    assert dense(sight) == pytest.approx(n_ij)


def test_a_label_that_comes_with_a_set_was_absent_and_with_a_dict_unknown():
    tree = ClusterTree(half_life=math.inf)
    tree.add_labels(4)
    tree.learn_rows(*arrays_of([({0}, None), ({0}, None), ({1}, None), ({2}, {0, 2})]))
    assert tree.counts.sight().known.tolist() == [4.0, 3.0, 1.0, 3.0]


def test_a_row_that_knows_every_label_met_is_complete():
    one, other = ClusterTree(), ClusterTree()
    for tree in (one, other):
        tree.add_labels(3)
        tree.learn_rows(*arrays_of([({0, 1, 2}, None)]))
    one.learn_rows(*arrays_of([({1}, None)]))
    other.learn_rows(*arrays_of([({1}, {0, 1, 2})]))
    assert one.counts.totals.tolist() == other.counts.totals.tolist()
    assert one.counts.sight().known.tolist() == other.counts.sight().known.tolist()
    assert one.counts.sizes.tolist() == other.counts.sizes.tolist()


def test_unlabelled_rows_teach_nothing_and_do_not_fade():
    tree = ClusterTree(half_life=1.0)
    tree.add_labels(2)
    tree.learn_rows(*arrays_of([({0, 1}, None)]))
    indptr, indices, _, known_indptr, known_indices = csr([[]] * 50)
    tree.learn_rows(indptr, indices, np.zeros(50, np.uint8), known_indptr, known_indices)
    assert tree.counts.sight().n.tolist() == [1.0, 1.0]
    assert tree.n_rows == 1


def test_the_scale_of_fading_never_wears_out():
    tree = ClusterTree(half_life=1.0)
    tree.add_labels(3)
    for _ in range(9):
        tree.learn_rows(*csr([[0, 1]] * 200))
    sight = tree.counts.sight()
    assert sight.n == pytest.approx([2.0, 2.0, 0.0])
    assert sight.weights == pytest.approx([2.0, 2.0])
    assert tree.counts.total == pytest.approx(2.0)
    assert sight.sample == pytest.approx(1.5)


def test_sampled_pairs_of_a_huge_set_are_right_on_average():
    tree = ClusterTree(half_life=math.inf)
    tree.add_labels(600)
    tree.learn_rows(*csr([np.arange(600)] * 200))
    sight = tree.counts.sight()
    assert sight.n.tolist() == [200.0] * 600
    assert tree.counts.n_pairs <= 600 * 599 // 2
    assert sight.weights.sum() == pytest.approx(200 * 600 * 599)
    # Each pair is drawn with probability .18, 5.5 times its weight: 36 +- 5.4 of 200 draws.
    assert dense(sight)[0, 1:].mean() == pytest.approx(200, rel=0.1)
    assert dense(sight).max() < 400


def test_memory_is_bounded_and_the_faintest_pairs_go_first():
    counts = ClusterTree(half_life=500.0, max_pairs=1 << 16)
    counts.add_labels(60_000)
    rng = np.random.default_rng(3)
    for _ in range(60):
        rows = [np.unique(np.concatenate([[0, 1], rng.integers(2, 60_000, size=60)])) for _ in range(20)]
        counts.learn_rows(*csr(rows))
    assert counts.counts.n_pairs <= 1 << 16
    assert len(counts.counts.table) <= 1 << 17
    sight = counts.counts.sight()
    assert dense_pair(sight, 0, 1) == pytest.approx(sight.n[0])


def dense_pair(sight, i, j):
    span = slice(sight.indptr[i], sight.indptr[i + 1])
    return sight.weights[span][sight.ids[span] == j].sum()


@settings(max_examples=25, deadline=None)
@given(row_sets, st.integers(0, 40))
def test_saved_and_loaded_counts_go_on_with_the_same_bits(sets, cut):
    sets = [sorted(row) for row in sets]
    whole, first = ClusterTree(), ClusterTree()
    for tree in (whole, first):
        tree.add_labels(9)
        tree.learn_rows(*csr(sets[:cut]))
    loaded = CoOccurrence(2000.0, 1 << 20)
    loaded.set_state(first.counts.state())
    first.counts = loaded
    whole.learn_rows(*csr(sets[cut:]))
    first.learn_rows(*csr(sets[cut:]))
    a, b = whole.counts.state(), first.counts.state()
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)


def test_the_order_of_the_table_changes_nothing():
    """The same counts in tables of different size look the same, bit for bit."""
    sets = [sorted(np.random.default_rng(i).choice(40, 6, replace=False)) for i in range(200)]
    tree = ClusterTree()
    tree.add_labels(40)
    tree.learn_rows(*csr(sets))
    before = tree.counts.sight()
    tree.counts._make_room(5000)
    after = tree.counts.sight()
    assert np.array_equal(before.ids, after.ids)
    assert np.array_equal(before.weights, after.weights)
