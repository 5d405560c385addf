"""The broker goes away and comes back, again and again, while the daemon runs."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS
from benchmarks.chaos.messages import own_row
from benchmarks.chaos.proofs import MANY_NAMES, PARTITIONS, nothing_missing, once, shares, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, fill, wait_committed

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World
    from tests.broker import Broker

#: Messages before the broker goes, and after it came back.
BEFORE, AFTER = 40, 20
#: Seconds that a daemon may take to go on once the broker is back.
LONGEST = 60.0


def at_least_once(world: World, checks: Checks) -> None:
    """Stop the broker of a daemon that publishes at least once."""
    _away(world, checks, "kafka-python")


def transactions(world: World, checks: Checks) -> None:
    """Stop the broker of one that publishes in transactions."""
    _away(world, checks, "kafka-python", "--transactions")


def transactions_confluent(world: World, checks: Checks) -> None:
    """Do the same with confluent-kafka."""
    _away(world, checks, "confluent", "--transactions")


def asked_to_stop(world: World, checks: Checks) -> None:
    """Ask daemons to end whose broker has gone."""
    broker: Broker = world.cluster  # type: ignore[assignment]
    for client in ("kafka-python", "confluent"):
        topic = broker.topic(PARTITIONS)
        arguments = (*RESTLESS, *MANY_NAMES, "--transactions", "--client", client, "--group", topic)
        with world.client() as asked:
            fill(asked, topic, map(own_row, range(200)), PARTITIONS)
        with world.daemon(topic, world.state(), *arguments) as daemon:
            with world.client() as asked:
                caught_up(daemon, ends(asked, topic))
                fill(asked, topic, map(own_row, range(200, 300)), PARTITIONS, 200)
            broker.kill()
            checks.blows += 1
            time.sleep(2.0)
            start = time.monotonic()
            daemon.ask()
            code, seconds = daemon.ended(), time.monotonic() - start
            checks.that(f"{client}: seconds to the end while the broker is away", seconds < 10, f"{seconds:.1f}, code {code}")
            checks.tell(f"{client}: {seconds:.1f} s, exit code {code}")
            state = daemon.state
        broker.start()
        with world.client() as asked, world.daemon(topic, state, *arguments) as daemon:
            taught_once(checks, caught_up(daemon, ends(asked, topic)), 300)
            once(checks, answers(asked, topic), shares(300))


def _away(world: World, checks: Checks, kind: str, *arguments: str) -> None:
    broker: Broker = world.cluster  # type: ignore[assignment]
    rng, topic, rounds = world.rng("away", kind, *arguments), broker.topic(PARTITIONS), max(2, world.kills // 5)
    n, gone, back = 0, [], []
    with world.daemon(topic, world.state(), *RESTLESS, *MANY_NAMES, "--client", kind, "--group", topic, *arguments) as daemon:
        daemon.begun()
        for turn in range(rounds):
            with world.client() as client:
                fill(client, topic, map(own_row, range(n, n + BEFORE)), PARTITIONS, n)
            n += BEFORE
            time.sleep(rng.uniform(0.0, 0.4))
            start = time.monotonic()
            if turn % 2:
                broker.kill()
            else:
                broker.stop()
            checks.blows += 1
            time.sleep(rng.choice((0.0, 1.0, 4.0)))
            broker.start()
            gone.append(time.monotonic() - start)
            with world.client() as client:
                fill(client, topic, map(own_row, range(n, n + AFTER)), PARTITIONS, n)
                n += AFTER
                back.append(wait_committed(client, topic, ends(client, topic), LONGEST))
            daemon.check_running("after the broker came back")
        with world.client() as client:
            saved = caught_up(daemon, ends(client, topic))
        seconds = daemon.stop()
    checks.that("seconds to the end in order", seconds < 10, f"{seconds:.1f}")
    taught_once(checks, saved, n)
    with world.client("confluent" if kind == "kafka-python" else "kafka-python") as client:
        (once if "--transactions" in arguments else nothing_missing)(checks, answers(client, topic), shares(n))
    checks.that("it goes on once the broker is back, within seconds", max(back) < LONGEST, f"{max(back):.1f}")
    checks.tell(
        f"away {statistics.median(gone):.1f} s in the median, lag back to 0 {statistics.median(back):.1f} s after the start "
        f"in the median, {max(back):.1f} s at most"
    )
