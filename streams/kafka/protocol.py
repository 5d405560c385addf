"""What the project asks of a Kafka client: to read records from places it chooses, and to write some in return."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

#: Headers of a record: names and values, in order; a name may stand there twice.
Headers = Sequence[tuple[str, bytes]]


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


#: Partition -> offset of the record that is next.
Offsets = Mapping[Partition, int]


class Record(NamedTuple):
    """One record that was read.

    Parameters
    ----------
    topic, partition, offset
        Where it stands.
    time
        Its timestamp in seconds since 1970-01-01 UTC; NaN if it has none.
    key, value
        Bytes, or None.
    headers
        Names and values.
    """

    topic: str
    partition: int
    offset: int
    time: float
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Source(Protocol):
    """Reads records. Used by one thread; errors are those of `streams.kafka.errors`."""

    def partitions(self, topic: str) -> list[int]:
        """Return the numbers of the partitions of `topic`, ascending, as they are now; none if there is no such topic."""

    def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions, each from its offset on; what was read before is forgotten, paused ones go on."""

    def subscribe(
        self,
        topics: Collection[str],
        assigned: Callable[[list[Partition]], Offsets],
        revoked: Callable[[list[Partition]], None],
    ) -> None:
        """Read the partitions of `topics` that the group gives to this member, instead of `assign`.

        Within `poll`, `revoked` is called with partitions before they go to others, and `assigned` with those that came; it
        returns where to begin with each of them.
        """

    def poll(self, most: int, seconds: float) -> list[Record]:
        """Return at most `most` records that are there, those of a partition in order; waits up to `seconds` for the first.

        Raises
        ------
        OffsetOutOfRangeError
            If the broker has no record at a place that is to be read: it names the partition, what is read of others goes on.
        TransportError
            If the broker cannot be reached for longer than the client's patience, or refuses.
        """

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on reading a partition that is assigned at `offset`."""

    def pause(self, partitions: Collection[Partition]) -> None:
        """Return nothing of these partitions until they are resumed."""

    def resume(self, partitions: Collection[Partition]) -> None:
        """End `pause`."""

    def positions(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return of each, if known, the offset that is looked at next: what stands before was returned, or is no record.

        So a reader knows that it has come to an end at which marks of transactions stand, or nothing any more (compaction).
        """

    def bounds(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return of each the first offset that is kept, and that after the last that can be read (isolation counts)."""

    def committed(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the committed offsets of the group once open transactions have settled; what has none is left out."""

    def commit(self, offsets: Offsets) -> None:
        """Commit offsets for the group and wait for the answer; not for use with transactions."""

    def close(self) -> None:
        """Let go of all connections; nothing is committed."""


class Sink(Protocol):
    """Writes records: idempotent, acknowledged by all replicas in sync. Used by one thread."""

    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        time: float | None = None,
        partition: int | None = None,
    ) -> None:
        """Queue a record; waits while the client's buffer is full.

        Parameters
        ----------
        topic, value, key, headers
            What, and where to.
        time
            Its timestamp in seconds; None: now.
        partition
            Which partition; None: chosen by the key as all Kafka clients do (murmur2), without a key in turn.

        Raises
        ------
        MessageTooLargeError
            If the client can tell that it is too large for the broker; nothing is queued.
        """

    def flush(self, seconds: float) -> None:
        """Wait until all that was sent is acknowledged.

        Raises
        ------
        MessageTooLargeError, DeliveryError
            If the broker did not take a record, or not in time; it names how many, and the first. All have been tried.
        """

    def begin(self) -> None:
        """Begin a transaction."""

    def send_offsets(self, offsets: Offsets, group: str) -> None:
        """Let the transaction commit `offsets` for `group`."""

    def commit(self) -> None:
        """Commit the transaction: flushes; readers of committed records see all of it or nothing.

        Raises
        ------
        FencedError
            If a newer producer with the same transactional id has taken over.
        TransportError
            If it cannot be committed; `abort` it.
        """

    def abort(self) -> None:
        """Abort the transaction."""

    def close(self) -> None:
        """Flush nothing, let go of all connections."""


class Client(Protocol):
    """Makes sources and sinks of one cluster, and makes topics."""

    #: How the cluster is called in messages: its bootstrap servers.
    name: str

    def source(self, *, group: str | None = None, committed_only: bool = True) -> Source:
        """Return a source; `group` is whose offsets it commits, `committed_only` leaves records of open transactions out."""

    def sink(self, *, transactional_id: str | None = None) -> Sink:
        """Return a sink. With a transactional id older ones of that id are fenced, and their transaction has settled."""

    def topics(self) -> dict[str, int]:
        """Return the topics there are, with their numbers of partitions."""

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Create a topic, with as many replicas as the broker makes by default; TopicExistsError if it is there."""

    def add_partitions(self, name: str, partitions: int) -> None:
        """Let a topic have `partitions` partitions, more than it has."""

    def close(self) -> None:
        """Let go of what the client itself holds."""
