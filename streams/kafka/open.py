"""A topic, named by a line of text, as a stream."""

from __future__ import annotations

import weakref

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
    client = connect(told.cluster)
    try:
        stream = KafkaStream(
            client,
            told.topic,
            bad_rows,
            start=told.start,
            endless=told.endless,
            partitions=told.partitions,
            patience=told.cluster.patience,
        )
    except BaseException:
        client.close()
        raise
    # Nobody closes a stream: it can be read again as long as it is there.
    weakref.finalize(stream, client.close)
    return stream
