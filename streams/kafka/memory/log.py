"""A Kafka cluster in memory."""

from __future__ import annotations

import threading
import time as wall
from collections import defaultdict
from collections.abc import Callable, Mapping

from streams.kafka.errors import TopicExistsError, TransportError, UnknownTopicError
from streams.kafka.memory.faults import Faults
from streams.kafka.memory.group import Group
from streams.kafka.memory.partition import PartitionLog, Transaction
from streams.kafka.memory.sink import MemorySink
from streams.kafka.memory.source import MemorySource
from streams.kafka.protocol import Partition


class MemoryLog:
    """A Kafka cluster in memory; see `streams.kafka.protocol.Client`.

    Records are there once they are flushed, or their transaction is committed, and not before: whoever forgets that is found
    out.

    Parameters
    ----------
    clock
        Says the time of records that are sent without one, in seconds since 1970.
    sleep
        Called with the seconds of a `poll` that finds nothing, which then looks once more.
    max_message_bytes
        The largest record; a topic's configuration may say less ("max.message.bytes").

    Examples
    --------
    >>> from streams.kafka.protocol import Partition
    >>> log = MemoryLog(clock=lambda: 12.5)
    >>> log.create_topic("rows", partitions=2)
    >>> sink, source = log.sink(), log.source(group="readers")
    >>> sink.send("rows", b"{}", key=b"order 17")
    >>> sink.flush(1.0)
    >>> source.assign({Partition("rows", number): 0 for number in source.partitions("rows")})
    >>> source.poll(100, 0.0)
    [Record(topic='rows', partition=0, offset=0, time=12.5, key=b'order 17', value=b'{}', headers=())]
    >>> log.drop_before(Partition("rows", 0), 1)  # retention
    >>> source.bounds([Partition("rows", 0)])
    {Partition(topic='rows', number=0): (1, 1)}
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = wall.time,
        sleep: Callable[[float], None] = wall.sleep,
        max_message_bytes: int = 1 << 20,
    ) -> None:
        self.name = "memory"
        self.clock, self.sleep, self.max_message_bytes = clock, sleep, max_message_bytes
        #: What is to go wrong.
        self.faults = Faults()
        #: Held while the log is read or changed; sources and sinks may live in different threads.
        self.lock = threading.RLock()
        self.groups: defaultdict[str, Group] = defaultdict(Group)
        #: transactional id -> how many sinks it had, and the transaction of the last that is still open.
        self.epochs: defaultdict[str, int] = defaultdict(int)
        self.open: dict[str, Transaction] = {}
        self._topics: dict[str, list[PartitionLog]] = {}
        self._configs: dict[str, dict[str, str]] = {}

    def source(self, *, group: str | None = None, committed_only: bool = True) -> MemorySource:
        """Return a source; `group` is whose offsets it commits, `committed_only` leaves records of open transactions out."""
        with self.faults.around("source"):
            return MemorySource(self, group=group, committed_only=committed_only)

    def sink(self, *, transactional_id: str | None = None) -> MemorySink:
        """Return a sink. With a transactional id older ones of that id are fenced, and their transaction has settled."""
        with self.faults.around("sink"), self.lock:
            if transactional_id is not None:
                self.epochs[transactional_id] += 1
                self.settle(transactional_id, "aborted")
            return MemorySink(self, transactional_id=transactional_id)

    def topics(self) -> dict[str, int]:
        """Return the topics there are, with their numbers of partitions."""
        with self.faults.around("topics"), self.lock:
            return {name: len(logs) for name, logs in self._topics.items()}

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Create a topic; TopicExistsError if it is there."""
        with self.faults.around("create_topic"), self.lock:
            if name in self._topics:
                raise TopicExistsError(f"{self.name}: topic {name!r} is there already")
            self._topics[name] = []
            self._configs[name] = dict(config or {})
            self._extend(name, partitions)

    def add_partitions(self, name: str, partitions: int) -> None:
        """Let a topic have `partitions` partitions, more than it has."""
        with self.faults.around("add_partitions"), self.lock:
            if partitions <= self.count(name):
                raise TransportError(
                    f"{self.name}: topic {name!r} has {self.count(name)} partitions, found {partitions}, expected more",
                    retriable=False,
                )
            self._extend(name, partitions)

    def close(self) -> None:
        """Let go of nothing: the log stays, for other clients."""

    def drop_before(self, partition: Partition, offset: int) -> None:
        """Let go of all records of a partition before `offset`, as retention does."""
        with self.lock:
            self.partition(partition).drop_before(offset)

    def rebalance(self, group: str) -> None:
        """Share the partitions of a group's topics out anew, the new ones too; members learn of it when they poll."""
        with self.lock:
            found = self.groups[group]
            found.rebalance(p.name for topic in found.topics() for p in self._topics.get(topic, ()))

    def partition(self, partition: Partition) -> PartitionLog:
        """Return the records of a partition.

        Raises
        ------
        UnknownTopicError
            If there is no such topic, or no such partition of it.
        """
        logs = self._topics.get(partition.topic)
        if logs is None:
            raise UnknownTopicError(f"{self.name}: there is no topic {partition.topic!r}")
        if not 0 <= partition.number < len(logs):
            raise UnknownTopicError(
                f"{self.name}: topic {partition.topic!r} has {len(logs)} partitions, found none with number {partition.number}"
            )
        return logs[partition.number]

    def count(self, topic: str) -> int:
        """Return how many partitions a topic has.

        Raises
        ------
        UnknownTopicError
            If there is no such topic.
        """
        self.partition(Partition(topic, 0))
        return len(self._topics[topic])

    def limit(self, topic: str) -> int:
        """Return how many bytes a record of `topic` may have.

        Raises
        ------
        UnknownTopicError
            If there is no such topic.
        """
        self.count(topic)
        return min(int(self._configs[topic].get("max.message.bytes", self.max_message_bytes)), self.max_message_bytes)

    def settle(self, transactional_id: str, state: str) -> None:
        """End the open transaction of an id, if there is one: "committed" or "aborted"."""
        transaction = self.open.pop(transactional_id, None)
        if transaction is None:
            return
        transaction.state = state
        for partition in transaction.first:
            self.partition(partition).settle(transaction)
        if state == "committed":
            for group, offsets in transaction.offsets.items():
                self.groups[group].offsets |= offsets

    def _extend(self, topic: str, partitions: int) -> None:
        logs = self._topics[topic]
        logs += [PartitionLog(Partition(topic, number)) for number in range(len(logs), partitions)]
