"""The clusters on which the conformance suite runs: what each can do besides the protocol."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Protocol

from streams.kafka.connect import connect
from streams.kafka.memory import MemoryLog
from streams.kafka.protocol import Client, Partition, Record, Sink, Source
from tests.broker import Cluster

#: The limit of a record in all clusters, in bytes.
LIMIT = 100_000


class Backend(Protocol):
    """A cluster."""

    client: Client

    def topic(self, partitions: int = 1, **config: object) -> str:
        """Make a topic."""

    def drop_before(self, partition: Partition, offset: int) -> None:
        """Let retention have been at work."""


class Memory:
    """The log in memory."""

    def __init__(self) -> None:
        self.client = MemoryLog(max_message_bytes=LIMIT)
        self._numbers = itertools.count()
        self.drop_before = self.client.drop_before

    def topic(self, partitions: int = 1, **config: object) -> str:
        name = f"topic-{next(self._numbers)}"
        self.client.create_topic(name, partitions, {key.replace("_", "."): str(value) for key, value in config.items()})
        return name


class Real:
    """A real cluster through one of the two clients."""

    def __init__(self, cluster: Cluster, client: str) -> None:
        self._cluster = cluster
        self.client = connect(replace(cluster.settings(client), max_message_bytes=LIMIT, patience=10.0))
        self.topic = cluster.topic

    def drop_before(self, partition: Partition, offset: int) -> None:
        from kafka import KafkaAdminClient, TopicPartition

        admin = KafkaAdminClient(bootstrap_servers=self._cluster.bootstrap)
        admin.delete_records({TopicPartition(*partition): offset})
        admin.close()


def read(source: Source, n: int, seconds: float = 10.0) -> list[Record]:
    """Poll until `n` records have come, and see that there are no more."""
    found: list[Record] = []
    end = time.monotonic() + seconds
    while len(found) < n and time.monotonic() < end:
        found += source.poll(1_000, 0.2)
    assert len(found) == n
    return found


def nothing(source: Source, seconds: float = 0.3) -> bool:
    """Return whether no record comes for so long."""
    return source.poll(1_000, seconds) == []


def write(sink: Sink, topic: str, *values: bytes | None, partition: int | None = 0) -> None:
    """Send records without keys and wait until they are there."""
    for value in values:
        sink.send(topic, value, partition=partition)
    sink.flush(10.0)
