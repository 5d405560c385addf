"""What the daemon survives, shown on a real broker.

    python -m benchmarks.chaos [--kills 100] [--only A,C,disk] [--seed 1] [--jobs 4] [--into FILE]

Every scenario starts real daemons (`ihomer consume`) in processes of their own and strikes: kill -9 at random moments (while
they start, learn, produce, are within a transaction, write a checkpoint), the broker stopped and killed, the disk full,
checkpoints damaged, offsets gone. Then it looks at what is saved and what is published. Prints a table; ends with 1 if anything
did not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.chaos.checks import Check, Checks
from benchmarks.chaos.scenarios import SCENARIOS, Scenario
from benchmarks.chaos.world import World
from benchmarks.document import written_between
from benchmarks.machine import machine
from tests.broker import Broker, Cluster


class Result(NamedTuple):
    """What became of a scenario."""

    name: str
    scenario: Scenario
    checks: Checks
    seconds: float


def play(name: str, world: World) -> Result:
    """Play one scenario; whatever it raises is something that did not hold."""
    checks, start, scenario = Checks(), time.monotonic(), SCENARIOS[name]
    try:
        with ExitStack() as own:
            if scenario.own_broker:
                world = World(own.enter_context(Broker()), world.directory, world.kills, world.seed)
            scenario.play(world, checks)
    except Exception as error:  # noqa: BLE001 - told in the table
        checks.checks.append(Check(f"{type(error).__name__}", held=False, found=traceback.format_exc()))
    result = Result(name, scenario, checks, time.monotonic() - start)
    print(f"{name}: {'FAILED' if checks.failed else 'held'} after {result.seconds:.0f} s", file=sys.stderr, flush=True)
    return result


def table(results: Sequence[Result]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = ["| scenario | what was done and looked at | blows | result | seconds |", "|---|---|--:|---|--:|"]
    for name, scenario, checks, seconds in results:
        failed = checks.failed
        result = f"**{len(failed)} of {len(checks.checks)} checks FAILED**" if failed else f"{len(checks.checks)} checks held"
        told = "; ".join([scenario.what, *checks.told]).replace("|", "/")
        lines.append(f"| {name} | {told} | {checks.blows} | {result} | {seconds:.0f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="a scenario; a broker goes away a fifth as often")
    parser.add_argument("--only", default=",".join(SCENARIOS), help="scenarios, separated by commas: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="decides moments and messages")
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at a time")
    parser.add_argument("--bootstrap", help="host:port of a Kafka for those that need none of their own; none: one is started")
    parser.add_argument("--into", type=Path, metavar="FILE", help="write the table into this document")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep states and logs here")
    asked = parser.parse_args()
    names = [name.strip() for name in asked.only.split(",")]
    if unknown := [name for name in names if name not in SCENARIOS]:
        parser.error(f"--only: there is no scenario {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    print(machine(), flush=True)
    with ExitStack() as held:
        directory = asked.keep or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="ihomer-chaos-")))
        directory.mkdir(parents=True, exist_ok=True)
        cluster = held.enter_context(Cluster(asked.bootstrap) if asked.bootstrap else Broker())
        world = World(cluster, directory, asked.kills, asked.seed)
        with ThreadPoolExecutor(asked.jobs) as pool:
            results = list(pool.map(lambda name: play(name, world), names))
    print("\n".join(table(results)))
    if asked.into:
        command = f"python -m benchmarks.chaos --kills {asked.kills}"
        written_between(asked.into, command, [f"Machine: {machine()}.", "", *table(results)])
    failed = [result for result in results if result.checks.failed]
    for result in failed:
        print(f"\n{result.name}:")
        for check in result.checks.failed:
            print(f"  FAILED: {check.what}: {check.found}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
