"""Data frames and matrices go in, and come out."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from ihomer import IHOMER
from streams import Batch, Vocabulary
from streams.tables import from_table


def test_a_frame_is_its_rows() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=100), "colour": rng.choice(["red", "green"], 100)}, index=np.arange(5, 105))
    X.loc[10, "colour"] = None
    y = pd.DataFrame({"p": X["a"] > 0, "q": X["colour"] == "red"})
    whole, singly = IHOMER(), IHOMER()
    answers = whole.predict_learn_many(X, y)
    assert list(answers.index) == list(X.index)
    assert set(answers.columns) == {"p", "q"}
    for i in X.index:
        x = {k: None if pd.isna(v) else v for k, v in X.loc[i].items()}
        assert {label for label in answers.columns if answers.loc[i, label]} == singly.predict_set_one(x)
        singly.learn_one(x, {label for label in y.columns if y.loc[i, label]})
    assert pickle.dumps(whole) == pickle.dumps(singly)
    pd.testing.assert_frame_equal(whole.predict_many(X), singly.predict_many(X))


@pytest.mark.parametrize("label_space", ["few", "many"])
def test_labels_that_are_retired_meanwhile_keep_their_columns(label_space: str) -> None:
    label = np.concatenate((np.arange(300) % 30, 30 + np.arange(213) % 20))
    X = pd.DataFrame({f"w{j}": (label == j).astype(float) for j in range(50)})
    y = pd.DataFrame({f"l{j}": label == j for j in range(50)})
    model, twin = (IHOMER(preset="fast", label_space=label_space, max_labels=25) for _ in range(2))
    frame = model.predict_learn_many(X, y)
    said = twin.predict_learn_many(from_table(X, y))
    assert model.n_labels < 25 < frame.shape[1]  # they are more than the model still knows
    assert [set(frame.columns[row]) for row in frame.to_numpy()] == [said.label_set(i) for i in range(len(said))]


def test_a_matrix_is_its_rows() -> None:
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(100, 6)) * (rng.random((100, 6)) < 0.4)
    truth = np.stack([dense[:, 0] > 0, dense[:, 1] > 0, np.zeros(100, bool)], axis=1)
    X, y = csr_array(dense), csr_array(truth)
    model, twin = IHOMER(), IHOMER()
    model.learn_many(X, y)
    names = Vocabulary(range(6)), Vocabulary(range(3))
    pairs = [
        ({j: v for j, v in enumerate(row) if v}, set(np.flatnonzero(t).tolist()))
        for row, t in zip(dense, truth, strict=True)
    ]
    twin.learn_many(Batch.from_pairs(pairs, *names))
    assert pickle.dumps(model) == pickle.dumps(twin)
    answer = model.predict_many(X)
    assert answer.shape == (100, 2)
    for i in range(100):
        assert set(answer[[i]].indices.tolist()) == model.predict_set_one(pairs[i][0])


def test_labels_that_are_no_columns_are_named() -> None:
    model = IHOMER()
    model.learn_one({0: 1.0}, {"red"})
    with pytest.raises(ValueError, match="there is a label 'red'"):
        model.predict_many(csr_array([[1.0]]))
    with pytest.raises(TypeError, match="a Batch holds its labels"):
        model.learn_many(Batch.from_pairs([]), csr_array([[1.0]]))
