"""Reads what a topic holds, from a place to its end or for ever, and commits nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime

from streams.errors import StreamError
from streams.kafka.errors import OffsetOutOfRangeError
from streams.kafka.in_order import MOST, WAIT, InOrder
from streams.kafka.protocol import Client, Partition, Record, Source
from streams.kafka.spec import Start
from streams.kafka.topics import check_is_there


class TopicReader:
    """The records of a topic; where it begins and ends is settled when this is made, so a second reading is the same.

    Parameters
    ----------
    client
        Of the cluster; it is the caller's to close.
    topic
        Which topic.
    start
        Where reading begins in each partition: ``earliest``, ``latest``, an offset, or the first record that is not
        earlier than a time (the records before it are read, and left out).
    endless
        After the end, go on with what arrives.
    partitions
        Which are read; None: all there are. Those that are added later are not seen.
    patience
        Seconds without any record, although there are more, after which that is an error.

    Raises
    ------
    StreamError
        If there is no such topic or partition, the place to begin is not kept, or the cluster cannot be reached.

    Examples
    --------
    >>> from streams.kafka.memory import MemoryLog
    >>> client = MemoryLog()
    >>> client.create_topic("fruit")
    >>> sink = client.sink()
    >>> for value in (b"apple", b"pear"):
    ...     sink.send("fruit", value)
    >>> sink.flush(1)
    >>> [record.value for records in TopicReader(client, "fruit").records() for record in records]
    [b'apple', b'pear']
    """

    def __init__(
        self,
        client: Client,
        topic: str,
        *,
        start: Start = "earliest",
        endless: bool = False,
        partitions: Sequence[int] | None = None,
        patience: float = 30.0,
    ) -> None:
        self.client, self.topic, self.endless, self.patience = client, topic, endless, patience
        check_is_there(client, topic)
        with closing(client.source()) as source:
            bounds = source.bounds(self._partitions(source, partitions))
        self._since = start.timestamp() if isinstance(start, datetime) else None
        self._begins = {partition: _begin(partition, start, *bounds[partition]) for partition in sorted(bounds)}
        self._ends = {partition: end for partition, (_, end) in bounds.items()}
        self._reached = dict(self._begins)

    def _partitions(self, source: Source, wanted: Sequence[int] | None) -> list[Partition]:
        there = source.partitions(self.topic)
        for number in wanted or ():
            if number not in there:
                raise StreamError(f"{self.client.name}: topic {self.topic!r} has no partition {number}, only {_numbers(there)}")
        return [Partition(self.topic, number) for number in (there if wanted is None else wanted)]

    def records(self) -> Iterator[list[Record]]:
        """Yield the records from the beginning on, some at a time, in the order of `InOrder` up to the end.

        What arrives later (`endless`) comes in the order of arrival; an empty list says that nothing is there now.

        Raises
        ------
        TransportError
            If the cluster cannot be reached, or records are missing.
        """
        self._reached = dict(self._begins)
        with closing(self.client.source()) as source:
            for records in InOrder(source, self._begins, self._ends, since=self._since, patience=self.patience):
                yield records
                self._reached.update({Partition(self.topic, record.partition): record.offset + 1 for record in records})
            self._reached = dict(self._ends)
            if self.endless:
                source.assign(self._ends)
                while True:
                    yield source.poll(MOST, WAIT)

    def progress(self) -> float | None:
        """Return the share of the offsets that have been read, 0 to 1; None if there is no end."""
        if self.endless:
            return None
        begin = sum(self._begins.values())
        whole = sum(self._ends.values()) - begin
        return (sum(self._reached.values()) - begin) / whole if whole else 1.0


def _begin(partition: Partition, start: Start, first: int, end: int) -> int:
    if start == "latest":
        return end
    if not isinstance(start, int):
        return first
    if not first <= start <= end:
        raise OffsetOutOfRangeError(partition, start, first, end)
    return start


def _numbers(partitions: list[int]) -> str:
    return "0" if partitions == [0] else f"0 to {max(partitions)}"
