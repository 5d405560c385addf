"""What the daemon says of instances, as bytes: predictions as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import orjson

from ihomer.predictions import Predictions
from streams.batch import Batch
from streams.kafka.protocol import Record


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
    names = _Names(predictions)
    sets = names.sets(predictions)
    bests = names.bests(predictions, top)
    sources: dict[tuple[str, int], bytes] = {}
    lines = []
    for place, version, head, held, best in zip(places, versions.tolist(), _heads(batch), sets, bests, strict=True):
        topic, partition, offset = records[place][:3]
        source = sources.get((topic, partition))
        if source is None:
            source = b'"source":{"topic":%b,"partition":%d,"offset":' % (orjson.dumps(topic), partition)
            sources[topic, partition] = source
        lines.append(
            b'%b"predicted":[%b],"top":[%b],"model_version":%d,%b%d}}' % (head, held, best, version, source, offset)
        )
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


class _Names:
    """The labels that rows are told of, numbered in the order of their names as strings, as JSON."""

    def __init__(self, predictions: Predictions) -> None:
        ids = {*predictions.indices.tolist(), *predictions.top_ids.ravel().tolist()} - {-1}
        labels = [(str(name := predictions.labels.name(i)), i, name) for i in sorted(ids)]
        labels.sort(key=itemgetter(0))
        self.json = [orjson.dumps(name) for _, _, name in labels]
        self.rank = {i: rank for rank, (_, i, _) in enumerate(labels)}

    def sets(self, predictions: Predictions) -> list[bytes]:
        """Return the predicted set of each row, without brackets."""
        ranks = [self.rank[i] for i in predictions.indices.tolist()]
        name = self.json.__getitem__
        return [b",".join(map(name, sorted(ranks[a:b]))) for a, b in pairwise(predictions.indptr.tolist())]

    def bests(self, predictions: Predictions, top: int) -> list[bytes]:
        """Return the best labels of each row with their scores, without the brackets around all."""
        opened = {i: b"[%b," % self.json[rank] for i, rank in self.rank.items()}
        ids = predictions.top_ids[:, :top]
        # A million times a float32 is exact in float64: what comes out is what `round` gives.
        scores = _numbers(np.rint(predictions.top_scores[:, :top].astype(np.float64) * 1e6) / 1e6)
        pairs = [opened[i] + score + b"]" if i >= 0 else b"" for i, score in zip(ids.ravel().tolist(), scores, strict=True)]
        k = ids.shape[1]
        # Where there are fewer than k labels, what stands for none is at the end.
        return [b",".join(pairs[at : at + k]).rstrip(b",") for at in range(0, len(ids) * k, k or 1)] if k else [b""] * len(ids)


def _heads(batch: Batch) -> list[bytes]:
    """Return how each row begins: with its id and its time, if it has them."""
    n = len(batch)
    heads = [b"{"] * n
    if batch.keys is not None:
        heads = [b"{" if key is None else b'{"id":%b,' % orjson.dumps(key) for key in batch.keys]
    if batch.times is not None:
        times = _numbers(batch.times)
        heads = [
            head if time == b"null" else b'%b"t":%b,' % (head, time) for head, time in zip(heads, times, strict=True)
        ]
    return heads


def _numbers(values: npt.NDArray[np.float64]) -> list[bytes]:
    """Return each number as JSON; NaN is null."""
    return orjson.dumps(values.ravel().tolist())[1:-1].split(b",") if values.size else []
