"""The records of several partitions in one order, which depends on the records alone."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterator

from streams.kafka.errors import TransportError
from streams.kafka.protocol import Offsets, Partition, Record, Source

#: Records asked for at once, and seconds to wait for the first: short, so that Ctrl-C is heard.
MOST, WAIT = 10_000, 0.2

#: Of a partition that is ahead of the others so many bytes of values are held, then it is paused.
_AHEAD = 16 << 20


class InOrder:
    """The records of some partitions of a topic, from a place in each up to another.

    Next comes the record with the smallest timestamp among the next ones of all partitions (none counts as the
    smallest), of equal ones that of the partition with the smallest number. A record therefore waits until the next one
    of every other partition is known, or that there is none: what a partition holds and nothing else decides, not
    what was fetched when.

    Parameters
    ----------
    source
        Where records come from; it is assigned here.
    begins, ends
        partition -> the first offset, and the one after the last.
    since
        Records before the first one of a partition whose timestamp (seconds) is not smaller are left out; None: none is.
    patience
        Seconds without any progress after which it is an error that records are missing.

    Raises
    ------
    TransportError
        If records that should be there do not come; what `source` raises.
    """

    def __init__(
        self, source: Source, begins: Offsets, ends: Offsets, *, since: float | None = None, patience: float = 30.0
    ) -> None:
        self.source, self.ends, self.patience = source, ends, patience
        self._since = dict.fromkeys(begins, since) if since is not None else {}
        self._open = {partition for partition in begins if begins[partition] < ends[partition]}
        self._waiting: dict[Partition, deque[Record]] = {partition: deque() for partition in sorted(begins)}
        self._bytes = dict.fromkeys(begins, 0)
        self._paused: set[Partition] = set()
        self._reached = {partition: begins[partition] for partition in self._open}
        self._alive = time.monotonic()
        if self._open:
            source.assign(self._reached)

    def __iter__(self) -> Iterator[list[Record]]:
        """Yield the records, some at a time."""
        while self._open or any(self._waiting.values()):
            if any(not self._waiting[partition] for partition in self._open):
                self._fetch()
            else:
                yield self._merged()

    def _merged(self) -> list[Record]:
        """Return the records that come before the next one of the partition whose next one is not known."""
        waiting, out = self._waiting, []
        heap = [(_time(queue[0]), partition) for partition, queue in waiting.items() if queue]
        heapq.heapify(heap)
        while heap:
            partition = heap[0][1]
            queue = waiting[partition]
            record = queue.popleft()
            out.append(record)
            self._bytes[partition] -= len(record.value or b"")
            if queue:
                heapq.heapreplace(heap, (_time(queue[0]), partition))
                continue
            heapq.heappop(heap)
            if partition in self._open:
                break
        behind = {partition for partition in self._paused & self._open if self._bytes[partition] <= _AHEAD // 2}
        self.source.resume(behind)
        self._paused -= behind
        return out

    def _fetch(self) -> None:
        records = self.source.poll(MOST, WAIT)
        for record in records:
            partition = Partition(record.topic, record.partition)
            if record.offset >= self.ends[partition]:
                continue
            self._reached[partition] = record.offset + 1
            if partition in self._since:
                if not record.time >= self._since[partition]:
                    continue
                del self._since[partition]
            self._waiting[partition].append(record)
            self._bytes[partition] += len(record.value or b"")
        # The last places before an end may hold no records: marks of transactions, what was compacted away.
        nothing = [partition for partition in self._open if not self._waiting[partition]]
        for partition, position in self.source.positions(nothing).items():
            if position > self._reached[partition]:
                self._reached[partition] = position
                self._alive = time.monotonic()
        ended = {partition for partition in self._open if self._reached[partition] >= self.ends[partition]}
        ahead = {partition for partition in self._open if self._bytes[partition] > _AHEAD}
        self._open -= ended
        self.source.pause((ended | ahead) - self._paused)
        self._paused |= ended | ahead
        if records:
            self._alive = time.monotonic()
        elif time.monotonic() - self._alive > self.patience:
            partition = min(partition for partition in self._open if not self._waiting[partition])
            raise TransportError(
                f"{partition.topic}[{partition.number}]: records up to offset {self.ends[partition] - 1:,} are there, but none "
                f"came for {self.patience:g} s at offset {self._reached[partition]:,}"
            )


def _time(record: Record) -> float:
    return record.time if record.time == record.time else float("-inf")  # NaN: there is none
