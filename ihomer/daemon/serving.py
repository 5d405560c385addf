"""`learn = false`: predictions of the newest checkpoint of another process, which learns; nothing is learned or saved here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ihomer.daemon.bad_watch import BadWatch
from ihomer.daemon.desk import Desk
from ihomer.daemon.follower import Follower
from ihomer.daemon.inbox import Inbox
from ihomer.daemon.learner import check_asked
from ihomer.daemon.opening import wanted
from ihomer.daemon.session import Session
from ihomer.saving import model_of

if TYPE_CHECKING:
    from ihomer.daemon.letters import Letter
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.estimator import ArrayEstimator
    from streams.kafka.protocol import Partition, Record, Source

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds between two looks for a newer checkpoint.
WAIT = 1.0


class Servant:
    """Predicts messages with a model that others bring, and writes the same letters as a learner.

    Parameters
    ----------
    settings, status
        As of `ihomer.daemon.learner.Learner`.
    """

    def __init__(self, settings: Settings, status: Status) -> None:
        self.settings, self.status = settings, status
        self.model: ArrayEstimator
        self.inbox, self.desk = Inbox(settings.limits), Desk(settings, status)
        self.bad = BadWatch(settings.limits.bad_share, settings.limits.bad_run)

    #: Nothing waits: nothing is learned.
    n_waiting = 0

    def take(self, records: Sequence[Record]) -> list[Letter]:
        """Predict `records`; return what is to be said about them."""
        taken = self.inbox.take(records)
        letters: list[Letter] = []
        n = len(taken.batch)
        if n:
            predictions = self.model.predict_many(taken.batch)
            letters = [*self.desk.predictions(taken.batch, predictions, np.full(n, self.model.n_instances), records)]
        self.status.instances += n
        self.bad.note(len(records), [(bad.index, bad.what) for bad in taken.bad])
        return self.desk.with_dead(records, letters, taken.bad)


class Serving(Session):
    """A session that serves: it goes on from the group's committed offsets, and takes over every new checkpoint."""

    def _restore(self) -> None:
        self._follower = Follower(self.settings.state, allow_pickle=self.settings.allow_pickle)
        self.clerk: Servant = Servant(self.settings, self.status)
        self._looked_at = self._clock()
        while not self._reloaded() and not self.stopping.asked:
            self.status.problem = f"{self.settings.state}: there is no checkpoint to serve yet"
            self.status.progress_time = self._clock()
            self.stopping.wait(WAIT)

    def _saved(self, source: Source, restored: dict[Partition, int] | None) -> dict[Partition, int] | None:  # noqa: ARG002
        return source.committed(wanted(source, self.settings)) or None

    def _save_due(self, now: float) -> bool:
        due = now - self._looked_at >= WAIT
        if due:
            self._reloaded()
            self._looked_at = now
        return due

    def _save(self) -> None:
        """Save nothing, the process that learns does: it is enough that all is published."""
        self._assignment.saved(self.places.next)

    def _end_save(self) -> None:
        """Wait for nothing."""

    def _reloaded(self) -> bool:
        """Take the newest checkpoint over, if there is one that is not served yet; return whether there was."""
        found = self._follower.newest()
        if found is None:
            return False
        tree, path = found
        check_asked(tree["learner"]["asked"], self.settings, path)
        self.clerk.model = model_of(tree["learner"]["model"])
        self.status.problem = ""
        _LOG.info("serves %s", path, extra={"event": "served", "instances": self.clerk.model.n_instances})
        return True
