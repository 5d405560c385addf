"""The peers that benchmarks run beside ours: predict, then learn, on the same rows. Extra `peers`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.evaluation.metrics import Metrics
from ihomer.predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.batch import Batch
    from streams.stream import Stream


def _vw_text(batch: Batch, i: int) -> tuple[str, str]:
    """Return one row as Vowpal Wabbit's text: without labels to predict, and with them to learn."""
    span = slice(batch.indptr[i], batch.indptr[i + 1])
    pairs = zip(batch.indices[span].tolist(), batch.values[span].tolist(), strict=True)
    features = " | " + " ".join(f"{j}:{v:.7g}" for j, v in pairs if v == v)  # noqa: PLR0124
    labels = batch.label_indices[batch.label_indptr[i] : batch.label_indptr[i + 1]].tolist()
    return features, ",".join(map(str, labels)) + features


def vowpal_wabbit(stream: Stream) -> tuple[dict[str, float], float]:
    """Run `vw --multilabel_oaa` through its Python API; return the metrics and CPU microseconds a row.

    The rows are brought into its text beforehand; parsing that text counts, as it does for whoever uses it.
    """
    from vowpalwabbit import Workspace  # type: ignore[import-not-found]

    n_labels = stream.declared_labels
    assert n_labels, f"{stream.name} declares no labels"
    vw: Any = Workspace(f"--multilabel_oaa {n_labels} -b 22 --quiet")
    metrics = Metrics(stream.labels.names[:n_labels])
    seconds, n = 0.0, 0
    for batch in stream.batches():
        texts = [_vw_text(batch, i) for i in range(len(batch))]
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
    """Run river's logistic regression per label on standardised features; return metrics and microseconds a row."""
    from river import linear_model, preprocessing

    from ihomer import RiverLearner

    model = RiverLearner(preprocessing.StandardScaler() | linear_model.LogisticRegression())
    metrics = Metrics(stream.labels.names[: stream.declared_labels or 0])
    seconds, n = 0.0, 0
    for batch in stream.batches():
        start = time.process_time()
        predictions = model.predict_learn_many(batch)
        seconds += time.process_time() - start
        n += len(batch)
        metrics.update(batch, predictions)
    return metrics.cumulative(), 1e6 * seconds / max(n, 1)


PEERS: dict[str, Callable[[Stream], tuple[dict[str, float], float]]] = {
    "vw": vowpal_wabbit,
    "river": river_logistic,
}

