"""Places in the topics: where reading goes on, and up to where everything is published already.

C are the places of the checkpoint: all before them has been learned. T are the places that were committed together with what
answers the messages before them: all before them is published. C <= T always holds, since a checkpoint is written only after
what it covers is published; messages between C and T are learned again, and nothing is sent because of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ihomer.daemon.errors import PlaceError
from streams.kafka.protocol import Offsets, Partition, Record, Source

_LOG = logging.getLogger("ihomer.daemon")


@dataclass(slots=True)
class Gap:
    """Records of a partition that were never read, from offset `start` up to `stop`."""

    partition: Partition
    start: int
    stop: int
    cause: str


@dataclass(slots=True)
class Places:
    """Where every partition stands.

    Parameters
    ----------
    next
        Partition -> offset of the record that is taken next.
    published
        Partition -> offset up to which all is published; those that are not in it have nothing published ahead of `next`.
    gaps
        What was skipped by the policy, to be told.
    """

    next: dict[Partition, int] = field(default_factory=dict)
    published: dict[Partition, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def silent(self, record: Record) -> bool:
        """Return whether what answers `record` is published already."""
        return bool(self.published) and record.offset < self.published.get(Partition(record.topic, record.partition), 0)

    def advance(self, records: Iterable[Record]) -> None:
        """Note that `records` were taken."""
        # The last record of each partition decides, so the dict need not be touched for every one.
        last = {(record.topic, record.partition): record.offset for record in records}
        for (topic, number), offset in last.items():
            self.next[Partition(topic, number)] = offset + 1

    @property
    def catching_up(self) -> bool:
        """Whether messages are ahead whose answers are published already."""
        return any(self.next[p] < t for p, t in self.published.items() if p in self.next)

    def answered(self) -> dict[Partition, int]:
        """Return up to where all is published once everything taken so far is."""
        return {p: max(offset, self.published.get(p, 0)) for p, offset in self.next.items()}


def resumed(
    source: Source,
    wanted: Iterable[Partition],
    *,
    saved: Offsets | None,
    published: Offsets,
    start: str,
    out_of_range: str,
) -> Places:
    """Return where to go on.

    Parameters
    ----------
    source
        Tells which offsets are kept.
    wanted
        The partitions to read.
    saved
        C, of the checkpoint; None: there is none, and the model is fresh.
    published
        T; empty without transactions.
    start
        Where a fresh model begins: "earliest", or "latest" (then at T, where it is known: no message stays unanswered).
    out_of_range
        What to do about a place that is not kept: "fail", "earliest" or "latest".

    Raises
    ------
    PlaceError
        If a place is not kept and the policy is to fail; or if T < C: then somebody has reset the group's offsets, and to go on
        would teach or answer messages twice.
    """
    places = Places(published=dict(published))
    wanted = list(wanted)
    for partition, (first, end) in source.bounds(wanted).items():
        fresh = first if start == "earliest" else published.get(partition, end)
        # A partition that the checkpoint does not know is new: it is read from its beginning.
        at = fresh if saved is None else saved.get(partition, first)
        if saved is not None and partition in saved and published.get(partition, at) < at:
            raise PlaceError(
                f"{name(partition)}: the checkpoint has learned up to offset {at:,}, but the group's committed offset, up to "
                f"which answers are published, is {published[partition]:,}: the offsets of the group were set back. "
                f"Set them to {at:,} or later, or begin with an empty state directory"
            )
        places.next[partition] = at
        if not first <= at <= end:
            _moved(places, partition, first, end, out_of_range)
    return places


def _moved(places: Places, partition: Partition, first: int, end: int, out_of_range: str) -> None:
    """Bring a place that is not kept to where the policy wants it."""
    at = places.next[partition]
    kept = f"offsets {first:,} to {end - 1:,}" if end > first else f"nothing (its next offset is {end:,})"
    what = f"{name(partition)}: reading goes on at offset {at:,}, and the broker keeps {kept}"
    if out_of_range == "fail":
        raise PlaceError(
            f'{what}. If what lies between may be lost, say where to go on: out_of_range = "earliest" or "latest"'
        )
    places.next[partition] = to = first if out_of_range == "earliest" else end
    places.published.pop(partition, None)  # they belong to records that are gone
    places.gaps.append(Gap(partition, at, to, "records were not kept any more"))
    _LOG.warning("%s: goes on at %s", what, f"{to:,}", extra={"event": "gap"})


def lost(places: Places, source: Source, partition: Partition, out_of_range: str) -> None:
    """Go on as the policy says where a place turned out not to be kept while reading; PlaceError if it is to fail."""
    first, end = source.bounds([partition])[partition]
    _moved(places, partition, first, end, out_of_range)
    source.seek(partition, places.next[partition])


def lag(source: Source, places: Places) -> dict[str, int]:
    """Return how many records of each partition are there and were not taken, as "topic[partition]" -> number."""
    bounds = source.bounds(list(places.next))
    return {name(p): max(0, end - places.next[p]) for p, (_, end) in bounds.items()}


def name(partition: Partition) -> str:
    """Return how a partition is called in messages.

    Examples
    --------
    >>> name(Partition("orders", 3))
    'orders[3]'
    """
    return f"{partition.topic}[{partition.number}]"


def to_tree(offsets: Mapping[Partition, int]) -> list[list[object]]:
    """Return offsets as plain values for a checkpoint."""
    return [[p.topic, p.number, offset] for p, offset in sorted(offsets.items())]


def from_tree(tree: list[list[object]]) -> dict[Partition, int]:
    """Return what `to_tree` was given."""
    return {Partition(str(topic), int(str(number))): int(str(offset)) for topic, number, offset in tree}
