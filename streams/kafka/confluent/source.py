"""Reading with confluent-kafka."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.kafka.confluent.coordinator import Coordinator
from streams.kafka.confluent.failures import asking, ours
from streams.kafka.confluent.options import Denied, options
from streams.kafka.errors import OffsetOutOfRangeError, TransportError, UnknownTopicError
from streams.kafka.protocol import Offsets, Partition, Record
from streams.kafka.silence import Silence
from streams.kafka.within import within

if TYPE_CHECKING:
    from streams.kafka.confluent.client import ConfluentClient

#: The client waits in C, where Python cannot hear of signals; so it waits in pieces, in seconds.
PIECE = 0.2

#: Kilobytes that are fetched ahead of `poll`: most of a second at 40,000 messages of 1 KB.
AHEAD_KB = 32 << 10

#: More messages than this are not asked for in one call, as the client refuses more than a million.
MOST = 100_000

#: Seconds that leaving the group may take.
CLOSING = 5.0


class ConfluentSource:
    """Reads records; see `streams.kafka.protocol.Source`.

    Parameters
    ----------
    client
        Whose cluster.
    group
        Whose offsets are committed.
    committed_only
        Leave out records of transactions that are open or aborted.
    """

    def __init__(self, client: ConfluentClient, *, group: str | None, committed_only: bool) -> None:
        self._client, self._name, self._patience = client, client.name, client.settings.patience
        self._group, self._committed_only = group, committed_only
        self._denied = Denied(self._name)
        self._consumer = self._consume("read_committed" if committed_only else "read_uncommitted")
        # That client waits for open transactions only where it reads committed records only.
        self._coordinator = Coordinator(lambda: self._consume("read_committed"), self._patience)
        self._paused: set[Partition] = set()
        self._failure: TransportError | None = None
        self._silence = Silence(self._patience)
        self._ends: dict[Partition, int] = {}  # where a partition ended when its end was met last
        self._member = self._ended = False

    def _consume(self, isolation: str) -> Consumer:
        limit = self._client.settings.max_message_bytes
        fetch = max(limit, 16 << 20)
        configs = options(self._client.settings, self._denied) | {
            "group.id": self._group or f"ihomer-{uuid.uuid4()}",  # it has to have one; nothing is ever kept for it
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,  # for `positions`: nothing else tells of marks of transactions
            "allow.auto.create.topics": False,
            "partition.assignment.strategy": "cooperative-sticky",
            "heartbeat.interval.ms": 1_000,  # so long may it take until a member hears that others come or go; 3 s by default
            "check.crcs": True,
            # The broker sends the first batch of a fetch however large it is, so the largest record always gets through.
            "fetch.message.max.bytes": max(limit, 1 << 20),
            "fetch.max.bytes": fetch,
            "receive.message.max.bytes": fetch + limit + (1 << 20),
            "queued.max.messages.kbytes": AHEAD_KB,
            # When that much is there it looks again after so many milliseconds; by default a second, in which all may be read.
            "fetch.queue.backoff.ms": 20,
        }
        logger = configs.pop("logger")
        with asking(self._name, "make a consumer"):
            return Consumer(configs, logger=logger)

    def partitions(self, topic: str) -> list[int]:
        """Return the numbers of the partitions of `topic`, ascending, asked of the broker now; none if there is none."""
        return self._client.partitions([topic]).get(topic, [])

    def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions, each from its offset on; what was read before is forgotten, paused ones go on."""
        self._know(offsets)
        self._failure = None
        self._ends.clear()
        with asking(self._name, f"read {_list(offsets)}"):
            self._consumer.resume([TopicPartition(*p) for p in self._paused])  # the client would keep them paused
            self._consumer.unassign()
            self._consumer.assign(_theirs(offsets))
        self._paused.clear()
        self._silence.heard()

    def subscribe(
        self,
        topics: Collection[str],
        assigned: Callable[[list[Partition]], Offsets],
        revoked: Callable[[list[Partition]], None],
    ) -> None:
        """Read the partitions of `topics` that the group gives to this member, instead of `assign`."""
        self._know([Partition(topic, 0) for topic in topics])

        def came(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            if partitions:
                consumer.incremental_assign(_theirs(assigned(_ours(partitions))))

        def went(_consumer: Consumer, partitions: list[TopicPartition]) -> None:
            self._paused.difference_update(_ours(partitions))
            if partitions and not self._ended:
                revoked(_ours(partitions))

        with asking(self._name, f"join group {self._group!r} for topics {', '.join(topics)}"):
            self._member = True
            self._consumer.subscribe(list(topics), on_assign=came, on_revoke=went, on_lost=went)
        self._silence.heard()

    def poll(self, most: int, seconds: float) -> list[Record]:
        """Return at most `most` records that are there, those of a partition in order; waits up to `seconds` for the first."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        try:
            records = self._records(self._consumer.consume(min(most, MOST), 0))
            if not records and self._failure is None and seconds > 0:
                found = self._wait(seconds)
                if found and most > 1:
                    found += self._consumer.consume(min(most - 1, MOST), 0)
                records = self._records(found)
        except KafkaException as error:
            raise ours(error, self._name, "read") from error
        self._denied.check()
        if records or self._failure is not None:
            self._silence.heard()
        else:
            self._ask_after_silence()
        if not records and self._failure is not None:
            return self.poll(most, 0)
        return records

    def _records(self, messages: list[Any]) -> list[Record]:
        """Return the records among what the client gave; what else there was is noted."""
        records = []
        new, nan = tuple.__new__, math.nan
        for m in messages:
            if m.error() is not None:
                if not self._is_end(m):
                    self._failure = self._failure or self._failed(m)
                continue
            kind, milliseconds = m.timestamp()
            where = m.topic(), m.partition(), m.offset(), milliseconds / 1000 if kind else nan
            # What `Record(...)` does, at half the time.
            records.append(new(Record, (*where, m.key(), m.value(), m.headers() or ())))
        return records

    def _is_end(self, message: Any) -> bool:
        """Return whether the client says that a partition ends, and note where."""
        error = message.error()
        if error is None or error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
            return False
        self._ends[Partition(message.topic(), message.partition())] = message.offset()
        return True

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on reading a partition that is assigned at `offset`."""
        self._ends.pop(partition, None)
        # The client's own `seek` is refused just after an assignment, and after an offset that is not kept.
        with asking(self._name, f"read {_list([partition])} from offset {offset:,}"):
            self._consumer.incremental_unassign([TopicPartition(*partition)])
            self._consumer.incremental_assign([TopicPartition(*partition, offset)])
            if partition in self._paused:
                self._consumer.pause([TopicPartition(*partition)])

    def pause(self, partitions: Collection[Partition]) -> None:
        """Return nothing of these partitions until they are resumed."""
        with asking(self._name, f"pause {_list(partitions)}"):
            self._consumer.pause([TopicPartition(*p) for p in partitions])
        self._paused.update(partitions)

    def resume(self, partitions: Collection[Partition]) -> None:
        """End `pause`."""
        with asking(self._name, f"resume {_list(partitions)}"):
            self._consumer.resume([TopicPartition(*p) for p in partitions])
        self._paused.difference_update(partitions)

    def positions(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return of each, if known, the offset that is looked at next: what stands before was returned, or is no record."""
        with asking(self._name, f"tell the positions of {_list(partitions)}"):
            found = self._consumer.position([TopicPartition(*p) for p in partitions]) if partitions else []
        # After the last record the client's own position stays behind it, whatever marks of transactions follow.
        at = {p: max(tp.offset, self._ends.get(p, tp.offset)) for p, tp in zip(partitions, found, strict=True)}
        return {partition: position for partition, position in at.items() if position >= 0}

    def bounds(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return of each the first offset that is kept, and the one after the last that can be read (isolation counts)."""
        self._know(partitions)
        return self._client.bounds(partitions, committed_only=self._committed_only)

    def committed(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the group's committed offsets after open transactions have settled; partitions without are left out."""
        with asking(
            self._name, f"read the committed offsets of group {self._group!r} (is a transaction with them still open?)"
        ):
            wanted = [TopicPartition(*p) for p in partitions]
            answer = self._coordinator.ask(lambda client: client.committed(wanted, timeout=self._patience))
        return {Partition(tp.topic, tp.partition): tp.offset for tp in answer if tp.offset >= 0}

    def commit(self, offsets: Offsets) -> None:
        """Commit offsets for the group and wait for the answer; not for use with transactions."""
        if not offsets:
            return
        with asking(self._name, f"commit offsets of {_list(offsets)} for group {self._group!r}"):
            wanted = _theirs(offsets)
            if self._member:  # whom the broker lets commit
                self._coordinator.patiently(lambda _left: self._consumer.commit(offsets=wanted, asynchronous=False))
            else:
                self._coordinator.ask(lambda client: client.commit(offsets=wanted, asynchronous=False))

    def close(self) -> None:
        """Let go of all connections; nothing is committed."""
        self._ended = True
        with suppress(TimeoutError):
            within(CLOSING, self._consumer.close)
        self._coordinator.close(CLOSING)

    def _wait(self, seconds: float) -> list[Any]:
        """Return the first message that comes, in a list, or none."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            found: list[Any] = self._consumer.consume(1, max(min(left, PIECE), 0))
            if found and not self._is_end(found[0]):
                return found
            if left <= (0 if found else PIECE):
                return []

    def _know(self, partitions: Collection[Partition]) -> None:
        """Raise `UnknownTopicError` if one of these partitions is not there: the client would look for it for long."""
        there = self._client.partitions({p.topic for p in partitions})
        for partition in partitions:
            numbers = there.get(partition.topic, [])
            if not numbers:
                raise UnknownTopicError(f"{self._name}: there is no topic {partition.topic!r}")
            if partition.number not in numbers:
                found = f"has {len(numbers)} partitions, found none with number {partition.number}"
                raise UnknownTopicError(f"{self._name}: topic {partition.topic!r} {found}")

    def _ask_after_silence(self) -> None:
        assignment = self._consumer.assignment() if self._silence.too_long() else []
        if assignment:
            self._know(_ours(assignment))
            self._silence.heard()

    def _failed(self, message: Any) -> TransportError:
        error = message.error()
        if message.topic() is None or message.partition() is None or message.partition() < 0:
            return ours(error, self._name, "read")
        partition = Partition(message.topic(), message.partition())
        if error.code() in {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}:  # noqa: SLF001
            return OffsetOutOfRangeError(partition, message.offset(), *self.bounds([partition])[partition])
        return ours(error, self._name, f"read {_list([partition])}")


def _ours(partitions: list[TopicPartition]) -> list[Partition]:
    return sorted(Partition(tp.topic, tp.partition) for tp in partitions)


def _theirs(offsets: Offsets) -> list[TopicPartition]:
    return [TopicPartition(*p, offset) for p, offset in offsets.items()]


def _list(partitions: Collection[Partition]) -> str:
    return ", ".join(f"{topic}[{number}]" for topic, number in sorted(partitions)) or "nothing"
