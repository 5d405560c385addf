"""Nothing but bad messages."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import RESTLESS
from benchmarks.chaos.messages import BAD, own_row
from benchmarks.chaos.proofs import MANY_NAMES, nothing_missing, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, fill
from ihomer.daemon.exit_codes import ExitCode

if TYPE_CHECKING:
    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Bad messages in a row, and how many of them are too many for the daemon.
N, LIMIT = 10_000, 1_000


def bad_messages(world: World, checks: Checks) -> None:
    """Send 10,000 bad messages in a row."""
    topic, state = world.cluster.topic(), world.state()
    with world.client() as client:
        fill(client, topic, [*map(own_row, range(100)), *islice(cycle(BAD), N), *map(own_row, range(100, 200))])
        arguments = (*MANY_NAMES, "--group", topic, "--limits-bad-run", str(LIMIT), "--limits-bad-share", "1.0")
        for turn in ("first", "again"):
            with world.daemon(topic, state, *arguments, *RESTLESS) as daemon:
                checks.same(f"{turn}: exit code", daemon.ended(), ExitCode.TOO_MANY_BAD)
                last = daemon.log[-1]["message"]
                checks.that(f"{turn}: the last line says what is too much", "in a row are bad" in last, last)
            checks.blows += 1
            there = {offset for (_, offset), said in answers(client, topic).items() if said[0].kind == "dead letter"}
            checks.that(f"{turn}: dead letters are there", there >= set(range(100, 100 + LIMIT)), f"{len(there)}")
        more = (*arguments[:-3], str(10 * N), *arguments[-2:])
        with world.daemon(topic, state, *more) as daemon:
            taught_once(checks, caught_up(daemon, ends(client, topic)), 200)
            daemon.stop()
        said = answers(client, topic)
        nothing_missing(checks, said, [N + 200])
        dead = [place for place, found in said.items() if {answer.kind for answer in found} == {"dead letter"}]
        checks.same("dead letters, each message at least once", len(dead), N)
