"""Two daemons where there should be one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS
from benchmarks.chaos.messages import own_row
from benchmarks.chaos.proofs import MANY_NAMES, once, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, fill
from ihomer.daemon.exit_codes import ExitCode

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World


def same_state(world: World, checks: Checks) -> None:
    """Start a second learner on the same state."""
    topic, state = world.cluster.topic(), world.state()
    with world.client() as client:
        fill(client, topic, map(own_row, range(50)))
        with world.daemon(topic, state, *RESTLESS, *MANY_NAMES) as first:
            caught_up(first, ends(client, topic))
            with world.daemon(topic, state, *RESTLESS) as second:
                code = second.ended()
                checks.same("exit code of the second", code, ExitCode.STATE_IN_USE)
                last = second.log[-1]["message"]
                checks.that("its last line names the process", f"process {first.process.pid} " in last, last)
                checks.tell(f"refused after {time.monotonic() - second.started:.1f} s")
            fill(client, topic, map(own_row, range(50, 100)))
            caught_up(first, ends(client, topic))
            first.kill()
            checks.blows += 1
        with world.daemon(topic, state, *RESTLESS, *MANY_NAMES) as third:
            taught_once(checks, caught_up(third.begun(), ends(client, topic)), 100)


def same_id(world: World, checks: Checks) -> None:
    """Start a second learner with the same transactional id."""
    for kind in ("kafka-python", "confluent"):
        topic = world.cluster.topic()
        arguments = (*RESTLESS, *MANY_NAMES, "--transactions", "--group", topic, "--client", kind)
        with world.client() as client:
            fill(client, topic, map(own_row, range(100)))
            with world.daemon(topic, world.state("older"), *arguments) as older:
                caught_up(older, ends(client, topic))
                with world.daemon(topic, world.state("newer"), *arguments) as newer:
                    caught_up(newer, ends(client, topic))
                    fill(client, topic, map(own_row, range(100, 200)))
                    saved = caught_up(newer, ends(client, topic))
                    checks.same(f"{kind}: exit code of the older", older.ended(60.0), ExitCode.FENCED)
                    last = older.log[-1]["message"]
                    checks.that(f"{kind}: its last line says that it was fenced", "fenced" in last.lower(), last)
                    newer.stop()
            checks.blows += 1
            taught_once(checks, saved, 200)
            once(checks, answers(client, topic), [200])
