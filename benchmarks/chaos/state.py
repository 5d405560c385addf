"""What the daemon has saved: its newest checkpoint, read as it stands on the disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.chaos.daemon import PATIENCE, EndedError
from ihomer import checkpoint
from ihomer.daemon.places import from_tree
from ihomer.daemon.store import KIND, checkpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.chaos.daemon import Daemon
    from streams.kafka.protocol import Partition


class Saved(NamedTuple):
    """What a checkpoint holds."""

    path: Path
    learner: dict[str, Any]
    places: dict[Partition, int]

    @property
    def model(self) -> Any:
        """The model."""
        from ihomer.saving import model_of

        return model_of(self.learner["model"])

    def different(self, other: Saved) -> list[str]:
        """Return the parts of the learner whose bytes are not those of `other`."""
        parts = sorted(self.learner.keys() | other.learner.keys())
        return [part for part in parts if _bytes(self.learner.get(part)) != _bytes(other.learner.get(part))]


def newest(state: Path) -> Saved | None:
    """Return what the newest checkpoint holds; None if there is none."""
    while True:
        found = checkpoints(state) if state.is_dir() else []
        if not found:
            return None
        path = found[-1][1]
        try:
            tree = checkpoint.read(path, kind=KIND)
        except FileNotFoundError:  # newer ones came
            continue
        return Saved(path, tree["learner"], from_tree(tree["places"]))


def caught_up(daemon: Daemon, ends: Mapping[Partition, int], seconds: float = PATIENCE) -> Saved:
    """Wait until the newest checkpoint has reached `ends`; return what it holds."""
    deadline, seen, reached = time.monotonic() + seconds, Path(), None
    while True:
        files = checkpoints(daemon.state) if daemon.state.is_dir() else []
        if files and files[-1][1] != seen:
            reached = newest(daemon.state)
            assert reached is not None
            seen = reached.path
            if all(reached.places.get(partition, 0) >= end for partition, end in ends.items()):
                return reached
        daemon.check_running("before it had caught up")
        if time.monotonic() > deadline:
            at = None if reached is None else reached.places
            raise EndedError(f"saved {at}, expected {dict(ends)} within {seconds:g} s; its log:\n{daemon.tail()}")
        time.sleep(0.02)


def _bytes(part: object) -> bytes:
    return checkpoint.dumps(part, kind=KIND)
