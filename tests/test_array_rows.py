"""An instance as a numpy array is the dict of its numbers."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from ihomer import IHOMER, MLHAT, LinearLearner
from ihomer.door import Door
from streams import Batch, Vocabulary
from tests.test_door import plain

DTYPES = ("float16", "float32", "float64", "int8", "int64", "uint64", "bool", ">f4", ">i2")


def numbers_of(dtype):
    kind = np.dtype(dtype)
    often = st.sampled_from([0, 1, np.nan] if kind.kind == "f" else [0, 1]).map(kind.type)
    return st.one_of(arrays.from_dtype(kind, allow_infinity=False), often)


def fits(x):
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isinf(x.astype(np.float64).astype(np.float32)).any()


ROWS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: st.lists(
        arrays.arrays(dtype, st.integers(0, 6), elements=numbers_of(dtype)).filter(fits), min_size=1, max_size=8
    )
)


def as_dict(x):
    return dict(enumerate(x.tolist()))


@settings(max_examples=150, deadline=None)
@given(ROWS, st.data())
def test_rows_of_arrays_are_those_of_dicts(rows, data):
    door, twin = Door(), Door()
    for x in rows:
        how = data.draw(st.sampled_from(("array", "strided", "dict", "categories", "batch")))
        if how == "categories":
            named = {data.draw(st.integers(0, 5)): "red", "b": 1.0}
            assert plain(door.learned_one(named, {1})) == plain(twin.learned_one(named, {1}))
        given = {"dict": as_dict(x), "strided": np.repeat(x, 2)[::2]}.get(how, x)
        assert plain(door.predicted_one(given)) == plain(twin.predicted_one(as_dict(x)))
        batch = Batch.from_arrays(x[None], [{1}])
        learned = door.learned(batch) if how == "batch" else door.learned_one(given, {1})
        assert plain(learned) == plain(twin.learned_one(as_dict(x), {1}))
        assert list(door.features) == list(twin.features)


#: Rounded once, to float32, it is another number than by way of float64.
TWICE = 2**60 + 2**36 + 1


def test_whole_numbers_are_rounded_as_those_of_dicts():
    x = np.array([TWICE, -TWICE])
    assert x.astype(np.float32)[0] != x.astype(np.float64).astype(np.float32)[0]
    rows = [
        Door().learned_one(x, ()),
        Door().learned(Batch.from_arrays(x[None], [()])),
        Door().learned(Batch.from_arrays(sparse.csr_array(x[None]), [()])),
    ]
    expected = Door().learned_one(dict(enumerate(x.tolist())), ()).values.tolist()
    assert [row.values.tolist() for row in rows] == [expected] * 3


def test_one_that_fails_enters_nothing():
    door = Door()
    door.learned_one(np.array([1.0]), {"a"})
    with pytest.raises(TypeError, match="y must be a set"):
        door.learned_one(np.array([1.0, 2.0, 3.0]), "a")
    assert list(door.features) == [0]
    door.learned_one({"z": 1.0}, {"a"})
    assert plain(door.learned_one(np.array([0.0, 5.0]), ()))[0][0] == (2, 5.0)


def test_features_that_go_are_forgotten_in_arrays_too():
    door = Door()
    door.learned_one(np.array([1.0, 2.0, 3.0]), {"a"})
    door.keep(np.array([0, 2]), None)
    assert list(door.features) == [0, 2]
    assert plain(door.learned_one(np.array([1.0, 2.0, 3.0]), ()))[0][:3] == [(0, 1.0), (1, 3.0), (2, 2.0)]


BAD = [
    (np.zeros((2, 3)), ValueError, r"x must be an array of one dimension, .* found the shape \(2, 3\)"),
    (np.array(1.0), ValueError, r"found the shape \(\)"),
    (np.array([1j]), TypeError, "x must be an array of float16, .* found complex128"),
    (np.array(["a"]), TypeError, "found <U1"),
    (np.array([1.0], object), TypeError, "found object"),
    (np.array([0], "datetime64[s]"), TypeError, "found datetime64"),
    (np.ma.masked_array([1.0], [True]), TypeError, "found a masked one: fill it, with NaN"),
    (np.array([1.0, np.inf]), ValueError, "feature 1 must be a finite number that fits float32"),
    (np.array([0.0, 0.0, -1e39]), ValueError, "feature 2 must be a finite number that fits float32"),
    (np.array([-np.inf], np.float16), ValueError, "feature 0 must be a finite number"),
]


@pytest.mark.parametrize(("x", "error", "message"), BAD)
def test_bad_arrays_are_named_and_change_nothing(x, error, message):
    model = LinearLearner()
    model.learn_one(np.array([1.0, 0.5, 2.0]), {"a"})
    before = pickle.dumps(model)
    for ask in (model.predict_one, model.rank_one, lambda x: model.learn_one(x, {"b"})):
        with pytest.raises(error, match=message):
            ask(x)
    with pytest.raises(error, match=message):
        Batch.from_pairs([(x, {"b"})])
    assert pickle.dumps(model) == before


def rows(n=80, d=6, seed=3):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d)).astype(np.float16)
    x[random.random((n, d)) < 0.2] = 0
    x[random.random((n, d)) < 0.02] = np.nan
    return x, [{"a"} if row[0] > 0 else {"b", "c"} if row[1] > 0 else set() for row in x]


@pytest.mark.parametrize(
    "make",
    [
        lambda: IHOMER(seed=1, preset="fast"),
        lambda: IHOMER(seed=1, label_space="many"),
        lambda: MLHAT(seed=1),
        LinearLearner,
    ],
)
def test_every_estimator_learns_the_same_bits(make):
    X, Y = rows()
    model, twin = make(), make()
    for x, y in zip(X, Y, strict=True):
        numbers, named = x.astype(np.float32), as_dict(x)
        assert model.predict_one(x) == twin.predict_one(named)
        assert model.predict_proba_one(numbers) == twin.predict_proba_one(named)
        assert model.predict_set_one(x) == twin.predict_set_one(named)
        assert model.rank_one(x, k=2) == twin.rank_one(named, k=2)
        model.learn_one(x, y)
        twin.learn_one(named, y)
    assert pickle.dumps(model) == pickle.dumps(twin)
    assert model.n_features == 6
    many = make()
    many.learn_many(X, Y)
    assert pickle.dumps(many) == pickle.dumps(twin)
    told, expected = many.rank_many(X, k=2), twin.rank_many(Batch.from_arrays(X), k=2)
    assert [told.ranking(i) for i in range(5)] == [expected.ranking(i) for i in range(5)]
    assert many.predict_many(X).indices.tolist() == twin.predict_many(Batch.from_arrays(X)).indices.tolist()


def test_arrays_wait_for_their_labels():
    X, Y = rows()
    model, twin = LinearLearner(), LinearLearner()
    for i, x in enumerate(X):
        for one, told in ((model, x), (twin, as_dict(x))):
            one.predict_one(told, key=i)
            if i >= 3:
                one.learn_later(i - 3, Y[i - 3])
        model.predict_one(x, key=i)  # the same again
        assert model.n_waiting == twin.n_waiting
    assert model.rank_one(X[0]) == twin.rank_one(X[0])
    assert model.n_expired == 0


def test_explanations_are_those_of_the_dict():
    X, Y = rows()
    model = IHOMER(seed=1, preset="fast")
    model.learn_many(X, Y)
    x = np.append(X[1], [0, 2.5, np.nan]).astype(np.float16)
    assert str(model.explain_one(x, "a")) == str(model.explain_one(as_dict(x), "a"))
    assert model.explain_one(x, "a").unknown == (7,)


def test_arrays_are_read_where_pairs_are():
    pairs = [(np.array([0.0, 1.5]), {"a"}), (np.array([np.nan], np.float16), None)]
    assert list(Batch.from_pairs(pairs).pairs()) == [({1: 1.5}, {"a"}), ({0: None}, None)]


@settings(max_examples=100, deadline=None)
@given(
    arrays.arrays(np.float32, st.tuples(st.integers(0, 6), st.integers(0, 5)), elements=numbers_of("float32")).filter(fits),
    st.permutations(range(5)),
    st.integers(0, 5),
)
def test_dense_blocks_are_the_same_as_pairs(x, order, met):
    order = [j for j in order if j < x.shape[1]]
    door, twin = Door(), Door()
    for one in (door, twin):  # some columns are known, in another order
        one.learned_one(dict.fromkeys([f"c{j}" for j in order[:met]], 1.0), ())
        for j in reversed(order[:met]):
            one.learned_one({f"c{j}": 1.0}, ())
    names = [f"c{j}" for j in range(x.shape[1])]
    batch = Batch.from_arrays(x, [()] * len(x), Vocabulary(names))
    pairs = Batch.from_pairs([(dict(zip(names, row.tolist(), strict=True)), ()) for row in x])
    for _ in range(2):
        assert plain(door.predicted(batch)) == plain(twin.predicted(pairs))
        assert plain(door.learned(batch)) == plain(twin.learned(pairs))
    assert list(door.features) == list(twin.features)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_a_dense_block_made_by_hand_is_checked(value):
    batch = Batch.from_arrays(np.ones((3, 2)), [()] * 3)
    batch.dense[1, 1] = value
    with pytest.raises(ValueError, match="dense row 1 holds an infinity"):
        Door().learned(batch)
    batch.dense[1, 1] = 1
    for ids, message in (([0, 2], r"dense_ids must lie in 0..1, found 0..2"), ([1, 1], "dense_ids must be distinct")):
        batch.dense_ids[:] = ids
        with pytest.raises(ValueError, match=message):
            Door().learned(batch)
    batch.dense_ids[:] = [1, 0]
    assert list(Door().learned(batch).values[:2]) == [1, 1]
