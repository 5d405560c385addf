"""One partition of a log in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.kafka.errors import OffsetOutOfRangeError
from streams.kafka.protocol import Partition, Record


@dataclass(slots=True, eq=False)
class Transaction:
    """What a producer with a transactional id writes between begin and commit or abort.

    Parameters
    ----------
    state
        "open", "committed" or "aborted".
    first
        partition -> offset of its first record there.
    offsets
        group -> partition -> offset to be committed.
    """

    state: str = "open"
    first: dict[Partition, int] = field(default_factory=dict)
    offsets: dict[str, dict[Partition, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Entry:
    record: Record | None  # None: the mark that ends a transaction; it takes an offset as in Kafka
    transaction: Transaction | None


class PartitionLog:
    """Records of one partition, in order.

    Parameters
    ----------
    name
        Which one.
    """

    def __init__(self, name: Partition) -> None:
        self.name = name
        #: The first offset that is kept.
        self.first = 0
        self._entries: list[_Entry] = []
        self._open: list[Transaction] = []

    @property
    def end(self) -> int:
        """The offset that comes next."""
        return self.first + len(self._entries)

    def stable_end(self) -> int:
        """Return the last stable offset: where the first open transaction began, or the end."""
        return min((t.first[self.name] for t in self._open), default=self.end)

    def append(
        self,
        time: float,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...],
        transaction: Transaction | None,
    ) -> None:
        """Write a record at the end."""
        if transaction is not None and self.name not in transaction.first:
            transaction.first[self.name] = self.end
            self._open.append(transaction)
        record = Record(*self.name, self.end, time, key, value, headers)
        self._entries.append(_Entry(record, transaction))

    def settle(self, transaction: Transaction) -> None:
        """Write the mark that ends a transaction."""
        self._open.remove(transaction)
        self._entries.append(_Entry(None, None))

    def drop_before(self, offset: int) -> None:
        """Let go of all records before `offset`, as retention does."""
        if not self.first <= offset <= self.end:
            raise OffsetOutOfRangeError(self.name, offset, self.first, self.end)
        del self._entries[: offset - self.first]
        self.first = offset

    def read(self, offset: int, most: int, *, committed_only: bool) -> tuple[list[Record], int]:
        """Return at most `most` records from `offset` on, and the offset to go on from.

        Raises
        ------
        OffsetOutOfRangeError
            If `offset` is not kept, or lies beyond the end.
        """
        if not self.first <= offset <= self.end:
            raise OffsetOutOfRangeError(self.name, offset, self.first, self.end)
        end = self.stable_end() if committed_only else self.end
        found: list[Record] = []
        while offset < end and len(found) < most:
            entry = self._entries[offset - self.first]
            aborted = entry.transaction is not None and entry.transaction.state == "aborted"
            if entry.record is not None and not (committed_only and aborted):
                found.append(entry.record)
            offset += 1
        return found, offset
