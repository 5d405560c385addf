"""Laws of the learner of very many labels of dense rows: batch = loop, causality, saving, names that go and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer import checkpoint
from ihomer.kernels.cells import N_CELLS, N_PLACED
from ihomer.kernels.dense_memory import MOST
from ihomer.learners.dense_labels import DenseLabels
from ihomer.learners.dense_memory import LEAST
from ihomer.memory import bytes_of
from ihomer.rows import Rows, no_rows
from tests import label_streams as streams
from tests.test_dense_labels import check, dense_rows, embedded

few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 10_000)
PROBES = 2


def learned(expert: DenseLabels, rows: Rows, *, learn: bool = True) -> list[bytes]:
    return [part.tobytes() for part in expert.best(rows, 30, tail=True, learn=learn)]


def state_of(expert: DenseLabels) -> bytes:
    return checkpoint.dumps(expert.state(0, 0), kind="expert")


def restored(expert: DenseLabels) -> DenseLabels:
    other = DenseLabels(probes=PROBES)
    other.restore(checkpoint.loads(state_of(expert)))
    return other


def after(rows: Rows) -> DenseLabels:
    expert = DenseLabels(probes=PROBES)
    learned(expert, rows)
    return expert


def rows_of(seed: int, *, partial: bool = True) -> Rows:
    """Rows with so many labels that cells are split."""
    return dense_rows(streams.pairs(seed, 260, features=20, labels=80, partial=partial))


@few
@given(seeds)
def test_a_batch_is_its_rows(seed: int) -> None:
    rows = rows_of(seed)
    many = DenseLabels(probes=PROBES)
    ids, scores, weights = many.best(rows, 30, tail=True, learn=True)
    one = DenseLabels(probes=PROBES)
    for i in range(len(rows)):
        for whole, row in zip((ids, scores, weights), one.best(rows.slice(i, i + 1), 30, tail=True, learn=True), strict=True):
            assert whole[i].tobytes() == row[0].tobytes()
    cut = DenseLabels(probes=PROBES)
    for start, stop in ((0, 7), (7, 100), (100, len(rows))):
        learned(cut, rows.slice(start, stop))
    assert state_of(one) == state_of(cut) == state_of(many)
    assert many.cells.tallies[N_CELLS] > 1
    check(many)


@few
@given(seeds)
def test_predicting_says_what_learning_says_first_and_changes_nothing(seed: int) -> None:
    rows = rows_of(seed)
    asked, left = DenseLabels(probes=PROBES), DenseLabels(probes=PROBES)
    for i in range(len(rows)):
        row = rows.slice(i, i + 1)
        before = learned(asked, row, learn=False)
        assert learned(asked, row) == before
        learned(left, row)
    assert state_of(asked) == state_of(left)


@few
@given(seeds, st.integers(0, 259))
def test_saved_and_restored_goes_on_as_if_never_stopped(seed: int, at: int) -> None:
    rows = rows_of(seed)
    never = after(rows.slice(0, at))
    stopped = restored(never)
    assert state_of(stopped) == state_of(never)
    assert stopped.n_bytes <= never.n_bytes
    rest = rows.slice(at, len(rows))
    assert learned(never, rest) == learned(stopped, rest)
    assert state_of(stopped) == state_of(never)


@few
@given(seeds)
def test_rows_without_labels_teach_nothing(seed: int) -> None:
    rows = rows_of(seed)
    with_them, without = DenseLabels(probes=PROBES), DenseLabels(probes=PROBES)
    for i in range(len(rows)):
        row = rows.slice(i, i + 1)
        assert learned(without, row, learn=bool(rows.status[i])) == learned(with_them, row)


@few
@given(seeds)
def test_labels_that_go_leave_the_others_as_they_are(seed: int) -> None:
    expert = after(rows_of(seed, partial=False))
    n = expert.n_labels
    positions = np.flatnonzero(np.random.default_rng(seed).random(n) < 0.3)
    vectors, shares = expert.vectors[positions].copy(), expert.shares(positions)
    expert.keep(positions)
    assert np.array_equal(expert.vectors[: len(positions)], vectors)
    assert np.array_equal(expert.shares(np.arange(len(positions))), shares)
    check(expert)
    again = restored(expert)
    more = dense_rows(streams.pairs(seed + 1, 100, features=20, labels=len(positions), partial=False))
    assert learned(again, more) == learned(expert, more)
    check(expert)


def test_all_labels_may_go() -> None:
    expert = after(rows_of(1))
    expert.keep(np.zeros(0, np.int64))
    assert (expert.n_labels, expert.cells.tallies.tolist()) == (0, [1, 0])
    check(expert)
    learned(expert, rows_of(2))
    check(expert)


def test_cells_do_not_pile_up_while_labels_come_and_go() -> None:
    expert, rows = DenseLabels(), embedded(rows=4000, labels=3000, dimensions=32)
    for start in range(0, 4000, 500):
        piece = rows.slice(start, start + 500)
        columns = np.concatenate((np.arange(expert.n_labels), np.arange(rows.limits[start], rows.limits[start + 500])))
        learned(expert, piece.of_labels(columns[-300:] if start else columns))
        expert.keep(np.arange(expert.n_labels - 200, expert.n_labels))
        check(expert)
        assert expert.cells.tallies[N_CELLS] <= 2 + expert.cells.tallies[N_PLACED] // 4


def test_features_that_go_are_as_if_they_were_zero() -> None:
    rows = rows_of(3)
    expert, other = after(rows), after(rows)
    expert.keep_features(np.arange(4, 15))
    check(expert)
    mine = rows.of_features(np.arange(4, 15))
    assert expert.n_features == 11
    other.probes = expert.probes = 100
    zeros = rows.scaled(mine.indptr, mine.indices + np.int32(4), mine.values)
    ids, scores, _ = expert.best(mine, 80, learn=False)
    others, expected, _ = other.best(zeros, 80, learn=False)
    assert np.mean(ids == others) > 0.95  # sums of products are made in another order
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_a_label_that_comes_back_has_its_prior() -> None:
    expert = after(rows_of(4, partial=False))
    share = expert.shares(np.array([2]))[0]
    gone = np.delete(np.arange(expert.n_labels), 2)
    expert.keep(gone)
    n = expert.n_labels
    expert.best(no_rows(20, n + 1), 5, learn=True)
    expert.recall(n, share)
    assert expert.shares(np.array([n]))[0] == pytest.approx(share, rel=0.02)


@pytest.mark.parametrize("labels", [np.array([1, 2], np.int32), None], ids=["some", "all"])
def test_reopening_forgets_nothing(labels: np.ndarray | None) -> None:
    rows = rows_of(5)
    expert = after(rows)
    before = learned(expert, rows, learn=False)
    state = state_of(expert)
    expert.reopen(labels)
    assert learned(expert, rows, learn=False) == before
    assert state_of(expert) != state


def test_memory_can_be_done_without() -> None:
    rows = embedded(rows=700, labels=300, dimensions=40)
    expert = after(rows.slice(0, 600))
    before = expert.needed(0, 0)
    assert expert.shed()
    assert expert.memory.n == 0
    assert expert.needed(0, 0) < before / 2
    again = restored(expert)
    assert learned(again, rows.slice(600, 700)) == learned(expert, rows.slice(600, 700))
    check(expert)
    assert expert.memory.n == 100
    assert expert.shed()
    assert not expert.shed()  # there is nothing to forget any more
    for _ in range(20):
        learned(expert, rows.slice(0, 1))
        expert.shed()
    assert expert.memory.ring[MOST] == LEAST


def test_features_may_go_when_rows_in_memory_were_forgotten() -> None:
    rows = rows_of(6)
    expert, other = after(rows), after(rows)
    for each in (expert, other):
        each.shed()
    expert.keep_features(np.arange(expert.n_features))
    check(expert)
    assert learned(expert, rows) == learned(other, rows)
    assert state_of(expert) == state_of(other)


def test_bytes() -> None:
    rows = embedded(rows=2000, labels=3000, dimensions=100)
    expert = after(rows)
    assert expert.n_bytes == pytest.approx(bytes_of(expert), rel=0.05)
    needed = restored(expert).needed(100, expert.n_labels)
    assert needed == expert.needed(100, expert.n_labels)
    assert needed <= expert.n_bytes <= 1.6 * needed
