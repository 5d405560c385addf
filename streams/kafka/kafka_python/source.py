"""Reading with kafka-python."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kafka import KafkaConsumer
from kafka import errors as theirs
from kafka.structs import OffsetAndMetadata, TopicPartition

from streams.kafka.errors import OffsetOutOfRangeError, TransportError, UnknownTopicError
from streams.kafka.kafka_python.failures import asking, ours
from streams.kafka.kafka_python.membership import ASSIGNORS, Membership
from streams.kafka.kafka_python.options import made
from streams.kafka.protocol import Offsets, Partition, Record
from streams.kafka.silence import Silence

if TYPE_CHECKING:
    from streams.kafka.kafka_python.client import KafkaPythonClient


class KafkaPythonSource:
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

    def __init__(self, client: KafkaPythonClient, *, group: str | None, committed_only: bool) -> None:
        self._client, self._name, self._settings = client, client.name, client.settings
        self._group, self._committed_only = group, committed_only
        self._patience = int(client.settings.patience * 1000)
        self._consumer = self._consume("read_committed" if committed_only else "read_uncommitted")
        self._settled: Any = self._consumer if committed_only else None
        self._member: Membership | None = None
        self._silence = Silence(client.settings.patience)

    def _consume(self, isolation: str) -> Any:
        limit = self._settings.max_message_bytes
        return made(
            KafkaConsumer,
            self._settings,
            group_id=self._group,
            isolation_level=isolation,
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
            partition_assignment_strategy=ASSIGNORS,
            heartbeat_interval_ms=1_000,  # so long may it take until a member hears that others come or go; 3 s by default
            # The broker sends the first batch of a fetch however large it is, so the largest record always gets through; room
            # for one such record keeps several partitions going beside it.
            max_partition_fetch_bytes=max(limit, 1 << 20),
            fetch_max_bytes=max(limit, 16 << 20),
            metrics_enabled=False,  # they cost several microseconds for every record
        )

    def partitions(self, topic: str) -> list[int]:
        """Return the numbers of the partitions of `topic`, ascending, asked of the broker now; none if there is none."""
        return self._client.partitions([topic]).get(topic, [])

    def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions, each from its offset on; what was read before is forgotten, paused ones go on."""
        self._know(offsets)
        with asking(self._name, f"read {_list(offsets)}"):
            self._consumer.assign([TopicPartition(*p) for p in offsets])
            for partition, offset in offsets.items():
                self._consumer.seek(TopicPartition(*partition), offset)
            self._consumer.resume(*self._consumer.paused())
        self._silence.heard()

    def subscribe(
        self,
        topics: Collection[str],
        assigned: Callable[[list[Partition]], Offsets],
        revoked: Callable[[list[Partition]], None],
    ) -> None:
        """Read the partitions of `topics` that the group gives to this member, instead of `assign`."""
        self._know([Partition(topic, 0) for topic in topics])
        self._member = Membership(self._consumer, assigned, revoked)
        with asking(self._name, f"join group {self._group!r} for topics {', '.join(topics)}"):
            self._consumer.subscribe(list(topics), listener=self._member)
        self._silence.heard()

    def poll(self, most: int, seconds: float) -> list[Record]:
        """Return at most `most` records that are there, those of a partition in order; waits up to `seconds` for the first."""
        self._unpark()
        poll = self._consumer.poll if self._member is None else self._member.poll
        try:
            found = poll(timeout_ms=int(seconds * 1000), max_records=most)
        except theirs.OffsetOutOfRangeError as error:
            raise self._out_of_range(error) from error
        except (theirs.KafkaError, OSError) as error:
            raise ours(error, self._name, f"read {_list(self._assignment())}") from error
        if not found:
            self._ask_after_silence()
            return []
        self._silence.heard()
        return [
            Record(topic, number, r.offset, r.timestamp / 1000 if r.timestamp >= 0 else math.nan, r.key, r.value, r.headers)
            for (topic, number), records in found.items()
            for r in records
        ]

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on reading a partition that is assigned at `offset`."""
        self._consumer.seek(TopicPartition(*partition), offset)

    def pause(self, partitions: Collection[Partition]) -> None:
        """Return nothing of these partitions until they are resumed."""
        self._consumer.pause(*(TopicPartition(*p) for p in partitions))

    def resume(self, partitions: Collection[Partition]) -> None:
        """End `pause`."""
        self._consumer.resume(*(TopicPartition(*p) for p in partitions))

    def positions(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return of each, if known, the offset that is looked at next: what stands before was returned, or is no record."""
        with asking(self._name, f"tell the positions of {_list(partitions)}"):
            found = {p: self._consumer.position(TopicPartition(*p), timeout_ms=self._patience) for p in partitions}
        return {partition: position for partition, position in found.items() if position is not None}

    def bounds(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return of each the first offset that is kept, and the one after the last that can be read (isolation counts)."""
        self._know(partitions)
        wanted = [TopicPartition(*p) for p in partitions]
        with asking(self._name, f"find the ends of {_list(partitions)}"):
            first = self._consumer.beginning_offsets(wanted, timeout_ms=self._patience)
            end = self._consumer.end_offsets(wanted, timeout_ms=self._patience)
        return {Partition(*tp): (first[tp], end[tp]) for tp in wanted}

    def committed(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the group's committed offsets after open transactions have settled; partitions without are left out."""
        if self._settled is None:
            # The client waits for open transactions only where it reads committed records only.
            self._settled = self._consume("read_committed")
        found = {}
        with asking(
            self._name, f"read the committed offsets of group {self._group!r} (is a transaction with them still open?)"
        ):
            for partition in partitions:
                offset = self._settled.committed(TopicPartition(*partition), timeout_ms=self._patience)
                if offset is not None:
                    found[partition] = offset
        return found

    def commit(self, offsets: Offsets) -> None:
        """Commit offsets for the group and wait for the answer; not for use with transactions."""
        wanted = {TopicPartition(*p): OffsetAndMetadata(offset, "", -1) for p, offset in offsets.items()}
        with asking(self._name, f"commit offsets of {_list(offsets)} for group {self._group!r}"):
            self._consumer.commit(wanted, timeout_ms=self._patience)

    def close(self) -> None:
        """Let go of all connections; nothing is committed."""
        if self._member is not None:
            self._member.end()
        for consumer in {self._consumer, self._settled} - {None}:
            # Leaving the group is good manners; a broker that is gone cannot hear it.
            with suppress(theirs.KafkaError, OSError):
                consumer.close(autocommit=False, timeout_ms=min(self._patience, 5_000))

    def _unpark(self) -> None:
        """Let records go on that were fetched before their partition was paused.

        kafka-python (3.0) keeps them aside, and takes them up again only where no other partition's records were in hand
        before, read or not: else never.
        """
        fetcher = self._consumer._fetcher  # noqa: SLF001
        if getattr(fetcher, "_paused_partition_records", None) and not fetcher._next_partition_records:  # noqa: SLF001
            fetcher._next_partition_records = None  # noqa: SLF001

    def _assignment(self) -> list[Partition]:
        return sorted(Partition(*tp) for tp in self._consumer.assignment())

    def _know(self, partitions: Collection[Partition]) -> None:
        """Raise `UnknownTopicError` if one of these partitions is not there: the client would look for it for ever."""
        there = self._client.partitions({p.topic for p in partitions})
        for partition in partitions:
            if partition.number not in there.get(partition.topic, ()):
                raise UnknownTopicError(missing(self._name, partition, len(there.get(partition.topic, ()))))

    def _ask_after_silence(self) -> None:
        assignment = self._assignment() if self._silence.too_long() else []
        if assignment:
            self._know(assignment)
            self._silence.heard()

    def _out_of_range(self, error: theirs.OffsetOutOfRangeError) -> TransportError:
        place, offset = next(iter(error.args[0].items()))
        partition = Partition(*place)
        return OffsetOutOfRangeError(partition, offset, *self.bounds([partition])[partition])


def missing(cluster: str, partition: Partition, there: int) -> str:
    """Return what to say of a partition that is not there, in a topic of so many."""
    if not there:
        return f"{cluster}: there is no topic {partition.topic!r}"
    return f"{cluster}: topic {partition.topic!r} has {there} partitions, found none with number {partition.number}"


def _list(partitions: Collection[Partition]) -> str:
    return ", ".join(f"{topic}[{number}]" for topic, number in sorted(partitions)) or "nothing"
