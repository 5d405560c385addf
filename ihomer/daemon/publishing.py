"""Sending what the daemon has to say: at least once, or exactly once within transactions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from ihomer.daemon.letters import Letter
from ihomer.daemon.places import Places
from streams.kafka.errors import TransportError
from streams.kafka.protocol import Offsets, Partition, Record, Sink, Source

_LOG = logging.getLogger("ihomer.daemon")


class Publisher(Protocol):
    """Sends letters, and says that they have arrived."""

    def published(self, partitions: list[Partition]) -> dict[Partition, int]:
        """Return T: up to where the messages of each partition are answered already, of those where that is known."""

    def publish(self, letters: Sequence[Letter], records: Sequence[Record], places: Places) -> None:
        """Send the letters that answer `records` and are not published already."""

    def tell(self, letters: Sequence[Letter]) -> None:
        """Send letters that answer no record."""

    def due(self, now: float) -> bool:
        """Return whether it is time to `settle`; `now` in seconds of a monotonic clock."""

    def settle(self, places: Places, now: float) -> None:
        """Return once all that was sent is published.

        Raises
        ------
        TransportError
            If that is not known to be so: what is published must then be asked anew.
        """

    def commit(self, offsets: Offsets) -> None:
        """Commit offsets for the group, if transactions do not."""

    def close(self) -> None:
        """End without settling."""


def _send(sink: Sink, letters: Sequence[Letter], records: Sequence[Record], partitions: Mapping[str, int]) -> None:
    for letter in letters:
        # One partition of the topic answers one of the source: readers see the order of the source, and at a start only the
        # ends have to be looked at.
        partition = records[letter.because].partition % partitions[letter.topic] if letter.follows else None
        sink.send(letter.topic, letter.value, key=letter.key, headers=letter.headers, partition=partition)


class AtLeastOnce:
    """Sends at once; settling flushes.

    Parameters
    ----------
    sink, source
        Where to send, and whose group's offsets are committed.
    partitions
        Topic -> number of partitions, of topics that follow the source.
    seconds
        Between two times to settle.
    patience
        Seconds that acknowledgements may take.
    now
        Seconds of a monotonic clock.
    """

    def __init__(
        self, sink: Sink, source: Source, partitions: Mapping[str, int], seconds: float, patience: float, now: float
    ) -> None:
        self._sink, self._source, self._partitions = sink, source, partitions
        self._seconds, self._patience = seconds, patience
        self._settled_at = now
        self._committed: dict[object, int] = {}

    def published(self, partitions: list[Partition]) -> dict[Partition, int]:  # noqa: ARG002
        """Return nothing: what is learned again is answered again."""
        return {}

    def publish(self, letters: Sequence[Letter], records: Sequence[Record], places: Places) -> None:  # noqa: ARG002
        """Send the letters."""
        _send(self._sink, letters, records, self._partitions)

    def due(self, now: float) -> bool:
        """Return whether it is time to settle."""
        return now - self._settled_at >= self._seconds

    def tell(self, letters: Sequence[Letter]) -> None:
        """Send them."""
        for letter in letters:
            self._sink.send(letter.topic, letter.value)

    def settle(self, places: Places, now: float) -> None:  # noqa: ARG002
        """Flush."""
        self._sink.flush(self._patience)
        self._settled_at = now

    def commit(self, offsets: Offsets) -> None:
        """Commit what has moved; failing is told, and nothing depends on it."""
        moved = {p: offset for p, offset in offsets.items() if self._committed.get(p) != offset}
        if moved:
            try:
                self._source.commit(moved)
                self._committed.update(moved)
            except TransportError as fault:
                _LOG.warning("offsets were not committed: %s", fault, extra={"event": "no commit"})

    def close(self) -> None:
        """Let go of the sink."""
        self._sink.close()


class ExactlyOnce:
    """Sends within transactions that also commit the offsets of what they answer.

    Parameters
    ----------
    sink
        One with a transactional id.
    published
        Finds T, see `ihomer.daemon.published`.
    group
        Whose offsets are committed.
    partitions, seconds, now
        As of `AtLeastOnce`; a transaction is open for `seconds` at most.
    """

    def __init__(
        self,
        sink: Sink,
        published: Callable[[list[Partition]], dict[Partition, int]],
        group: str,
        partitions: Mapping[str, int],
        seconds: float,
        now: float,
    ) -> None:
        self._sink, self._published, self._group, self._partitions = sink, published, group, partitions
        self._seconds = seconds
        self._settled_at = now
        self._open = False
        self._committed: dict[object, int] = {}

    def published(self, partitions: list[Partition]) -> dict[Partition, int]:
        """Return T; the sink has seen to it that the last transaction has settled."""
        return self._published(partitions)

    def publish(self, letters: Sequence[Letter], records: Sequence[Record], places: Places) -> None:
        """Send the letters in the open transaction; the first record that is not answered yet opens it."""
        if not self._open and not all(map(places.silent, records)):
            self._sink.begin()
            self._open = True
        _send(self._sink, letters, records, self._partitions)

    def due(self, now: float) -> bool:
        """Return whether it is time to settle."""
        return now - self._settled_at >= self._seconds

    def tell(self, letters: Sequence[Letter]) -> None:
        """Send them in a transaction of their own or in the open one."""
        if letters and not self._open:
            self._sink.begin()
            self._open = True
        for letter in letters:
            self._sink.send(letter.topic, letter.value)

    def settle(self, places: Places, now: float) -> None:
        """Commit the transaction, if one is open, with the offsets of what it answers."""
        if self._open:
            # If this fails, nobody knows what became of it: the next sink of this id finds out, and aborts what is left open.
            # To abort it here would ask a broker that may be away, for as long as the client's patience lasts.
            self._open = False
            answered = places.answered()
            moved = {p: t for p, t in answered.items() if self._committed.get(p) != t}
            if moved:
                self._sink.send_offsets(moved, self._group)
            self._sink.commit()
            self._committed.update(answered)
            places.published.update(answered)
        self._settled_at = now

    def commit(self, offsets: Offsets) -> None:
        """Do nothing: transactions commit offsets."""

    def close(self) -> None:
        """Let go of the sink; an open transaction is aborted."""
        try:
            if self._open:
                # Who gets here has failed already, and that is what is to be told.
                with suppress(TransportError):
                    self._sink.abort()
        finally:
            self._sink.close()
