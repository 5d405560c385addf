"""What the daemon says of instances, as bytes: predictions as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import orjson

from ihomer.predictions import Predictions
from streams.batch import Batch
from streams.kafka.protocol import Record
from streams.names import Name


def encode_predictions(
    batch: Batch, predictions: Predictions, records: Sequence[Record], versions: npt.NDArray[np.int64], top: int
) -> list[bytes]:
    r"""Return the predictions for the rows of a batch, each as JSON that keeps to `prediction.schema.json`.

    Names of labels stay strings or numbers as they came, those of the predicted set in the order of the names as strings.

    Parameters
    ----------
    batch
        The instances; `places` are their indices among `records`.
    predictions
        For these rows.
    records
        Where they came from.
    versions
        int64, shape (rows,): how many instances the model had learned before each.
    top
        How many of the best labels are named; as many as `predictions` ranks at most.

    Examples
    --------
    >>> from streams import Vocabulary
    >>> batch = Batch.from_pairs([({"a": 1.0}, None)])
    >>> ids, scores = np.array([[1, 0]], np.int32), np.array([[0.75, 0.125]], np.float32)
    >>> said = Predictions(Vocabulary(["red", "blue"]), np.array([0, 1]), np.array([1], np.int32), ids, scores)
    >>> record = Record("fruit", 0, 41, 2.5, None, b"...")
    >>> [line] = encode_predictions(batch, said, [record], np.array([7]), top=5)
    >>> print(line[:58].decode(), line[58:].decode(), sep="\n")
    {"predicted":["blue"],"top":[["blue",0.75],["red",0.125]],
    "model_version":7,"source":{"topic":"fruit","partition":0,"offset":41}}
    """
    n = len(batch)
    places = range(n) if batch.places is None else batch.places.tolist()
    keys = [None] * n if batch.keys is None else batch.keys
    times = [math.nan] * n if batch.times is None else batch.times.tolist()
    sets, bests = _names(predictions, top)
    lines = []
    for place, key, time, held, best, version in zip(places, keys, times, sets, bests, versions.tolist(), strict=True):
        topic, partition, offset = records[place][:3]
        line: dict[str, object] = {}
        if key is not None:
            line["id"] = key
        if time == time:  # not NaN
            line["t"] = time
        line["predicted"], line["top"], line["model_version"] = held, best, version
        line["source"] = {"topic": topic, "partition": partition, "offset": offset}
        lines.append(orjson.dumps(line))
    return lines


def without_labels(line: bytes) -> bytes:
    """Return a prediction that is too large for a message without its labels; "cut" says how many there were.

    Examples
    --------
    >>> without_labels(b'{"id":7,"predicted":["a","b"],"top":[["a",0.9]],"model_version":1,"source":{}}')
    b'{"id":7,"predicted":[],"top":[],"model_version":1,"source":{},"cut":2}'
    """
    whole = orjson.loads(line)
    return orjson.dumps({**whole, "predicted": [], "top": [], "cut": len(whole["predicted"])})


def _names(predictions: Predictions, top: int) -> tuple[Iterator[list[Name]], Iterator[list[tuple[Name, float]]]]:
    """Return the predicted set of each row, in the order of the names as strings, and its best labels with their scores."""
    labels, indptr, n = predictions.labels, predictions.indptr, len(predictions)
    ids = predictions.top_ids[:, :top]
    told = np.zeros(len(labels) + 1, np.bool_)  # the last place is that of -1, which stands for none
    told[predictions.indices] = told[ids] = True
    used = np.flatnonzero(told[:-1])
    names = sorted(((str(name := labels.name(i)), i, name) for i in used.tolist()), key=itemgetter(0))
    name_of = [name for _, _, name in names].__getitem__
    rank = np.zeros(len(labels) + 1, np.int64)
    rank[[i for _, i, _ in names]] = np.arange(len(names))
    # Rows one after the other, ranks ascending within each.
    held = np.sort(np.repeat(np.arange(n), np.diff(indptr)) * len(names) + rank[predictions.indices]) % max(len(names), 1)
    there = ids >= 0
    # A million times a float32 is exact in float64: what comes out is what `round` gives.
    scores = np.rint(predictions.top_scores[:, :top][there].astype(np.float64) * 1e6) / 1e6
    sets = list(map(name_of, held.tolist()))
    bests = list(zip(map(name_of, rank[ids[there]].tolist()), scores.tolist(), strict=True))
    ends = [0, *np.cumsum(there.sum(axis=1)).tolist()]
    return (sets[a:b] for a, b in pairwise(indptr.tolist())), (bests[a:b] for a, b in pairwise(ends))
