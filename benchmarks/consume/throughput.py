"""From topic to predictions, beside a bare loop that consumes, decodes and produces as much."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from benchmarks.consume.rig import Process, Rig, messages

#: Messages of a run, and before them those that warm it up: the model, the clients, the broker.
MESSAGES = {"kafka-python": (40_000, 5_000), "confluent": (300_000, 50_000)}


class Run(NamedTuple):
    """What one run did."""

    messages_per_second: float
    cpu_us: float
    bytes_each: float


def throughput(rig: Rig, client: str, rounds: int, flags: list[str], stream: str, scale: float = 1.0) -> str:
    """Return a table of the rounds, the daemon and the bare loop in turn."""
    n, warm = (round(count * scale) for count in MESSAGES[client])
    topic = rig.topic()
    rig.feed(topic, messages(n + warm, stream))
    lines, ratios, rates = [], [], []
    bare_bytes = 300
    for turn in range(rounds):
        order = (_daemon, _bare) if turn % 2 == 0 else (_bare, _daemon)
        found: dict[object, Run] = {}
        for one in order:
            found[one] = one(rig, client, topic, n, warm, bare_bytes, flags)
            if one is _daemon:
                bare_bytes = round(found[one].bytes_each)
        daemon, bare = found[_daemon], found[_bare]
        ratios.append(daemon.messages_per_second / bare.messages_per_second)
        rates.append(daemon.messages_per_second)
        lines.append(
            f"{client:14}{turn + 1:6}{daemon.messages_per_second:12,.0f}{bare.messages_per_second:12,.0f}{ratios[-1]:8.0%}"
            f"{daemon.cpu_us:12.1f}{bare.cpu_us:12.1f}"
        )
        print(lines[-1], flush=True)
    return f"{client:14}{'median':>6}{statistics.median(rates):12,.0f}{'':12}{statistics.median(ratios):8.0%}"


HEAD = f"{'client':14}{'round':>6}{'daemon /s':>12}{'bare /s':>12}{'ratio':>8}{'daemon us':>12}{'bare us':>12}"


def _daemon(rig: Rig, client: str, topic: str, n: int, warm: int, _bytes: int, flags: list[str]) -> Run:
    predictions = rig.topic()
    with rig.daemon(topic, client, predictions, *flags) as process:
        return _watched(rig, process, predictions, n, warm)


def _bare(rig: Rig, client: str, topic: str, n: int, warm: int, size: int, _flags: list[str]) -> Run:
    target = rig.topic()
    arguments = ["-m", "benchmarks.consume.bare", rig.cluster.bootstrap, client, topic, target, str(n + warm), str(size)]
    with Process(arguments, rig.directory / "bare.log") as process:
        return _watched(rig, process, target, n, warm)


def _watched(rig: Rig, process: Process, target: str, n: int, warm: int) -> Run:
    """Watch `warm` records come into a topic, and n after them; the time is the broker's."""
    marks = []
    for wanted in (warm, warm + n):

        def there(wanted: int = wanted) -> bool | int:
            (end,) = rig.ends(target)
            # What is seen last is the nearest to the moment that counts.
            if end >= wanted:
                marks.append((end, process.cpu_seconds()))
                return True
            return end

        process.until(there)
    (first, cpu0), (last, cpu1) = marks
    times, sizes = [], []
    for records in rig.read(target):
        times += [record.time for record in records]
        sizes += [len(record.value or b"") for record in records]
    times, sizes = times[: n + warm], sizes[: n + warm]
    seconds = times[-1] - times[warm]
    return Run((n - 1) / seconds, 1e6 * (cpu1 - cpu0) / max(last - first, 1), sum(sizes) / len(sizes))
