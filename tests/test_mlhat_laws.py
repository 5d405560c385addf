"""What an MLHAT promises whatever the stream: bits, copies, columns, unknown labels, bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ihomer.kernels.mlhat_rows import poisson_one
from ihomer.learners.mlhat_core import MLHATCore
from tests.mlhat_streams import Stream, core_of, piecewise, random_stream, rows_of, run
from tests.naive.mlhat import poisson

QUICK = {"grace_period": 20, "window": 12, "alternate_rows": 10, "delta": 0.1, "drift_delta": 0.3}


def same(a, b):
    """Whether two states are equal to the last bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return a == b


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), step=st.sampled_from([1, 7, 50]), density=st.sampled_from([0.2, 0.9]))
def test_the_size_of_the_blocks_changes_no_bit(seed, step, density):
    stream = random_stream(seed, 120, density=density)
    one, many = core_of(stream, **QUICK), core_of(stream, **QUICK)
    assert np.array_equal(run(one, stream), run(many, stream, step=step))
    assert same(one.state(), many.state())


def test_the_size_of_the_blocks_changes_no_bit_of_a_tree_that_splits_and_drifts():
    stream = piecewise(2000)
    parameters = QUICK | {"grace_period": 50, "alternate_rows": 40}
    one, many = core_of(stream, **parameters), core_of(stream, **parameters)
    assert np.array_equal(run(one, stream), run(many, stream, step=1))
    assert same(one.state(), many.state())
    assert one.summary["swaps"] > 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(0, 120), bagging=st.booleans())
def test_a_copy_and_a_saved_state_go_on_with_the_same_bits(seed, cut, bagging):
    stream = random_stream(seed, 120)
    core = core_of(stream, seed=seed, bagging=bagging, **QUICK)
    run(core, stream, 0, cut)
    copy, loaded = core.copy(), MLHATCore.from_state(core.state())
    assert same(core.state(), loaded.state())
    rest = run(core, stream, cut)
    assert np.array_equal(rest, run(copy, stream, cut))
    assert np.array_equal(rest, run(loaded, stream, cut, step=5))
    assert same(core.state(), loaded.state())


def test_a_big_tree_goes_on_from_its_state_with_the_same_bits():
    stream = piecewise(2000)
    core = core_of(stream, **QUICK)
    run(core, stream, 0, 1100)
    loaded = MLHATCore.from_state(core.state())
    assert np.array_equal(run(core, stream, 1100), run(loaded, stream, 1100))
    assert same(core.state(), loaded.state())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_predicting_changes_nothing_and_foretells_what_learning_says(seed):
    stream = random_stream(seed, 60)
    core = core_of(stream, **QUICK)
    for i in range(60):
        row = stream.rows.slice(i, i + 1)
        before, said = core.state(), np.full((1, stream.rows.n_labels), -1, np.float32)
        core.predict(row, stream.kinds, said)
        assert same(before, core.state())
        assert np.array_equal(said, run(core, stream, i, i + 1))
    strange = rows_of([{0: 1.0, 99: 2.0}], [{}], [0], [2, 2], 8)
    core.predict(strange, stream.kinds, said)
    assert np.isfinite(said).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), data=st.data())
def test_the_order_of_the_labels_only_permutes_the_scores(seed, data):
    stream = random_stream(seed, 100, all_born=True)
    order = np.array(data.draw(st.permutations(range(5))))
    rows = stream.rows
    truths = []
    for i in range(len(rows)):
        held = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]]
        known = rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]]
        truths.append({int(order[label]): label in held for label in (range(5) if rows.status[i] == 2 else known)})
    xs = [
        dict(zip(rows.indices[a:b].tolist(), rows.values[a:b].tolist(), strict=True))
        for a, b in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    ]
    other = Stream(rows_of(xs, truths, rows.status.tolist(), rows.limits.tolist(), 8), stream.kinds)
    ours, theirs = run(core_of(stream, **QUICK), stream), run(core_of(other, **QUICK), other)
    np.testing.assert_allclose(ours, theirs[:, order], atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_labels_that_are_not_its_own_and_unknown_rows_teach_nothing(seed):
    stream = random_stream(seed, 60, all_born=True)
    core = MLHATCore(np.array([1, 3], np.int32), **QUICK)
    run(core, stream, 0, 40)
    before = core.state()
    nothing = rows_of([{0: 5.0}, {1: 2.0}], [{}, {0: True, 2: True}], [0, 1], [5, 5, 5], 8)
    out = np.full((2, 5), -1, np.float32)
    core.test_then_train(nothing, stream.kinds, out)
    assert same(before, core.state())
    assert (out[:, [0, 2, 4]] == -1).all()
    assert (out[:, [1, 3]] >= 0).all()


def test_a_label_that_is_never_known_keeps_what_it_had():
    stream = random_stream(1, 40, all_born=True)
    core = core_of(stream, **QUICK)
    run(core, stream)
    before = core.state()["tree"]
    masks = rows_of([{0: 1.0, 1: -1.0}] * 30, [{0: True, 1: False}] * 30, [1] * 30, [5] * 31, 8)
    core.test_then_train(masks, stream.kinds, np.zeros((30, 5), np.float32))
    after = core.state()["tree"]
    known = [tree["node_stats"][0, 2] - tree["missing"][0, 4] for tree in (before, after)]
    assert known[0] == known[1]
    assert before["positives"][0, 4] == after["positives"][0, 4]
    n = len(before["weights"])
    assert np.array_equal(before["weights"][:, 4], after["weights"][:n, 4])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), keep=st.sets(st.integers(0, 4)))
def test_giving_up_labels_changes_nothing_for_the_others(seed, keep):
    stream = random_stream(seed, 80, all_born=True)
    core = core_of(stream, **QUICK)
    run(core, stream, 0, 60)
    part, rest = core.copy(), core.copy()
    kept = np.array(sorted(keep), np.int32)
    part.keep_columns(kept)
    rest.keep_columns(np.setdiff1d(np.arange(5), kept).astype(np.int32))
    whole, halves = np.zeros((20, 5), np.float32), np.zeros((20, 5), np.float32)
    core.predict(stream.rows.slice(60, 80), stream.kinds, whole)
    part.predict(stream.rows.slice(60, 80), stream.kinds, halves)
    rest.predict(stream.rows.slice(60, 80), stream.kinds, halves)
    assert np.array_equal(whole, halves)
    assert part.columns.tolist() == kept.tolist()
    run(part, stream, 60)
    run(rest, stream, 60)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), at=st.integers(0, 60))
def test_new_labels_in_between_are_as_good_as_at_the_end(seed, at):
    stream = random_stream(seed, 80, all_born=True)
    low, high = MLHATCore(np.array([0, 2], np.int32), **QUICK), MLHATCore(np.array([0, 2], np.int32), **QUICK)
    run(low, stream, 0, at)
    run(high, stream, 0, at)
    low.add_columns(np.array([4, 1], np.int32))
    for label in (1, 4):
        high.add_columns(np.array([label], np.int32))
    assert low.columns.tolist() == [0, 1, 2, 4]
    a, b = run(low, stream, at), run(high, stream, at)
    assert np.array_equal(a, b)
    assert same(low.state(), high.state())
    assert (a[:, 3] == -1).all()


def test_a_label_born_in_a_complete_row_was_absent_before():
    xs, nothing = [{0: 1.0}] * 20, [{0: i % 2 == 0} for i in range(20)]
    late = rows_of(xs, [*nothing[:-1], {0: True, 1: True}], [2] * 20, [1] * 20 + [2], 1)
    early = rows_of(xs, [{**t, 1: False} for t in nothing[:-1]] + [{0: True, 1: True}], [2] * 20, [2] * 21, 1)
    trees = []
    for rows in (late, early):
        core = MLHATCore(np.arange(2, dtype=np.int32))
        core.test_then_train(rows, np.zeros(1, np.uint8), np.zeros((20, 2), np.float32))
        trees.append(core.state()["tree"])
    assert trees[0]["missing"][0].tolist() == trees[1]["missing"][0].tolist() == [0, 0]
    assert trees[0]["positives"][0, 1] == 1
    masked = rows_of(xs, [*nothing[:-1], {0: True, 1: True}], [2] * 19 + [1], [1] * 20 + [2], 1)
    core = MLHATCore(np.arange(2, dtype=np.int32))
    core.test_then_train(masked, np.zeros(1, np.uint8), np.zeros((20, 2), np.float32))
    assert core.state()["tree"]["missing"][0].tolist() == [0, 19]


def test_the_poisson_numbers_are_splitmix64():
    drawn = [poisson_one(5.0, row) for row in range(3000)]
    assert drawn == [poisson(5, row) for row in range(3000)]
    assert np.mean(drawn) == pytest.approx(1, abs=0.06)
    assert np.var(drawn) == pytest.approx(1, abs=0.1)


def test_bad_parameters_and_columns():
    for bad in (
        {"grace_period": 0}, {"delta": 1.0}, {"significance": 0.7}, {"tau": float("nan")}, {"max_depth": -1},
        {"window": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(bad))):
            MLHATCore(np.arange(2, dtype=np.int32), **bad)
    core = MLHATCore(np.arange(2, dtype=np.int32))
    with pytest.raises(ValueError, match=r"\[1\] are there already"):
        core.add_columns(np.array([1, 5], np.int32))
    with pytest.raises(ValueError, match=r"\[7\] are not there"):
        core.keep_columns(np.array([0, 7], np.int32))
