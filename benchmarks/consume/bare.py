"""The bare loop: the same clients with the same options and nothing around them consume, decode and produce.

    python -m benchmarks.consume.bare BOOTSTRAP CLIENT TOPIC TARGET MESSAGES BYTES
"""

from __future__ import annotations

import sys

import orjson

from streams.kafka.connect import connect
from streams.kafka.protocol import Partition
from streams.kafka.settings import ClusterSettings

#: Messages taken at a time, as by the daemon.
MOST = 1_000


def main() -> None:
    """Consume so many messages, decode each, and send a value of so many bytes for it."""
    bootstrap, client, topic, target, n, size = sys.argv[1:]
    made = connect(ClusterSettings(bootstrap=bootstrap, client=client))
    source, sink = made.source(), made.sink()
    source.assign({Partition(topic, 0): 0})
    # Ours are opened up so that options are the same; the loops are what anybody would write.
    consumer, producer = source._consumer, sink._producer  # type: ignore[attr-defined] # noqa: SLF001
    loop = over_confluent if client == "confluent" else over_kafka_python
    loop(consumer, producer, target, int(n), bytes(int(size)))
    producer.flush()
    sink.close()
    source.close()


def over_kafka_python(consumer: object, producer: object, target: str, n: int, value: bytes) -> None:
    """Consume n messages, decode each, and send `value` to `target`; with kafka-python."""
    poll, send, done = consumer.poll, producer.send, 0  # type: ignore[attr-defined]
    while done < n:
        for records in poll(timeout_ms=500, max_records=MOST).values():
            for record in records:
                orjson.loads(record.value)
                send(target, value)
            done += len(records)


def over_confluent(consumer: object, producer: object, target: str, n: int, value: bytes) -> None:
    """Consume n messages, decode each, and send `value` to `target`; with confluent-kafka."""
    consume, produce, poll, done = consumer.consume, producer.produce, producer.poll, 0  # type: ignore[attr-defined]
    while done < n:
        for message in consume(MOST, 0.02):
            if message.error() is not None:  # the end of the topic
                continue
            orjson.loads(message.value())
            while True:
                try:
                    produce(target, value)
                    break
                except BufferError:
                    poll(0.05)
            done += 1


if __name__ == "__main__":
    main()
