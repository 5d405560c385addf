"""The peers that benchmarks run beside ours: predict, then learn, on the same rows. Extra `peers`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.evaluation.metrics import Metrics
from ihomer.peers.vw import example
from ihomer.predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.batch import Batch
    from streams.stream import Stream


#: Share of non-zeros from which on river gets the zeros, too.
DENSE = 0.5


def vw_text(batch: Batch, i: int) -> tuple[str, str]:
    """Return one row as Vowpal Wabbit's text: without labels to predict, and with them to learn."""
    span = slice(batch.indptr[i], batch.indptr[i + 1])
    pairs = zip(batch.indices[span].tolist(), batch.values[span].tolist(), strict=True)
    cells = [(j, v) for j, v in pairs if v == v]  # noqa: PLR0124
    return example(cells), example(cells, batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist())


def vowpal_wabbit(stream: Stream) -> tuple[dict[str, float], float]:
    """Run `vw --multilabel_oaa` through its Python API; return the metrics and CPU microseconds a row.

    The rows are brought into its text beforehand; parsing that text counts, as it does for whoever uses it.
    """
    from vowpalwabbit import Workspace

    n_labels = stream.declared_labels
    assert n_labels, f"{stream.name} declares no labels"
    vw: Any = Workspace(f"--multilabel_oaa {n_labels} -b 22 --quiet")
    metrics = Metrics(stream.labels.names[:n_labels])
    seconds, n = 0.0, 0
    for batch in stream.batches():
        texts = [vw_text(batch, i) for i in range(len(batch))]
        predicted = []
        start = time.process_time()
        for bare, labelled in texts:
            predicted.append(vw.predict(bare))
            vw.learn(labelled)
        seconds += time.process_time() - start
        n += len(batch)
        metrics.update(batch, predictions_of(batch, predicted))
    vw.finish()
    return metrics.cumulative(), 1e6 * seconds / max(n, 1)


def predictions_of(batch: Batch, sets: list[list[int]]) -> Predictions:
    """Return predicted label ids of `batch` as Predictions without a ranking."""
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum([len(s) for s in sets])))
    indices = np.array([k for s in sets for k in sorted(s)], np.int32)
    none = np.full((len(sets), 5), -1, np.int32)
    return Predictions(batch.labels, indptr, indices, none, np.zeros((len(sets), 5), np.float32))


def river_logistic(stream: Stream) -> tuple[dict[str, float], float]:
    """Run river's logistic regression per label on scaled features; return metrics and microseconds a row.

    Where most values are non-zeros, rows hold zeros, too, and are standardised; else only non-zeros, divided by the
    largest so far (standardised, a feature that is 1 wherever it is not left out would vanish). Features are scaled once
    for all labels, which gives what a pipeline per label would; categories are 0/1 columns. A label is predicted where
    its probability is over one half.
    """
    from river import linear_model, preprocessing

    first = next(iter(stream.batches()))
    dense = len(first.indices) > DENSE * len(first) * len(first.features)
    zeros = dict.fromkeys(range(len(first.features)), 0.0) if dense else {}
    scaler: Any = preprocessing.StandardScaler() if dense else preprocessing.MaxAbsScaler()
    models: dict[int, Any] = {}
    metrics = Metrics(stream.labels.names[: stream.declared_labels or 0])
    seconds, n = 0.0, 0
    for batch in stream.batches():
        rows = [_row_dict(batch, i, zeros) for i in range(len(batch))]
        predicted = []
        start = time.process_time()
        for x, held in rows:
            scaled = scaler.transform_one(x)
            predicted.append([k for k, model in models.items() if model.predict_proba_one(scaled)[True] > 0.5])
            for k in held:
                if k not in models:
                    models[k] = linear_model.LogisticRegression()
            scaler.learn_one(x)
            scaled = scaler.transform_one(x)
            for k, model in models.items():
                model.learn_one(scaled, k in held)
        seconds += time.process_time() - start
        n += len(batch)
        metrics.update(batch, predictions_of(batch, predicted))
    return metrics.cumulative(), 1e6 * seconds / max(n, 1)


def _row_dict(batch: Batch, i: int, zeros: dict[int, float]) -> tuple[dict[int, float], set[int]]:
    """Return one row as river wants it: column -> value over `zeros`, nothing missing, and the labels that hold."""
    span = slice(batch.indptr[i], batch.indptr[i + 1])
    pairs = zip(batch.indices[span].tolist(), batch.values[span].tolist(), strict=True)
    held = batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist()
    return zeros | {j: v for j, v in pairs if v == v}, set(held)  # noqa: PLR0124


PEERS: dict[str, Callable[[Stream], tuple[dict[str, float], float]]] = {
    "vw": vowpal_wabbit,
    "river": river_logistic,
}

