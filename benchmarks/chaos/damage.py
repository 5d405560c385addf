"""Checkpoints that are damaged on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS
from benchmarks.chaos.messages import mixture
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import ends, fill
from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.store import checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World


def flipped(path: Path) -> None:
    """Flip a bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncated(path: Path) -> None:
    """Cut the file in the middle."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def emptied(path: Path) -> None:
    """Leave nothing, as some file systems do when the power fails."""
    path.write_bytes(b"")


def damaged(world: World, checks: Checks) -> None:
    """Damage the newest checkpoint in several ways, then all of them."""
    topic, state = world.cluster.topic(), world.state()
    values = list(mixture(600, world.rng("damage")))
    with world.client() as client:
        with world.daemon(topic, state, *RESTLESS) as daemon:
            for part in (values[:300], values[300:]):
                fill(client, topic, part)
                whole = caught_up(daemon, ends(client, topic))
            daemon.kill()
        for damage in (flipped, truncated, emptied):
            copy = world.state(damage.__name__)
            shutil.copytree(state, copy)
            path = checkpoints(copy)[-1][1]
            damage(path)
            checks.blows += 1
            with world.daemon(topic, copy, *RESTLESS) as daemon:
                said = daemon.begun().log
                warned = [e["message"] for e in said if e["level"] == "warning" and str(path) in e["message"]]
                checks.that(f"{damage.__name__}: the log warns and names the file", len(warned) == 1, warned)
                checks.that(f"{damage.__name__}: it is set aside", path.with_name(path.name + ".damaged").exists(), path.name)
                again = caught_up(daemon, ends(client, topic))
                checks.same(f"{damage.__name__}: parts of the state with other bytes than before", again.different(whole), [])
                daemon.stop()
    _all_damaged(world, checks, topic, state, flipped)


def _all_damaged(world: World, checks: Checks, topic: str, state: Path, damage: Callable[[Path], None]) -> None:
    files = [path for _, path in checkpoints(state)]
    for path in files:
        damage(path)
    checks.blows += len(files)
    with world.daemon(topic, state, *RESTLESS) as daemon:
        checks.same("all damaged: exit code", daemon.ended(), ExitCode.NO_CHECKPOINT)
        last = daemon.log[-1]["message"]
        checks.that("all damaged: the last line names each file", all(path.name in last for path in files), last)
    checks.that("all damaged: the files are where they were", all(path.exists() for path in files), files)
