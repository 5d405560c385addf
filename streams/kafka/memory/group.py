"""A consumer group of a log in memory: its offsets and its members."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from streams.kafka.protocol import Partition


class Member(Protocol):
    """A source that has subscribed."""

    topics: frozenset[str]
    owned: set[Partition]


class Group:
    """Committed offsets and members.

    Partitions move as with the protocol "cooperative-sticky": who has to give one up is told at its next poll, and only then
    can it come to another member, at that one's next poll.
    """

    def __init__(self) -> None:
        #: partition -> offset
        self.offsets: dict[Partition, int] = {}
        self._targets: dict[Member, set[Partition]] = {}

    def rebalance(self, partitions: Iterable[Partition]) -> None:
        """Share partitions out anew among the members, in the order in which they joined."""
        for target in self._targets.values():
            target.clear()
        for partition in sorted(partitions):
            takers = [m for m in self._targets if partition.topic in m.topics]
            if takers:
                least = min(len(self._targets[m]) for m in takers)
                self._targets[next(m for m in takers if len(self._targets[m]) == least)].add(partition)

    def join(self, member: Member) -> None:
        """Let a member in; `rebalance` gives it partitions."""
        self._targets[member] = set()

    def leave(self, member: Member) -> None:
        """Let a member go, and what it owned with it."""
        self._targets.pop(member, None)

    def goes(self, member: Member) -> list[Partition]:
        """Return what `member` owns and has to give up."""
        return sorted(member.owned - self._targets[member])

    def comes(self, member: Member) -> list[Partition]:
        """Return what `member` is to own, does not yet, and nobody else does any more."""
        others = {p for m in self._targets if m is not member for p in m.owned}
        return sorted(self._targets[member] - member.owned - others)

    def topics(self) -> frozenset[str]:
        """Return what members subscribe to."""
        return frozenset(t for m in self._targets for t in m.topics)
