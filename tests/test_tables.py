"""Data frames and sparse matrices, there and back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_matrix, csr_array

from streams import Batch, Vocabulary
from streams.tables import from_table, to_csr, to_frame


def test_a_frame_of_all_kinds():
    X = pd.DataFrame(
        {
            "int": [1, 0, 3],
            "float": [0.5, np.nan, 2],
            "bool": [True, False, True],
            "nullable": pd.array([1, None, 3], "Int64"),
            "text": ["red", None, "green"],
            "object": pd.Series(["u", np.nan, "v"], dtype=object),
            "category": pd.Categorical(["lo", "hi", None], categories=["lo", "mid", "hi"]),
        }
    )
    y = pd.DataFrame({"p": [True, False, True], "q": pd.array([True, None, False], "boolean")})
    batch = from_table(X, y)
    batch.check()
    assert list(batch.pairs()) == [
        (
            {"int": 1.0, "float": 0.5, "bool": 1.0, "nullable": 1.0, "text": "red", "object": "u", "category": "lo"},
            {"p", "q"},
        ),
        ({"float": None, "nullable": None, "text": None, "object": None, "category": "hi"}, {"p": False}),
        (
            {"int": 3.0, "float": 2.0, "bool": 1.0, "nullable": 3.0, "text": "green", "object": "v", "category": None},
            {"p"},
        ),
    ]


def test_vocabularies_grow_and_are_shared():
    features, labels = Vocabulary(["b"]), Vocabulary(["q"])
    batch = from_table(pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"p": [1], "q": [1]}), features, labels)
    assert batch.features is features
    assert batch.labels is labels
    assert features.names == ["b", "a"]
    assert labels.names == ["q", "p"]
    batch.check()
    assert list(batch.pairs()) == [({"a": 1.0, "b": 2.0}, {"p", "q"})]


def test_names_of_columns_may_be_numbers():
    batch = from_table(pd.DataFrame(np.eye(2)), pd.DataFrame([[1, 0], [0, 1]], columns=[7, 8]))
    assert list(batch.pairs()) == [({0: 1.0}, {7}), ({1: 1.0}, {8})]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0.0, 0.0, 1.5, -2.0, np.nan]), min_size=4, max_size=4), max_size=6))
@pytest.mark.parametrize("kind", [csr_array, coo_array, csc_matrix])
def test_sparse_matrices(kind, rows):
    dense = np.array(rows).reshape(-1, 4)
    truth = np.nan_to_num(dense) != 0
    batch = from_table(kind(dense), kind(truth), ["a", "b", "c", "d"], [3, 1, 2, 0])
    batch.check()
    for (x, y), row, holds in zip(batch.pairs(), dense, truth, strict=True):
        assert x == {n: None if np.isnan(v) else v for n, v in zip("abcd", row.tolist(), strict=True) if v != 0}
        assert y == {n for n, h in zip([3, 1, 2, 0], holds, strict=True) if h}
    np.testing.assert_array_equal(to_csr(batch.label_indptr, batch.label_indices, 4).toarray(), truth)


def test_duplicate_and_unsorted_entries_of_a_matrix():
    X = csr_array((np.array([1.0, 2.0, 3.0, -3.0]), np.array([2, 0, 2, 1]), np.array([0, 4])), shape=(1, 3))
    X = X + 0 * X
    before = X.copy()
    assert from_table(X).x(0) == {0: 2.0, 1: -3.0, 2: 4.0}
    assert (before != X).nnz == 0, "what was given stays as it is"


def test_label_sets_back_as_a_frame():
    batch = Batch.from_pairs([({}, {"a"}), ({}, set()), ({}, {"a", ("b", 1)})])
    frame = to_frame(batch.label_indptr, batch.label_indices, batch.labels, index=["r", "s", "t"])
    expected = pd.DataFrame({"a": [True, False, True], "pair": [False, False, True]}, index=["r", "s", "t"])
    assert list(frame.columns) == ["a", ("b", 1)]
    assert frame.index.tolist() == ["r", "s", "t"]
    np.testing.assert_array_equal(frame.to_numpy(), expected.to_numpy())
    again = from_table(pd.DataFrame({"x": [0, 0, 0]}, index=frame.index), frame)
    assert [y for _, y in again.pairs()] == [{"a"}, set(), {"a", ("b", 1)}]


@pytest.mark.parametrize(
    ("X", "y", "options", "kind", "message"),
    [
        (np.eye(2), None, {}, TypeError, "X must be a pandas DataFrame or a scipy sparse matrix, found ndarray"),
        (pd.DataFrame({"a": [1]}), [1], {}, AttributeError, "shape"),
        (
            pd.DataFrame({"a": [1]}),
            np.array([1]),
            {},
            TypeError,
            "y must be a pandas DataFrame, a scipy sparse matrix or",
        ),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"p": [1, 0]}), {}, ValueError, "X has 1 rows, y has 2"),
        (pd.DataFrame({"a": [1, np.inf]}), None, {}, ValueError, "row 1: feature 'a' must be a finite number"),
        (pd.DataFrame({"a": [1e39]}), None, {}, ValueError, "row 0: feature 'a' must be a finite number"),
        (pd.DataFrame({"a": [1j]}), None, {}, TypeError, "feature 'a' must be real numbers"),
        (
            pd.DataFrame({"a": pd.to_datetime(["2026-01-31"])}),
            None,
            {},
            TypeError,
            "feature 'a' must be numbers, booleans, strings or categories, found datetime64",
        ),
        (pd.DataFrame({"a": ["x", 2.5]}), None, {}, TypeError, "row 1: feature 'a' must be strings or whole numbers"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            None,
            {},
            ValueError,
            "the names of the columns of X must be diff",
        ),
        (pd.DataFrame([[1]], columns=[None]), None, {}, TypeError, "feature: a name must be a str, int, bool"),
        (
            pd.DataFrame({"a": [1]}),
            pd.DataFrame({"p": ["yes"]}),
            {},
            ValueError,
            "row 0: label 'p' must be True, False or missing, found 'yes'",
        ),
        (csr_array([[np.inf]]), None, {"features": ["a"]}, ValueError, "row 0: feature 'a' must be a finite number"),
        (csr_array([[1.0]]), csr_array([[2]]), {}, ValueError, "y must hold 0 and 1 or booleans, found 2"),
        (csr_array([[1.0]]), None, {"features": ["a", "b"]}, ValueError, "1 columns, but 2 names of features"),
        (
            csr_array([[1.0, 1.0]]),
            None,
            {"features": ["a", "a"]},
            ValueError,
            "the names of features must be different",
        ),
        (
            csr_array([[1.0, 1.0]]),
            None,
            {"features": Vocabulary(["a"])},
            ValueError,
            "2 columns, but the vocabulary of features holds 1 names",
        ),
    ],
)
def test_what_is_no_table(X, y, options, kind, message):
    with pytest.raises(kind, match=message):
        from_table(X, y, **options)


def test_rows_with_other_indexes_are_not_paired_silently():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0]}, index=[0, 1, 2])
    y = pd.DataFrame({"p": [True, False, True]}, index=[0, 2, 1])
    with pytest.raises(ValueError, match="different indexes: row 1 is 1 in X and 2 in y"):
        from_table(X, y)
    assert len(from_table(X, y.loc[X.index])) == 3
    nan = [0.0, float("nan"), 1.0]
    assert len(from_table(X.set_axis(nan), y.set_axis(list(nan)))) == 3
