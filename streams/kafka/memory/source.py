"""Reading a log in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from streams.kafka.errors import TransportError, UnknownTopicError
from streams.kafka.protocol import Offsets, Partition, Record

if TYPE_CHECKING:
    from streams.kafka.memory.log import MemoryLog


class MemorySource:
    """Reads records; see `streams.kafka.protocol.Source`.

    Parameters
    ----------
    log
        Of which log.
    group
        Whose offsets are committed.
    committed_only
        Leave out records of transactions that are open or aborted.
    """

    def __init__(self, log: MemoryLog, *, group: str | None, committed_only: bool) -> None:
        self._log, self._group, self._committed_only = log, group, committed_only
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._assigned: Callable[[list[Partition]], Offsets] | None = None
        self._revoked: Callable[[list[Partition]], None] | None = None
        #: As a member of the group: the topics it subscribes to, and the partitions it has.
        self.topics: frozenset[str] = frozenset()
        self.owned: set[Partition] = set()

    def partitions(self, topic: str) -> list[int]:
        """Return the numbers of the partitions of `topic`, ascending; none if there is no such topic."""
        with self._log.faults.around("partitions"), self._log.lock:
            try:
                return list(range(self._log.count(topic)))
            except UnknownTopicError:
                return []

    def assign(self, offsets: Offsets) -> None:
        """Read exactly these partitions, each from its offset on; what was read before is forgotten, paused ones go on."""
        with self._log.lock:
            for partition in offsets:
                self._log.partition(partition)
            self._positions = dict(offsets)
            self._paused.clear()

    def subscribe(
        self,
        topics: Collection[str],
        assigned: Callable[[list[Partition]], Offsets],
        revoked: Callable[[list[Partition]], None],
    ) -> None:
        """Read the partitions of `topics` that the group gives to this member, instead of `assign`."""
        group = self._of_group()
        with self._log.lock:
            for topic in topics:
                self._log.count(topic)
            self.topics = frozenset(topics)
            self._assigned, self._revoked = assigned, revoked
            self._log.groups[group].join(self)
            self._log.rebalance(group)

    def poll(self, most: int, seconds: float) -> list[Record]:
        """Return at most `most` records that are there, those of a partition in order; sleeps once if there are none."""
        with self._log.faults.around("poll"):
            self._follow_group()
            found = self._take(most)
            if not found and seconds > 0:
                self._log.sleep(seconds)
                found = self._take(most)
            return found

    def seek(self, partition: Partition, offset: int) -> None:
        """Go on reading a partition that is assigned at `offset`."""
        with self._log.lock:
            if partition not in self._positions:
                raise ValueError(f"{partition.topic}[{partition.number}] is not assigned")
            self._positions[partition] = offset

    def pause(self, partitions: Collection[Partition]) -> None:
        """Return nothing of these partitions until they are resumed."""
        self._paused.update(partitions)

    def resume(self, partitions: Collection[Partition]) -> None:
        """End `pause`."""
        self._paused.difference_update(partitions)

    def positions(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return of each, if known, the offset that is looked at next: what stands before was returned, or is no record."""
        with self._log.lock:
            return {p: self._positions[p] for p in partitions if p in self._positions}

    def bounds(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, int]]:
        """Return of each the first offset that is kept, and the one after the last that can be read (isolation counts)."""
        with self._log.faults.around("bounds"), self._log.lock:
            logs = [self._log.partition(p) for p in partitions]
            return {log.name: (log.first, log.stable_end() if self._committed_only else log.end) for log in logs}

    def committed(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """Return the group's committed offsets; partitions without are left out.

        Raises
        ------
        TransportError
            If an open transaction has offsets of the group: there is nobody here to wait for.
        """
        group = self._of_group()
        with self._log.faults.around("committed"), self._log.lock:
            for transaction in self._log.open.values():
                if not transaction.offsets.get(group, {}).keys().isdisjoint(partitions):
                    raise TransportError(f"memory: cannot read the committed offsets of group {group!r}: a transaction is open")
            offsets = self._log.groups[group].offsets
            return {p: offsets[p] for p in partitions if p in offsets}

    def commit(self, offsets: Offsets) -> None:
        """Commit offsets for the group; not for use with transactions."""
        group = self._of_group()
        with self._log.faults.around("commit_offsets"), self._log.lock:
            self._log.groups[group].offsets |= offsets

    def close(self) -> None:
        """Leave the group; nothing is committed."""
        if self._group is not None and self.topics:
            with self._log.lock:
                self._log.groups[self._group].leave(self)
                self._log.rebalance(self._group)
                self.topics = frozenset()
                self._positions.clear()

    def _of_group(self) -> str:
        if self._group is None:
            raise ValueError("memory: this source has no group: expected source(group=...)")
        return self._group

    def _follow_group(self) -> None:
        """Give up what goes to others, take what came; callbacks may ask this source, so the lock is not held."""
        if self._group is None or not self.topics or self._assigned is None or self._revoked is None:
            return
        group = self._log.groups[self._group]
        goes = group.goes(self)
        if goes:
            for partition in goes:
                self._positions.pop(partition, None)
                self._paused.discard(partition)
            self._revoked(goes)
            self.owned.difference_update(goes)
        comes = group.comes(self)
        if comes:
            self.owned.update(comes)
            self._positions |= self._assigned(comes)

    def _take(self, most: int) -> list[Record]:
        found: list[Record] = []
        with self._log.lock:
            for partition in list(self._positions):
                if partition in self._paused or len(found) >= most:
                    continue
                offset, left = self._positions[partition], most - len(found)
                log = self._log.partition(partition)
                if found and not log.first <= offset <= log.end:
                    continue  # said by the next poll: what was found is not lost
                records, self._positions[partition] = log.read(offset, left, committed_only=self._committed_only)
                found += records
                if records:  # who was read goes to the back, so that all have their turn
                    self._positions[partition] = self._positions.pop(partition)
        return found
