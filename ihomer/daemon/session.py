"""One session of the daemon: from where it left off, until it is asked to stop or something fails.

Whatever fails on the way to the broker ends a session, and the next one begins as after a kill: from what is checkpointed and
what is published. There is one way to recover, and it is used all the time.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ihomer.daemon import places as at
from ihomer.daemon.assignment import Manual, Subscribed
from ihomer.daemon.live import Live
from ihomer.daemon.observing import Scales, observe
from ihomer.daemon.opening import open_source, prepare, publisher_of
from ihomer.daemon.progress import Progress
from streams.kafka.errors import OffsetOutOfRangeError

if TYPE_CHECKING:
    from ihomer.daemon.assignment import Assignment
    from ihomer.daemon.bad_watch import BadWatch
    from ihomer.daemon.desk import Desk
    from ihomer.daemon.letters import Letter
    from ihomer.daemon.places import Places
    from ihomer.daemon.publishing import Publisher
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.daemon.stopping import Stopping
    from ihomer.estimator import ArrayEstimator
    from streams.kafka.protocol import Client, Partition, Record, Source

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds that one look for records may take: as long as a stop may have to wait.
POLL = 0.5
#: Seconds between two looks at lag and sizes for the health page.
OBSERVE = 2.0
#: Records of a batch whose latency is looked at.
TIMED = 8


class Clerk(Protocol):
    """Turns records into letters: `ihomer.daemon.learner.Learner`, or one that only predicts."""

    model: ArrayEstimator
    bad: BadWatch
    desk: Desk

    def take(self, records: Sequence[Record]) -> list[Letter]:
        """Deal with records; return what is to be said about them."""

    @property
    def n_waiting(self) -> int:
        """How many instances wait for their labels."""


class Session(ABC):
    """Reads, hands records to a clerk, publishes the letters, and saves; what is saved is up to the subclass.

    Parameters
    ----------
    settings, client, status, stopping
        What was asked for, how Kafka is reached, where to tell, whether to stop.
    clock
        Seconds of a monotonic clock.
    """

    def __init__(
        self,
        settings: Settings,
        client: Client,
        status: Status,
        stopping: Stopping,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings, self.client, self.status, self.stopping = settings, client, status, stopping
        self.clerk: Clerk
        #: Whether it has got as far as reading.
        self.began = False
        self._clock = clock
        self._live = Live(f"ihomer on {settings.topic}", status)
        self._scales = Scales(clock)

    @abstractmethod
    def _restore(self) -> dict[Partition, int] | None:
        """Make the clerk; return C, the places that it goes on from, or None if nothing was saved."""

    @abstractmethod
    def _saved(self, source: Source, restored: dict[Partition, int] | None) -> dict[Partition, int] | None:
        """Return C, the places to go on from, given those that `_restore` found."""

    @abstractmethod
    def _save_due(self, now: float) -> bool:
        """Return whether it is time to save."""

    @abstractmethod
    def _save(self) -> None:
        """Save what was taken, which is published, or begin to."""

    @abstractmethod
    def _end_save(self) -> None:
        """Wait until what is being saved is."""

    def run(self) -> None:
        """Go on until asked to stop: then what was taken is published and saved.

        Raises
        ------
        TransportError
            If Kafka fails: a new session may go on, if it is `retriable`.
        DaemonError
            If somebody has to decide something.
        """
        # First, since it costs least: while the broker is away no model has to be read again and again.
        topics = prepare(self.client, self.settings)
        restored = self._restore()
        if self.stopping.asked:
            return
        with open_source(self.client, self.settings) as source:
            publisher = publisher_of(self.client, source, self.settings, topics, self._clock())
            try:
                self._begin(source, publisher, restored)
                while not self.stopping.asked:
                    self._turn()
                self.status.state = "stopping"
                self._finish()
            finally:
                publisher.close()

    def _begin(self, source: Source, publisher: Publisher, restored: dict[Partition, int] | None) -> None:
        self._source, self._publisher = source, publisher
        saved = self._saved(source, restored)
        if self.settings.assignment == "manual":
            self._assignment: Assignment = Manual(source, publisher, self.settings, saved)
        else:
            self._assignment = Subscribed(source, publisher, self.settings, saved, self._finish)
        self._assignment.begin()
        self.began = True
        self._discovered_at = self._observed_at = now = self._clock()
        self._progress = Progress(self.status, self.settings.progress_seconds, now)
        self._tell_state()
        self._tell_gaps()
        self.status.problem = ""

    @property
    def places(self) -> Places:
        """Where every partition stands."""
        return self._assignment.places

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
            self._publish()
        if self._save_due(now):
            self._publish()
            self._save()
        if self.places.gaps:
            self._tell_gaps()
        if now - self._discovered_at >= self.settings.discover_seconds:
            self._assignment.discover()
            self._discovered_at = now
        if now - self._observed_at >= OBSERVE:
            observe(self.status, self.clerk, self._source, self.places)
            self._scales.weigh(self.clerk.model, self.status)
            self._observed_at = now
        self._live.look(self.clerk.model)
        self._progress(now)

    def _take(self, records: list[Record]) -> None:
        letters = self.clerk.take(records)
        if self.places.catching_up:
            silent = [self.places.silent(record) for record in records]
            self.status.relearned += sum(silent)
            letters = [letter for letter in letters if not silent[letter.because]]
        self._publisher.publish(letters, records, self.places)
        topic = self.settings.topics.predictions
        self.status.predicted += sum(letter.topic == topic for letter in letters)
        self.places.advance(records)
        moment = time.time()
        for record in records[:: -(-len(records) // TIMED)]:
            self.status.latency(moment - record.time)
        self._tell_state()
        if self.clerk.bad.trouble:
            self._publish()  # the dead letters go out; nothing is saved: who begins again meets the same messages
            self.clerk.bad.check()

    def _publish(self) -> None:
        self._publisher.settle(self.places, self._clock())
        self._assignment.published()

    def _finish(self) -> None:
        """Publish and save what was taken, and wait until it is saved."""
        self._publish()
        self._save()
        self._end_save()

    def _tell_gaps(self) -> None:
        while self.places.gaps:
            gap = self.places.gaps.pop(0)
            what = {"place": at.name(gap.partition), "before": gap.start, "after": gap.stop, "cause": gap.cause}
            self._publisher.tell(list(self.clerk.desk.event(-1, {"kind": "gap", **what})))
            _LOG.warning("gap in %(place)s: offsets from %(before)d to %(after)d: %(cause)s", what, extra={"event": "gap"})

    def _tell_state(self) -> None:
        self.status.state = "catching up" if self.places.catching_up else "running"
