"""Metrics against scikit-learn on random label sets."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from ihomer.evaluation import Metrics
from ihomer.predictions import Predictions
from streams import Batch, Vocabulary

N, L = 700, 25


def csr(table):
    indptr = np.zeros(len(table) + 1, np.int64)
    np.cumsum(table.sum(axis=1), out=indptr[1:])
    return indptr, np.nonzero(table)[1].astype(np.int32)


@pytest.fixture(scope="module", params=[0.02, 0.15, 0.6])
def tables(request):
    """Truth, prediction and scores at several densities, with empty rows and labels that never hold."""
    rng = np.random.default_rng(int(request.param * 100))
    truth = rng.random((N, L)) < request.param * rng.random(L) * 2
    predicted = truth ^ (rng.random((N, L)) < request.param / 2)
    truth[:, 3] = predicted[:, 3] = predicted[:, 4] = False
    return truth.astype(int), predicted.astype(int), rng.random((N, L))


def run(tables, batch_rows, window=None):
    truth, predicted, scores = tables
    names = [f"l{i}" for i in range(L)]
    labels, features = Vocabulary(names), Vocabulary()
    metrics = Metrics(names, window=window)
    for at in range(0, N, batch_rows):
        span = slice(at, at + batch_rows)
        indptr, indices = csr(truth[span])
        n = len(indptr) - 1
        batch = Batch(
            features, labels, np.zeros(n + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32),
            indptr, indices, np.full(n, 2, np.uint8),
        )  # fmt: skip
        top = np.argsort(-scores[span], axis=1, kind="stable")[:, :5].astype(np.int32)
        metrics.update(batch, Predictions(labels, *csr(predicted[span]), top, np.zeros((n, 5), np.float32)))
    return metrics


def expected(truth, predicted, scores):
    values = {
        "subset_accuracy": sk.accuracy_score(truth, predicted),
        "hamming_loss": sk.hamming_loss(truth, predicted),
        "micro_jaccard": sk.jaccard_score(truth, predicted, average="micro"),
        "example_f1": sk.f1_score(truth, predicted, average="samples", zero_division=1),
        "example_jaccard": sk.jaccard_score(truth, predicted, average="samples", zero_division=1),
    }
    for kind, score in (("f1", sk.f1_score), ("precision", sk.precision_score), ("recall", sk.recall_score)):
        for average in ("micro", "macro"):
            values[f"{average}_{kind}"] = score(truth, predicted, average=average, zero_division=0)
    both_empty = np.mean((truth.sum(axis=1) == 0) & (predicted.sum(axis=1) == 0))
    for kind, score in (("precision", sk.precision_score), ("recall", sk.recall_score)):
        # scikit-learn's zero_division does not tell both sets empty from one of them.
        values[f"example_{kind}"] = score(truth, predicted, average="samples", zero_division=0) + both_empty
    order = np.argsort(-scores, axis=1, kind="stable")
    for k in (1, 3, 5):
        values[f"p_at_{k}"] = np.take_along_axis(truth, order[:, :k], axis=1).mean()
        values[f"ndcg_at_{k}"] = sk.ndcg_score(truth, scores, k=k)
    return values


def without_propensity(values):
    """What scikit-learn has no word for; the naive twin has."""
    return {name: value for name, value in values.items() if not name.startswith("ps")}


@pytest.mark.parametrize("batch_rows", [1, 64, N])
def test_cumulative(tables, batch_rows):
    assert without_propensity(run(tables, batch_rows).cumulative()) == pytest.approx(expected(*tables), rel=0, abs=1e-12)


@pytest.mark.parametrize("window", [1, 50, N + 10])
def test_windowed(tables, window):
    found = without_propensity(run(tables, 64, window).windowed())
    assert found == pytest.approx(expected(*(table[-window:] for table in tables)), rel=0, abs=1e-12)
