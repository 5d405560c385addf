"""A full disk under the checkpoints."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS, Daemon
from benchmarks.chaos.messages import own_row
from benchmarks.chaos.proofs import MANY_NAMES, nothing_missing, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, fill, wait_committed

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World


#: Seconds within which a daemon notices that a checkpoint was written: it looks when it has waited for messages.
SOON = 5.0


class Tmpfs:
    """A file system of 24 MB in memory: it is full when a file takes all that is left."""

    said = "tmpfs"

    def __init__(self, directory: Path) -> None:
        self._filler = directory / "filler"

    def fill(self, _daemon: Daemon) -> None:
        """Leave no room."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self, _daemon: Daemon) -> None:
        """Make room."""
        self._filler.unlink()


class Limit:
    """The largest file that a process may write: what an ordinary user has in place of a full disk."""

    said = "limit of file sizes"

    def fill(self, daemon: Daemon) -> None:
        """Leave no room."""
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1024, resource.RLIM_INFINITY))

    def free(self, daemon: Daemon) -> None:
        """Make room."""
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def small_disk(directory: Path) -> Iterator[Tmpfs | Limit]:
    """Give a way to fill the disk under `directory`."""
    directory.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        yield Limit()
        return
    try:
        yield Tmpfs(directory)
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def full(world: World, checks: Checks) -> None:
    """Fill the disk, make room, fill it again and ask the daemon to end."""
    topic, state = world.cluster.topic(), world.state()
    with small_disk(state) as disk, world.client() as client:
        arguments = (*RESTLESS, *MANY_NAMES, "--http", "127.0.0.1:0", "--keep", "2", "--group", topic)
        fill(client, topic, map(own_row, range(200)))
        with world.daemon(topic, state, *arguments) as daemon:
            good = caught_up(daemon, ends(client, topic))
            before = good.path.read_bytes()
            disk.fill(daemon)
            checks.blows += 1
            fill(client, topic, map(own_row, range(200, 400)))
            said = daemon.wait_for("no checkpoint")
            wait_committed(client, topic, ends(client, topic))  # it goes on answering
            checks.tell(f"{disk.said}: \"{said['message'].replace(str(state), 'STATE')}\"")
            checks.same("log level", said["level"], "error")
            checks.that("/health has the problem", "no checkpoint" in _problem(daemon), _problem(daemon))
            failures = _metric(daemon, "ihomer_checkpoint_failures_total")
            checks.that("failures are counted", failures >= 1, failures)
            checks.that("the checkpoint before is as it was", good.path.read_bytes() == before, good.path)
            start = time.monotonic()
            disk.free(daemon)
            taught_once(checks, caught_up(daemon, ends(client, topic)), 400)
            checks.tell(f"saved {time.monotonic() - start:.1f} s after there was room")
            checks.same("problem once there is room", _problem_soon(daemon), "")
            disk.fill(daemon)
            checks.blows += 1
            fill(client, topic, map(own_row, range(400, 500)))
            daemon.wait_for("no checkpoint", n=len(daemon.said("no checkpoint")) + 1)
            daemon.ask()
            code = daemon.ended()
            checks.that("SIGTERM on a full disk ends with a code that is not 0", code == 1, code)
            if isinstance(disk, Tmpfs):
                disk.free(daemon)
        with world.daemon(topic, state, *arguments) as daemon:
            daemon.begun()
            taught_once(checks, caught_up(daemon, ends(client, topic)), 500)
            daemon.stop()
        nothing_missing(checks, answers(client, topic), [500])


def _metric(daemon: Daemon, name: str) -> float:
    return next(float(line.split()[1]) for line in daemon.page("/metrics").splitlines() if line.startswith(f"{name} "))


def _problem_soon(daemon: Daemon) -> str:
    """Return the problem when it is gone, or has stayed: a file is on the disk before its daemon says so."""
    end = time.monotonic() + SOON
    while _problem(daemon) and time.monotonic() < end:
        time.sleep(0.1)
    return _problem(daemon)


def _problem(daemon: Daemon) -> str:
    return str(json.loads(daemon.page("/health"))["problem"])
