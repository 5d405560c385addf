"""A session that learns: it goes on from the newest checkpoint, and writes new ones."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from ihomer.daemon import places as at
from ihomer.daemon.learner import Learner
from ihomer.daemon.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from ihomer.checkpoint import Beside
    from ihomer.daemon.store import Store
    from streams.kafka.protocol import Partition, Record, Source

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds after which a checkpoint that failed is tried again.
RETRY = 10.0


class Saving(NamedTuple):
    """A checkpoint that is being written: by whom, what it covers, and how many seconds learning stood still for it."""

    file: Beside[Path]
    places: dict[Partition, int]
    pause: float


class Learning(Session):
    """Learns all that comes, each message once; checkpoints are written beside it.

    Parameters
    ----------
    store
        Where the checkpoints are; locked.
    others
        As of `Session`.
    """

    def __init__(self, store: Store, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self._store = store
        self._rows, self._saved_at, self._retry_at = 0, self._clock(), 0.0
        self._saving: Saving | None = None

    def _restore(self) -> dict[Partition, int] | None:
        self.clerk: Learner = Learner(self.settings, self.status)
        found = self._store.read()
        if found is None:
            _LOG.info("no checkpoint: the model is fresh", extra={"event": "fresh"})
            return None
        tree, path = found
        self.clerk.restore(tree["learner"], path)
        learned = f"{self.clerk.model.n_instances:,}"
        _LOG.info("goes on from %s: %s instances learned", path, learned, extra={"event": "restored"})
        return at.from_tree(tree["places"])

    def _saved(self, source: Source, restored: dict[Partition, int] | None) -> dict[Partition, int] | None:  # noqa: ARG002
        return restored

    def _take(self, records: list[Record]) -> None:
        super()._take(records)
        self._rows += len(records)

    def run(self) -> None:
        """Go on until asked to stop; see `Session.run`."""
        try:
            super().run()
        finally:
            # After a failure, too: the next session goes on from the newest checkpoint.
            if self._saving is not None:
                with suppress(OSError):
                    self._note(self._saving)

    def _turn(self) -> None:
        super()._turn()
        if self._saving is not None and self._saving.file.done:
            self._end_save_or_tell()

    def _save_due(self, now: float) -> bool:
        if self._saving is not None:
            return False
        if self._retry_at:
            return now >= self._retry_at
        waited, settings = now - self._saved_at, self.settings
        return self._rows > 0 and (waited >= settings.checkpoint_seconds or self._rows >= settings.checkpoint_rows)

    def _save(self) -> None:
        """Take all down, and begin to write it: what learning waits for is the first alone."""
        self._end_save_or_tell()  # one at a time
        start = self._clock()
        places = dict(self.places.next)
        file = self._store.begin({"learner": self.clerk.state(), "places": at.to_tree(places)})
        now = self._clock()
        self._saving = Saving(file, places, now - start)
        self._rows, self._saved_at, self._retry_at = 0, now, 0.0

    def _end_save(self) -> None:
        if (saving := self._saving) is not None:
            self._note(saving)
            self._assignment.saved(saving.places)

    def _end_save_or_tell(self) -> None:
        try:
            self._end_save()
        except OSError as error:
            self._failed(error)

    def _finish(self) -> None:
        try:
            super()._finish()
        except OSError as error:
            self._failed(error)
            if self.stopping.asked:
                raise

    def _note(self, saving: Saving) -> None:
        """Wait until it is written, and say so."""
        self._saving = None
        path = saving.file.wait()
        status, seconds = self.status, saving.file.seconds
        status.problem = ""
        status.checkpoints += 1
        status.checkpoint_time, status.checkpoint_seconds = time.time(), seconds
        status.checkpoint_pause_seconds = saving.pause
        status.checkpoint_bytes = path.stat().st_size
        extra = {"event": "checkpoint", "seconds": round(seconds, 3), "pause": round(saving.pause, 3)}
        _LOG.info("written: %s", path, extra=extra)

    def _failed(self, error: OSError) -> None:
        """Say that no checkpoint could be written, and try again later."""
        self.status.checkpoint_failures += 1
        self.status.problem = f"no checkpoint can be written: {error}"
        self._retry_at = self._clock() + RETRY
        _LOG.error("no checkpoint can be written, the last good one stays: %s", error, extra={"event": "no checkpoint"})
