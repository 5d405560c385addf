"""Being asked to end: under load, at the start, twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.chaos.messages import mixture
from benchmarks.chaos.proofs import MANY_NAMES, once
from benchmarks.chaos.state import caught_up, newest
from benchmarks.chaos.topics import answers, ends, fill
from ihomer.daemon.exit_codes import ExitCode

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Messages that wait when it is asked: more than it can learn until then.
LOAD = 60_000


def signals(world: World, checks: Checks) -> None:
    """Ask daemons to end: under load, twice, while they start."""
    for kind in ("kafka-python", "confluent"):
        topic, state = world.cluster.topic(), world.state()
        arguments = (*MANY_NAMES, "--transactions", "--group", topic, "--client", kind)
        with world.client() as client:
            fill(client, topic, mixture(LOAD, world.rng("load")))
            with world.daemon(topic, state, *arguments, "--checkpoint-seconds", "1000") as daemon:
                daemon.begun()
                time.sleep(1.0)
                seconds = daemon.stop()
                checks.that(f"{kind}: seconds to the end under load", seconds < 10, f"{seconds:.1f}")
                checks.tell(f"{kind}: {seconds:.1f} s under load")
            saved = newest(state)
            taken = 0 if saved is None else sum(saved.places.values())
            checks.that(f"{kind}: it was under load, and saved what it had learned", 0 < taken < LOAD, f"{taken} of {LOAD}")
            with world.daemon(topic, state, *arguments, "--poll-rows", "5000") as daemon:
                daemon.begun()
                time.sleep(0.5)
                daemon.ask()
                time.sleep(0.01)
                start = time.monotonic()
                daemon.ask()
                code, seconds = daemon.ended(), time.monotonic() - start
                checks.same(f"{kind}: exit code after a second signal", code, ExitCode.STOPPED_AT_ONCE)
                checks.that(f"{kind}: seconds to the end after it", seconds < 2, f"{seconds:.2f}")
            for wait in (0.0, 0.5, 1.5):
                with world.daemon(topic, state, *arguments) as daemon:
                    time.sleep(wait)
                    start = time.monotonic()
                    daemon.ask()
                    code, seconds = daemon.ended(), time.monotonic() - start
                    # Before Python listens to signals the system ends it: nothing has begun then.
                    checks.that(f"{kind}: asked {wait} s after the start: exit code", code in (0, -15), code)
                    checks.that(f"{kind}: asked {wait} s after the start: seconds to the end", seconds < 10, f"{seconds:.1f}")
            with world.daemon(topic, state, *arguments) as daemon:
                daemon.begun()  # it may be that nothing is left for it to catch up with
                caught_up(daemon, ends(client, topic))
                daemon.stop()
            once(checks, answers(client, topic), [LOAD])
        checks.blows += 5
