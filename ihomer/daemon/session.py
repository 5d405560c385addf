"""One session of the daemon: from the newest checkpoint on, until it is asked to stop or something fails.

Whatever fails on the way to the broker ends a session, and the next one begins as after a kill: from what is checkpointed and what
is published. There is one way to recover, and it is used all the time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ihomer.daemon import places as at
from ihomer.daemon.learner import Learner
from ihomer.daemon.observing import observe
from ihomer.daemon.opening import open_source, publisher_of, wanted
from streams.kafka.errors import OffsetOutOfRangeError
from streams.kafka.protocol import Partition

if TYPE_CHECKING:
    from ihomer.daemon.places import Places
    from ihomer.daemon.publishing import Publisher
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.daemon.stopping import Stopping
    from ihomer.daemon.store import Store
    from streams.kafka.protocol import Client, Record, Source

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds that one look for records may take: as long as a stop may have to wait.
POLL = 0.5
#: Seconds after which a checkpoint that failed is tried again.
RETRY = 10.0
#: Seconds between two looks at lag and memory for the health page.
OBSERVE = 2.0


class Session:
    """Reads, learns, publishes and saves.

    Parameters
    ----------
    settings, client, store, status, stopping
        What was asked for, how Kafka is reached, where checkpoints are, where to tell, whether to stop.
    clock
        Seconds of a monotonic clock.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        store: Store,
        status: Status,
        stopping: Stopping,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self.client, self.store, self.status, self.stopping = settings, client, store, status, stopping
        self._clock = clock

    def run(self) -> None:
        """Go on until asked to stop: then what was taken is published, and a checkpoint written.

        Raises
        ------
        TransportError
            If Kafka fails: a new session may go on from the last checkpoint, if it is `retriable`.
        DaemonError
            If somebody has to decide something.
        """
        saved = self._restored()
        with open_source(self.client, self.settings) as source:
            publisher = publisher_of(self.client, source, self.settings, self._clock())
            try:
                self._begin(source, publisher, saved)
                while not self.stopping.asked:
                    self._turn()
                self._settle()
                self._checkpoint()
            finally:
                publisher.close()

    # ------------------------------------------------------------------ the beginning

    def _restored(self) -> dict[Partition, int] | None:
        """Make the learner, from the newest good checkpoint if there is one; return its places."""
        self.learner = Learner(self.settings, self.status)
        found = self.store.read()
        if found is None:
            _LOG.info("no checkpoint: the model is fresh", extra={"event": "fresh"})
            return None
        tree, path = found
        self.learner.restore(tree["learner"], path)
        _LOG.info("goes on from %s: %s instances learned", path, f"{self.learner.model.n_instances:,}", extra={"event": "restored"})
        return at.from_tree(tree["places"])

    def _begin(self, source: Source, publisher: Publisher, saved: dict[Partition, int] | None) -> None:
        self._source, self._publisher = source, publisher
        partitions = wanted(source, self.settings)
        self.places: Places = at.resumed(
            source,
            partitions,
            saved=saved,
            published=publisher.published(partitions),
            start=self.settings.start,
            out_of_range=self.settings.out_of_range,
        )
        source.assign(self.places.next)
        now = self._clock()
        self._rows, self._saved_at, self._retry_at = 0, now, 0.0
        self._discovered_at = self._observed_at = now
        self.status.state = "catching up" if self.places.catching_up else "running"
        self.status.problem = ""

    # ------------------------------------------------------------------ the loop

    def _turn(self) -> None:
        """Take what is there, answer it, and do what is due."""
        try:
            records = self._source.poll(self.settings.poll_rows, POLL)
        except OffsetOutOfRangeError as error:
            at.lost(self.places, self._source, error.partition, self.settings.out_of_range)
            records = []
        if records:
            self._take(records)
        now = self.status.progress_time = self._clock()
        if self._publisher.due(now):
            self._settle()
        if self._checkpoint_due(now):
            self._settle()
            self._checkpoint()
        if now - self._discovered_at >= self.settings.discover_seconds:
            self._discover(now)
        if now - self._observed_at >= OBSERVE:
            observe(self.status, self.learner, self._source, self.places)
            self._observed_at = now

    def _take(self, records: list[Record]) -> None:
        letters = self.learner.take(records)
        if self.places.catching_up:
            self.status.relearned += sum(map(self.places.silent, records))
        self.status.predicted += self._publisher.publish(letters, records, self.places)
        self.places.advance(records)
        self._rows += len(records)
        moment = time.time()
        for record in records[:: max(1, len(records) // 8)]:
            self.status.latency(moment - record.time)
        if not self.places.catching_up and self.status.state == "catching up":
            self.status.state = "running"
        if self.learner.bad.trouble:
            self._settle()  # the dead letters go out; no checkpoint: who begins again meets the same messages
            self.learner.bad.check()

    def _settle(self) -> None:
        self._publisher.settle(self.places, self._clock())

    def _discover(self, now: float) -> None:
        """Read partitions that are new from their beginning."""
        self._discovered_at = now
        new = [p for p in wanted(self._source, self.settings) if p not in self.places.next]
        if new:
            for partition, (first, _) in self._source.bounds(new).items():
                self.places.next[partition] = first
                _LOG.warning("%s is new: read from offset %s", at.name(partition), f"{first:,}", extra={"event": "partition"})
            self._source.assign(self.places.next)

    # ------------------------------------------------------------------ checkpoints

    def _checkpoint_due(self, now: float) -> bool:
        if now < self._retry_at:
            return False
        return bool(self._retry_at) or (
            self._rows > 0
            and (now - self._saved_at >= self.settings.checkpoint_seconds or self._rows >= self.settings.checkpoint_rows)
        )

    def _checkpoint(self) -> None:
        """Write a checkpoint; all that was taken must be published. Failing is told, and tried again later."""
        start = self._clock()
        tree = {"learner": self.learner.state(), "places": at.to_tree(self.places.next)}
        try:
            path = self.store.write(tree)
        except OSError as error:
            self.status.checkpoint_failures += 1
            self.status.problem = f"no checkpoint can be written: {error}"
            self._retry_at = self._clock() + RETRY
            _LOG.error(
                "no checkpoint can be written, the last good one stays: %s", error, extra={"event": "checkpoint failed"}
            )
            if self.stopping.asked:
                raise
            return
        now = self._clock()
        self._rows, self._saved_at, self._retry_at = 0, now, 0.0
        self.status.problem = ""
        self.status.checkpoints += 1
        self.status.checkpoint_time, self.status.checkpoint_seconds = time.time(), now - start
        self.status.checkpoint_bytes = path.stat().st_size
        _LOG.info("checkpoint %s", path, extra={"event": "checkpoint", "seconds": round(now - start, 3)})
