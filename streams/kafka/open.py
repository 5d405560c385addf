"""A topic, named by a line of text, as a stream."""

from __future__ import annotations

from streams.errors import BadRows
from streams.kafka.connect import connect
from streams.kafka.spec import parse
from streams.kafka.stream import KafkaStream


def open_kafka(spec: str, bad_rows: BadRows | None = None) -> KafkaStream:
    """Return the stream that ``kafka:TOPIC?parameter=value&...`` names; see `streams.kafka.spec.parse`.

    Raises
    ------
    StreamError
        If `spec` is not such a line, there is no such topic, or its cluster cannot be reached.
    """
    told = parse(spec)
    return KafkaStream(
        connect(told.cluster),
        told.topic,
        bad_rows,
        start=told.start,
        endless=told.endless,
        partitions=told.partitions,
        patience=told.cluster.patience,
    )
