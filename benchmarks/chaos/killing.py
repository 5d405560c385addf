"""Killing a daemon again and again, at every kind of moment."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS, Daemon
from benchmarks.chaos.feeder import Feeder, Post
from benchmarks.chaos.state import Saved, caught_up
from benchmarks.chaos.topics import ends
from ihomer.daemon.store import checkpoints

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Seconds of a start on a machine that has nothing else to do; a kill within them hits one that only begins.
START = 1.5
#: Seconds of work within which a kill falls: some checkpoints, a dozen commits.
WORK = 0.8
#: Seconds to wait for a checkpoint.
WRITING = 2.0


def restless(rng: random.Random) -> tuple[str, ...]:
    """Return settings under which every moment is one of something: short or long transactions, small or large batches."""
    return (
        *("--checkpoint-seconds", rng.choice(("0.1", "0.3", "0.6"))),
        *("--commit-seconds", rng.choice(("0.02", "0.2", "0.5"))),
        *("--poll-rows", rng.choice(("3", "20", "1000"))),
    )


def at_the_start(_daemon: Daemon, rng: random.Random) -> None:
    """Wait for some moment before it reads, or shortly after it began to."""
    time.sleep(rng.uniform(0.0, START))


def at_work(daemon: Daemon, rng: random.Random) -> None:
    """Wait for some moment while it reads, learns, produces, commits and saves."""
    daemon.reads()
    time.sleep(rng.uniform(0.0, WORK))


def while_saving(daemon: Daemon, rng: random.Random) -> None:
    """Wait until a checkpoint is half written."""
    daemon.reads()
    time.sleep(rng.uniform(0.0, WORK / 2))
    _wait_until(lambda: bool(left_behind(daemon.state)))
    time.sleep(rng.choice((0.0, 0.0, 0.002, 0.01)))


def just_saved(daemon: Daemon, rng: random.Random) -> None:
    """Wait until a checkpoint has got its name: what it covers must be published by then."""
    daemon.reads()
    time.sleep(rng.uniform(0.0, WORK / 2))
    before = checkpoints(daemon.state)[-1:]
    _wait_until(lambda: checkpoints(daemon.state)[-1:] != before)
    time.sleep(rng.choice((0.0, 0.0, 0.002, 0.01)))


def _wait_until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + WRITING
    while time.monotonic() < end and not held():
        time.sleep(0.0005)


#: Moments, and how often each.
MOMENTS: dict[Callable[[Daemon, random.Random], None], int] = {
    at_work: 45,
    while_saving: 25,
    just_saved: 20,
    at_the_start: 10,
}


def left_behind(state: Path) -> list[Path]:
    """Return checkpoints that are half written."""
    return list(state.glob(".ihomer-*.tmp"))


def killed(
    world: World, checks: Checks, topic: str, posts: Sequence[Post], arguments: Sequence[str] = (), client: str = "kafka-python"
) -> Saved:
    """Kill a daemon `world.kills` times while messages come, let the last one catch up and stop; return what it has saved.

    Parameters
    ----------
    world, checks
        Where, and where to tell.
    topic
        What the daemon reads.
    posts
        The messages that come meanwhile.
    arguments, client
        More of the daemon's command line.
    """
    # Not of the names of topics, which are others each time: the same seed strikes at the same moments.
    rng, state = world.rng("kills", client, len(posts), len(arguments)), world.state("killed")
    arguments = ("--client", client, *arguments)
    where: Counter[str] = Counter()
    half_written = 0
    topics = sorted({post.topic for post in posts})
    with Feeder(world, posts, a_burst=max(1, len(posts) // (60 * world.kills))) as feeder:
        for kill in range(world.kills):
            # A part of what is due comes while nobody reads, the rest while the daemon works.
            feeder.allow((kill + 1) / (world.kills + 1))
            [moment] = rng.choices(list(MOMENTS), list(MOMENTS.values()))
            with world.daemon(topic, state, *restless(rng), *arguments) as daemon:
                moment(daemon, rng)
                daemon.check_running("before it was killed")
                daemon.kill()
            where[moment.__name__.replace("_", " ")] += 1
            half_written += bool(state.is_dir() and left_behind(state))
        feeder.finish()
    checks.blows += world.kills
    with world.client() as asked, world.daemon(topic, state, *RESTLESS, *arguments) as daemon:
        saved = caught_up(daemon, ends(asked, *topics))
        seconds = daemon.stop()
    checks.tell(", ".join(f"{n} {moment}" for moment, n in sorted(where.items())))
    checks.tell(f"{half_written} checkpoints half written; SIGTERM at the end took {seconds:.2f} s")
    if world.kills >= 20:
        checks.that("some kills fell into the writing of a checkpoint", half_written > 0, f"{half_written} of {world.kills}")
    checks.that("nothing half written is left in the end", not left_behind(state), left_behind(state))
    return saved
