"""A Kafka topic as a stream: one instance a record, in the message format of `streams.message`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError, StreamError
from streams.json_blocks import MessageBlocks
from streams.kafka.bad_record import RecordError
from streams.kafka.protocol import Client, Record
from streams.kafka.spec import Start
from streams.kafka.topic_reader import TopicReader
from streams.stream import ROWS, Stream

#: Bytes of messages that a kernel reads at a time.
_BLOCK = 1 << 20


class KafkaStream(Stream):
    """The messages of a topic; reads only, and commits nothing.

    It ends where the topic ended when the stream was made, so a second reading is the same. The partitions are merged
    by the timestamps of their records (see `streams.kafka.in_order`): the same records in the same partitions are the
    same stream, whatever was fetched first. Records of transactions that were not committed are left out.

    How many rows there are is not known ahead (offsets are also given to marks of transactions, and compaction leaves
    gaps), so `length` is None; `progress` goes by offsets. The places of rows are the offsets in their partitions; their
    times are the `t` of the messages, not the timestamps of the records.

    Parameters
    ----------
    client
        Of the cluster; it is the caller's to close.
    topic
        Which topic.
    bad_rows
        The policy for records that are not instances; the first one is raised (`RecordError`) if not given.
    start
        Where reading begins in each partition: ``earliest``, ``latest``, an offset, or the first record that is not
        earlier than a time (the records before it are read, and left out).
    endless
        Wait for records for ever. Those that are there at the beginning are merged as above, later ones come as they
        arrive, in batches that may be small; such a stream can be read only once. New partitions are not seen.
    partitions
        Which are read; None: all there are.
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
    >>> sink.send("fruit", b'{"x": {"colour": "red"}, "y": ["apple"]}')
    >>> sink.flush(1)
    >>> list(KafkaStream(client, "fruit").sets())
    [({'colour': 'red'}, {'apple'})]
    """

    def __init__(
        self,
        client: Client,
        topic: str,
        bad_rows: BadRows | None = None,
        *,
        start: Start = "earliest",
        endless: bool = False,
        partitions: Sequence[int] | None = None,
        patience: float = 30.0,
    ) -> None:
        super().__init__(f"kafka:{topic}", bad_rows)
        self._reader = TopicReader(
            client, topic, start=start, endless=endless, partitions=partitions, patience=patience
        )
        self.rewinds = not endless
        self._begun = False
        #: Length of the vectors if x is an array, 0 if it is an object, None before the first row.
        self.width: int | None = None

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch; of an endless stream at most so many, without waiting for them.

        Raises
        ------
        StreamError
            If a record is not an instance (RecordError), or the cluster cannot be reached; the rows before it have been
            yielded.
        """
        if self.rewinds:
            return in_batches_of(rows, self._pieces())
        if self._begun:
            raise StreamError(f"{self.name}: has no end, so it can be read only once")
        self._begun = True
        return (
            piece.slice(at, min(at + rows, len(piece))) for piece in self._pieces() for at in range(0, len(piece), rows)
        )

    def progress(self) -> float | None:
        """Return the share of the offsets that have been read; None if the stream has no end."""
        return self._reader.progress()

    def _pieces(self) -> Iterator[Batch]:
        """Yield the rows as they are read."""
        run: list[Record] = []

        def bad_row(error: RowError) -> None:
            record = run[error.line]
            self.bad_rows(RecordError(record.topic, record.partition, record.offset, error.column, error.what))

        blocks = MessageBlocks(self.name, self.features, self.labels, bad_row)
        blocks.width = self.width
        for records in self._reader.records():
            for run in _runs(records):
                offsets = np.array([record.offset for record in run], np.int64)
                for batch in _read(blocks, [record.value or b"" for record in run], bad_row):
                    self.width = blocks.width
                    yield replace(batch, places=offsets[batch.places])


def _runs(records: list[Record]) -> Iterator[list[Record]]:
    """Yield the records in order: such as can be lines of one block together, any other alone."""
    run: list[Record] = []
    size = 0
    for record in records:
        value = record.value
        if value and b"\n" not in value and not value.isspace():
            run.append(record)
            size += len(value)
            if size < _BLOCK:
                continue
            yield run
        else:
            if run:
                yield run
            yield [record]
        run, size = [], 0
    if run:
        yield run


def _read(blocks: MessageBlocks, values: list[bytes], bad_row: Callable[[RowError], None]) -> Iterator[Batch]:
    """Yield the rows of a run, their numbers in it as places."""
    if len(values) > 1:
        yield from blocks.read(b"\n".join(values), 0)
    elif values[0].strip():
        yield from blocks.add(values[0], 0)
    else:
        bad_row(RowError(blocks.name, 0, 0, "found no value, expected a JSON object"))
