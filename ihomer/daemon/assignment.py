"""Which partitions are read: all of them, by hand; or those that the group gives to this member."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from ihomer.daemon.opening import wanted
from ihomer.daemon.places import Gap, Places, name, resumed

if TYPE_CHECKING:
    from ihomer.daemon.publishing import Publisher
    from ihomer.daemon.settings import Settings
    from streams.kafka.protocol import Offsets, Partition, Source

_LOG = logging.getLogger("ihomer.daemon")


#: So many partitions are named in the log.
_TOLD = 4


class Assignment(Protocol):
    """Decides which partitions a session reads, and when their offsets are committed."""

    places: Places

    def begin(self) -> None:
        """Begin to read."""

    def discover(self) -> None:
        """Look for new partitions."""

    def published(self) -> None:
        """Take note that all that was taken is published."""

    def saved(self, offsets: Offsets) -> None:
        """Take note that all before these offsets is in a checkpoint."""


class Manual:
    """All partitions of the topics, or those that the settings name; new ones are read from their beginning.

    The group serves to commit offsets only: for people and monitors who look at the lag, and for transactions.

    Parameters
    ----------
    source, publisher, settings
        What is read, who commits, what was asked for.
    saved
        C, the places to go on from; None: nothing was saved.
    """

    def __init__(
        self, source: Source, publisher: Publisher, settings: Settings, saved: Mapping[Partition, int] | None
    ) -> None:
        self._source, self._publisher, self._settings = source, publisher, settings
        partitions = wanted(source, settings)
        self.places = resumed(
            source,
            partitions,
            saved=saved,
            published=publisher.published(partitions),
            start=settings.start,
            out_of_range=settings.out_of_range,
        )

    def begin(self) -> None:
        """Read from the places on."""
        self._source.assign(self.places.next)
        _LOG.info("reads %s", _told(self.places), extra={"event": "assigned"})

    def discover(self) -> None:
        """Read partitions that are new from their beginning."""
        new = [p for p in wanted(self._source, self._settings) if p not in self.places.next]
        if new:
            for partition, (first, _) in self._source.bounds(new).items():
                self.places.next[partition] = first
                _LOG.warning("%s is new: read from offset %s", name(partition), f"{first:,}", extra={"event": "partition"})
            self._source.assign(self.places.next)

    def published(self) -> None:
        """Commit."""
        self._publisher.commit(self.places.next)

    def saved(self, offsets: Offsets) -> None:
        """Do nothing: offsets are committed as soon as answers are published."""


def _told(places: Places) -> str:
    """Return which partitions are read, and from where."""
    told = [f"{name(p)} from offset {offset:,}" for p, offset in sorted(places.next.items())]
    text = ", ".join(told[:_TOLD]) + (f", and {len(told) - _TOLD:,} more" if len(told) > _TOLD else "")
    if again := sum(max(0, t - places.next[p]) for p, t in places.published.items() if p in places.next):
        text += f"; {again:,} messages are learned again, their predictions are published already"
    return text


class Subscribed:
    """The partitions that the group gives to this member, among others who learn models of their own.

    The contract: a partition that is taken away is finished first, which means that all that was taken of it is published and
    saved, and only then committed. When it comes back it is read from the group's offset on. What others have read
    meanwhile this model never learns: it is told as a gap. Offsets are committed with checkpoints only, so that
    a kill loses nothing that this member alone has read.

    Parameters
    ----------
    source, publisher, settings, saved
        As of `Manual`.
    finish
        Publishes and saves all that was taken.
    """

    def __init__(
        self,
        source: Source,
        publisher: Publisher,
        settings: Settings,
        saved: Mapping[Partition, int] | None,
        finish: Callable[[], None],
    ) -> None:
        self._source, self._publisher, self._settings, self._finish = source, publisher, settings, finish
        self._known = dict(saved or {})
        self.places = Places()

    def begin(self) -> None:
        """Join the group."""
        labels = self._settings.labels_topic if self._settings.learn else ""
        topics = [topic for topic in (self._settings.topic, labels) if topic]
        self._source.subscribe(topics, self._assigned, self._revoked)

    def discover(self) -> None:
        """Do nothing: the group does it."""

    def published(self) -> None:
        """Do nothing: what is published and not saved must be read again after a kill."""

    def saved(self, offsets: Offsets) -> None:
        """Commit."""
        self._publisher.commit(offsets)

    def _assigned(self, partitions: list[Partition]) -> dict[Partition, int]:
        committed = self._source.committed(partitions)
        saved = {p: max(self._known.get(p, 0), committed.get(p, 0)) for p in partitions if p in self._known or p in committed}
        for p in partitions:
            if p in self._known and saved[p] > self._known[p]:
                self.places.gaps.append(Gap(p, self._known[p], saved[p], "others of the group read it"))
        came = resumed(
            self._source,
            partitions,
            # A partition that nobody has read before begins as a fresh model does.
            saved=saved if len(saved) == len(partitions) else {**saved, **self._fresh(partitions, saved)},
            published={},
            start=self._settings.start,
            out_of_range=self._settings.out_of_range,
        )
        self.places.next.update(came.next)
        self.places.gaps += came.gaps
        _LOG.info("reads %s", ", ".join(map(name, partitions)) or "nothing new", extra={"event": "assigned"})
        return came.next

    def _fresh(self, partitions: list[Partition], saved: Mapping[Partition, int]) -> dict[Partition, int]:
        new = [p for p in partitions if p not in saved]
        return {p: first if self._settings.start == "earliest" else end for p, (first, end) in self._source.bounds(new).items()}

    def _revoked(self, partitions: list[Partition]) -> None:
        self._finish()
        for p in partitions:
            if p in self.places.next:
                self._known[p] = self.places.next.pop(p)
        _LOG.info("gave up %s", ", ".join(map(name, partitions)) or "nothing", extra={"event": "revoked"})
