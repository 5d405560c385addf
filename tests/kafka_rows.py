"""Streams and topics for the tests of Kafka: rows of every kind, and what a stream says of them."""

from __future__ import annotations

import math

from streams import Batch
from streams.stream import ROWS, Stream

#: Rows as JSON Lines: categories, missing values, ids of both kinds, times, complete, partial and unlabelled rows.
MIXED = [
    '{"id": "a", "t": 1.5, "x": {"size": 2.5, "hue": "red"}, "y": ["apple", "fruit"]}',
    '{"id": 7, "x": {"size": null, "hue": "grün"}, "y": {"apple": false, "pear": true}}',
    '{"t": "2026-01-31T12:00:00Z", "x": {"hue": null}, "y": []}',
    '{"x": {"a b\\n\\u0001": -0.1, "size": 3e-5}, "y": ["pear"]}',
    '{"id": "b", "x": {}}',
]
VECTORS = [
    '{"x": [1, 0, null, 2.5], "y": ["p"], "id": 1}',
    '{"x": [0, 0, 0, -1e-3], "id": 2}',
    '{"x": [1, 2, 3, 4], "y": {"q": false}}',
]


def said(stream: Stream, rows: int = ROWS) -> list[tuple[object, ...]]:
    """Return all that a stream says of its rows: features, labels, id, time."""
    return [row for batch in stream.batches(rows) for row in said_of(batch)]


def said_of(batch: Batch) -> list[tuple[object, ...]]:
    keys = batch.keys or [None] * len(batch)
    times = [math.nan] * len(batch) if batch.times is None else batch.times.tolist()
    return [
        (x, y, key, None if math.isnan(time) else time)
        for (x, y), key, time in zip(batch.pairs(), keys, times, strict=True)
    ]
