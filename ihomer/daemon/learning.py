"""A session that learns: it goes on from the newest checkpoint, and writes new ones."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from ihomer.daemon import places as at
from ihomer.daemon.learner import Learner
from ihomer.daemon.session import Session

if TYPE_CHECKING:
    from ihomer.daemon.store import Store
    from streams.kafka.protocol import Partition, Record, Source

_LOG = logging.getLogger("ihomer.daemon")

#: Seconds after which a checkpoint that failed is tried again.
RETRY = 10.0


class Learning(Session):
    """Learns all that comes, each message once.

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

    def _save_due(self, now: float) -> bool:
        if self._retry_at:
            return now >= self._retry_at
        waited, settings = now - self._saved_at, self.settings
        return self._rows > 0 and (waited >= settings.checkpoint_seconds or self._rows >= settings.checkpoint_rows)

    def _finish(self) -> None:
        try:
            super()._finish()
        except OSError as error:
            self.status.checkpoint_failures += 1
            self.status.problem = f"no checkpoint can be written: {error}"
            self._retry_at = self._clock() + RETRY
            _LOG.error("no checkpoint can be written, the last good one stays: %s", error, extra={"event": "no checkpoint"})
            if self.stopping.asked:
                raise

    def _save(self) -> None:
        start = self._clock()
        path = self._store.write({"learner": self.clerk.state(), "places": at.to_tree(self.places.next)})
        now = self._clock()
        self._rows, self._saved_at, self._retry_at = 0, now, 0.0
        self.status.problem = ""
        self.status.checkpoints += 1
        self.status.checkpoint_time, self.status.checkpoint_seconds = time.time(), now - start
        self.status.checkpoint_bytes = path.stat().st_size
        _LOG.info("written: %s", path, extra={"event": "checkpoint", "seconds": round(now - start, 3)})
