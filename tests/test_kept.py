"""Probabilities of the best labels of each row say what all would, where those of all others are 0."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.decision import make_decision
from ihomer.kernels.kept import place_of
from ihomer.probabilities import Best, Whole, joined
from tests import label_streams as streams
from tests.work import uncompiled

few = settings(max_examples=60, deadline=None)


def case(seed: int, *, partial: bool, k: int = 4, n_labels: int = 9):
    """Return rows, and the same probabilities of the best k labels of each row, and of all."""
    rng = np.random.default_rng(seed)
    rows = streams.rows_of(streams.pairs(seed, 25, labels=n_labels, partial=partial))
    n_labels = rows.n_labels
    ids, best = np.full((len(rows), k), -1, np.int32), np.zeros((len(rows), k), np.float32)
    p = np.zeros((len(rows), n_labels), np.float32)
    for i in range(len(rows)):
        there = rng.permutation(rows.limits[i])[: rng.integers(1, k + 1)]
        chances = np.sort(rng.random(len(there)).astype(np.float32) * 0.9 + 0.05)[::-1]
        ids[i, : len(there)], best[i, : len(there)] = there, chances
        p[i, there] = chances
    return rows, Best(ids, best), Whole(p)


@few
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.4, "micro_f1"]))
def test_label_sets(seed, partial, target):
    rows, best, whole = case(seed, partial=partial)
    one, other = make_decision(target), make_decision(target)
    for i in range(len(rows)):
        row = rows.slice(i, i + 1)
        found = best.slice(i, i + 1).sets(one, row, learn=True)
        expected = whole.slice(i, i + 1).sets(other, row, learn=True)
        if best.ids[i, 0] >= 0:  # else the best label is one of probability 0, or none
            assert found[1].tolist() == expected[1].tolist()
        else:
            assert not len(found[1])


@few
@given(st.integers(0, 10_000), st.booleans())
def test_label_sets_for_example_f1(seed, partial):
    # As many labels as there are in all: so many count in how large a set is expected to be.
    rows, best, whole = case(seed, partial=partial, k=12, n_labels=12)
    one, other = make_decision("example_f1"), make_decision("example_f1")
    found, expected = best.sets(one, rows, learn=True), whole.sets(other, rows, learn=True)
    for i in range(len(rows)):
        if np.count_nonzero(best.ids[i] >= 0) == rows.limits[i]:
            assert found[1][found[0][i] : found[0][i + 1]].tolist() == expected[1][expected[0][i] : expected[0][i + 1]].tolist()
    np.testing.assert_allclose(one.means, other.means)


@few
@given(st.integers(0, 10_000), st.booleans(), st.integers(1, 4))
def test_what_monitors_watch(seed, partial, n_clusters):
    rows, best, whole = case(seed, partial=partial)
    rng = np.random.default_rng(seed)
    cluster_of = rng.integers(0, n_clusters, rows.n_labels).astype(np.int32)
    sizes = np.bincount(cluster_of, minlength=1)
    sets = best.sets(make_decision(0.5), rows, learn=False)
    found, expected = (said.group_losses(rows, cluster_of, sizes, sets) for said in (best, whole))
    # Of a row the clusters come in another order, which no detector can notice: each has its own.
    for slot in range(2 * n_clusters + 1):
        np.testing.assert_allclose(found[1][found[0] == slot], expected[1][expected[0] == slot], atol=1e-6)
    assert len(found[0]) == len(expected[0])
    np.testing.assert_array_equal(best.of_held(rows), whole.of_held(rows))


@few
@given(st.integers(0, 10_000), st.booleans())
def test_places_are_one_name_for_one_label(seed, partial):
    rows, best, _ = case(seed, partial=partial)
    ranked = best._ranked(rows)
    for i in range(len(rows)):
        held, known = streams.held_of(rows, i), streams.known_of(rows, i)
        there, told = streams.held_of(ranked, i), streams.known_of(ranked, i)
        assert len(there) == len(held)
        if rows.status[i] == 1:
            assert len(told) == len(known)
            assert there <= told
        named = {place_of(k, i, best.ids) for k in held}
        assert {q for q in named if q >= 0} == {q for q in there if q < best.ids.shape[1]}
        for indptr, ids in ((ranked.label_indptr, ranked.label_indices), (ranked.known_indptr, ranked.known_indices)):
            assert (np.diff(ids[indptr[i] : indptr[i + 1]]) > 0).all()


_STEPS = """
import numpy as np
from ihomer.kernels.kept import rank_rows
from tests.work import lines
for n in (500, 4_000):
    offsets, known = np.array([0, n]), np.arange(n, dtype=np.int32)
    arguments = np.arange(4, dtype=np.int32)[None], offsets, known, np.ones(1, np.uint8), offsets, known
    print(lines(lambda: rank_rows(*arguments, np.empty(n, np.int32), np.empty(n, np.int32))))
"""


def test_places_cost_what_is_known():
    # A dict that names all labels makes them all known: no step for every two of them.
    few, many = map(int, uncompiled(_STEPS).split())
    assert few > 500
    assert many < 10 * few  # 8 times as many


def test_the_best_of_rows_that_follow_one_another():
    _, best, whole = case(3, partial=False)
    for said in (best, whole):
        again = joined([said.slice(0, 7), said.slice(7, 7), said.slice(7, len(said))], whole.p.shape[1])
        assert [again.of_row(i) for i in range(len(said))] == [said.of_row(i) for i in range(len(said))]
    ids, p = best.top(np.zeros(26, np.int32), 6)
    assert ids.shape == p.shape == (len(best), 6)
    assert (ids[:, 4:] == -1).all()
