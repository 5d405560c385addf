"""The learner of very many labels of dense rows against its twin, and what it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.door import Door
from ihomer.kernels.cells import CELL, LEAST_ROOM, N_CELLS, N_PLACED, PLACE, most_members
from ihomer.kernels.dense_memory import MOST
from ihomer.kernels.inputs import DENSE
from ihomer.learners.cells import Cells
from ihomer.learners.dense_labels import FIRST_SHARED, DenseLabels
from ihomer.learners.inputs import Inputs
from ihomer.rows import Rows
from streams import Batch
from streams.synthetic import Embeddings
from tests import label_streams as streams
from tests.naive import dense_labels as naive


def dense_rows(pairs: streams.Pairs) -> Rows:
    """The rows, scaled as a dense stream."""
    return Inputs(DENSE).block(Door().learned(Batch.from_pairs(pairs)), learn=True).plain


def embedded(**parameters: float) -> Rows:
    (batch,) = Embeddings(**parameters).batches(1 << 20)
    return Inputs(DENSE).block(Door().learned(batch), learn=True).plain


def check(expert: DenseLabels) -> None:
    """Every label that held, and every row in memory, is in one cell, and centres are the sums of the vectors there."""
    check_cells(expert.cells, expert.vectors)
    check_cells(expert.memory.cells, expert.memory.vectors)
    assert not expert.place.any()


def check_cells(cells: Cells, vectors: np.ndarray) -> None:
    n, placed = int(cells.tallies[N_CELLS]), np.flatnonzero(cells.where[:, CELL] >= 0)
    assert sorted(np.concatenate([cells.members[c, : cells.sizes[c]] for c in range(n)]).tolist()) == placed.tolist()
    assert cells.tallies[N_PLACED] == len(placed) == cells.sizes[:n].sum()
    assert not cells.sizes[n:].any()
    for k in placed.tolist():
        assert cells.members[cells.where[k, CELL], cells.where[k, PLACE]] == k
    sums = np.zeros_like(cells.centres)
    np.add.at(sums, cells.where[placed, CELL], vectors[placed])
    np.testing.assert_allclose(cells.centres, sums, atol=1e-3)
    lengths = np.linalg.norm(sums[:n], axis=1)
    np.testing.assert_allclose(cells.inverse[:n] * lengths, lengths > 1e-3, rtol=1e-2, atol=0.02)


def compare(rows: Rows, probes: int, remembered: int = 50) -> DenseLabels:
    """Go through `rows` with both: they agree in every bit."""
    expert = DenseLabels(probes=probes)
    expert.memory.ring[MOST] = remembered
    twin = naive.DenseLabels(64 if rows.n_features > 32 else 32, probes, remembered, FIRST_SHARED)
    for i in range(len(rows)):
        x = np.zeros(twin.width, np.float32)
        for j, v in streams.features_of(rows, i).items():
            x[j] = v
        said = twin.best(x)
        ids, scores, _ = expert.best(rows.slice(i, i + 1), 64, learn=True)
        n = np.count_nonzero(ids >= 0)
        assert list(zip(ids[0, :n].tolist(), scores[0, :n], strict=True)) == said
        for k in range(rows.limits[i], rows.limits[i + 1]):
            twin.enter(k, rows.status[i] == 2)
        if rows.status[i]:
            known = None if rows.status[i] == 2 else streams.known_of(rows, i)
            twin.learn(x, streams.held_of(rows, i), known)
    for cells, others in ((expert.cells, twin.cells), (expert.memory.cells, twin.memory)):
        members = [cells.members[c, : cells.sizes[c]].tolist() for c in range(cells.tallies[N_CELLS])]
        assert members == others.members
    assert expert.frequent.tolist() == twin.frequent
    check(expert)
    return expert


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_twin(seed: int) -> None:
    compare(dense_rows(streams.pairs(seed, 80, labels=30, partial=False)), 3)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_twin_where_labels_are_not_known_in_all_rows(seed: int) -> None:
    rows = dense_rows(streams.pairs(seed, 80, labels=30))
    assert (rows.status != 2).any()
    compare(rows, 3)


@pytest.mark.parametrize("probes", [1, 3])
@pytest.mark.parametrize("seed", range(2))
def test_twin_with_cells_that_split(probes: int, seed: int) -> None:
    expert = compare(embedded(rows=200, labels=400, dimensions=40, seed=seed), probes, remembered=100)
    assert expert.cells.tallies[N_CELLS] > 8


def test_cells_are_as_large_as_a_part_of_the_root() -> None:
    assert [most_members(n) for n in (0, 12_288, 12_289, 100_000, 1_000_000)] == [32, 32, 64, 128, 512]
    expert = DenseLabels()
    expert.best(embedded(rows=3000, labels=4000, dimensions=32), 5, learn=True)
    check(expert)
    n = int(expert.cells.tallies[N_CELLS])
    assert expert.cells.sizes[:n].max() <= LEAST_ROOM
    assert expert.cells.tallies[N_PLACED] / n > 0.5 * LEAST_ROOM


def test_few_cells_are_nearly_as_good_as_all() -> None:
    rows = embedded(rows=4000, labels=3000, dimensions=64)
    found = []
    for probes in (24, 10_000):
        ids, _, _ = DenseLabels(probes=probes).best(rows, 5, learn=True)
        held = [streams.held_of(rows, i) for i in range(4000)]
        found.append(np.mean([len(set(ids[i].tolist()) & held[i]) / 5 for i in range(2000, 4000)]))
    assert found[1] > 0.2
    assert found[0] > found[1] - 0.03


def test_what_a_row_costs_does_not_grow_with_labels_that_are_not_near() -> None:
    rows = embedded(rows=600, labels=50_000, dimensions=32)
    wide = replace(rows, limits=rows.limits + 2_000_000, n_labels=rows.n_labels + 2_000_000)
    expert = DenseLabels()
    ids, _, _ = expert.best(wide, 24, learn=True)
    plain, _, _ = DenseLabels().best(rows, 24, learn=True)
    assert np.array_equal(ids, plain)  # they are nowhere: neither candidates nor in a cell


def test_a_list_that_favours_the_tail_has_weights() -> None:
    rows = embedded(rows=300, labels=60, dimensions=32)
    expert = DenseLabels()
    ids, _, weights = expert.best(rows, 30, tail=True, learn=True)
    assert weights.shape == ids.shape
    assert ((weights > 0) == (ids >= 0)).all()
    ids, _, weights = expert.best(rows.slice(299, 300), 20, tail=True, learn=False)
    order = np.argsort(expert.counts[0, ids[0]])
    assert (np.diff(weights[0][order]) <= 0).all()


def test_scores_of_all_labels_are_those_of_the_best() -> None:
    rows = embedded(rows=300, labels=80, dimensions=32)
    expert = DenseLabels()
    expert.best(rows.slice(0, 299), 24, learn=True)
    last = rows.slice(299, 300)
    ids, scores, _ = expert.best(last, 24, learn=False)
    np.testing.assert_allclose(expert.score(last)[0, ids[0]], scores[0], atol=1e-5)
