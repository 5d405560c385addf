"""Writing to a log in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from streams.kafka.deliveries import Deliveries
from streams.kafka.errors import FencedError, TransportError
from streams.kafka.limits import Limits
from streams.kafka.memory.partition import Transaction
from streams.kafka.murmur2 import partition_of
from streams.kafka.protocol import Headers, Offsets, Partition

if TYPE_CHECKING:
    from streams.kafka.memory.log import MemoryLog


class _Queued(NamedTuple):
    where: Partition
    time: float
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class MemorySink:
    """Writes records; see `streams.kafka.protocol.Sink`.

    Parameters
    ----------
    log
        To which log.
    transactional_id
        None: no transactions.
    """

    def __init__(self, log: MemoryLog, *, transactional_id: str | None) -> None:
        self._log, self._id = log, transactional_id
        self._epoch = 0 if transactional_id is None else log.epochs[transactional_id]
        self._queue: list[_Queued] = []
        self._limits = Limits(log.name, log.limit)
        self._turns: defaultdict[str, int] = defaultdict(int)

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
        """Queue a record; it is in the log after the next flush or commit."""
        with self._log.faults.around("send"), self._log.lock:
            if self._id is not None:
                self._open()
            self._limits.size(topic, value, key, headers)
            count = self._log.count(topic)
            if partition is None and key is None:
                partition = self._turns[topic] % count
                self._turns[topic] += 1
            elif partition is None:
                partition = partition_of(key or b"", count)
            where = Partition(topic, partition)
            self._log.partition(where)
            # Kafka keeps milliseconds.
            time = round((self._log.clock() if time is None else time) * 1000) / 1000
            self._queue.append(_Queued(where, time, key, value, tuple(headers)))

    def flush(self, seconds: float) -> None:  # noqa: ARG002 - nothing takes time here
        """Write all that was sent to the log."""
        with self._log.faults.around("flush"), self._log.lock:
            self._write()

    def begin(self) -> None:
        """Begin a transaction."""
        with self._log.faults.around("begin"), self._log.lock:
            if self._id is None:
                raise ValueError("memory: this sink has no transactions: expected sink(transactional_id=...)")
            self._not_fenced()
            if self._id in self._log.open:
                raise TransportError(f"memory: a transaction of {self._id!r} is open already", retriable=False)
            self._log.open[self._id] = Transaction()

    def send_offsets(self, offsets: Offsets, group: str) -> None:
        """Let the transaction commit `offsets` for `group`."""
        with self._log.faults.around("send_offsets"), self._log.lock:
            self._open().offsets.setdefault(group, {}).update(offsets)

    def commit(self) -> None:
        """Commit the transaction: flushes; readers of committed records see all of it or nothing."""
        with self._log.faults.around("commit"), self._log.lock:
            self._open()
            self._write()
            assert self._id is not None
            self._log.settle(self._id, "committed")

    def abort(self) -> None:
        """Abort the transaction."""
        with self._log.faults.around("abort"), self._log.lock:
            self._open()
            self._queue.clear()
            assert self._id is not None
            self._log.settle(self._id, "aborted")

    def close(self) -> None:
        """Flush nothing; an open transaction stays open until a new sink has the same transactional id."""
        self._queue.clear()

    def _not_fenced(self) -> None:
        if self._id is not None and self._log.epochs[self._id] != self._epoch:
            raise FencedError(f"memory: a newer producer has taken over transactional id {self._id!r}")

    def _open(self) -> Transaction:
        self._not_fenced()
        transaction = None if self._id is None else self._log.open.get(self._id)
        if transaction is None:
            raise TransportError(f"memory: no transaction of {self._id!r} is open: expected begin()", retriable=False)
        return transaction

    def _write(self) -> None:
        self._not_fenced()
        transaction = None if self._id is None else self._log.open.get(self._id)
        queue, self._queue = self._queue, []
        deliveries = Deliveries(self._log.name)
        for where, time, key, value, headers in queue:
            try:
                with self._log.faults.around("append"):
                    self._log.partition(where).append(time, key, value, headers, transaction)
            except TransportError as error:
                deliveries.failed(error)
        deliveries.settle()
