"""Topics and places that are not what they were: partitions that come, topics that are not there, offsets that are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.chaos.daemon import RESTLESS
from benchmarks.chaos.messages import own_row
from benchmarks.chaos.proofs import MANY_NAMES, nothing_missing, once, taught_once
from benchmarks.chaos.state import caught_up
from benchmarks.chaos.topics import answers, ends, fill, read_all, wait_committed
from ihomer.daemon.exit_codes import ExitCode
from streams.kafka.protocol import Partition

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.chaos.checks import Checks
    from benchmarks.chaos.world import World

#: Seconds after which a daemon that will not be able to read must have said so: most of it is the start of Python.
AT_ONCE = 15.0


@contextmanager
def administrator(world: World) -> Iterator[Any]:
    """Give Kafka's own tools: to delete groups and records."""
    from kafka.admin import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=world.cluster.bootstrap)
    try:
        yield admin
    finally:
        admin.close()


def new_partition(world: World, checks: Checks) -> None:
    """Add partitions while a daemon runs, and while none does."""
    for how in ("--no-transactions", "--transactions"):
        topic, state = world.cluster.topic(), world.state()
        arguments = (*RESTLESS, *MANY_NAMES, "--group", topic, how)
        with world.client() as client:
            fill(client, topic, map(own_row, range(60)))
            with world.daemon(topic, state, *arguments) as daemon:
                caught_up(daemon, ends(client, topic))
                world.cluster.add_partitions(topic, 3)
                fill(client, topic, map(own_row, range(60, 120)), 3)
                caught_up(daemon, ends(client, topic))
                daemon.kill()
            world.cluster.add_partitions(topic, 4)
            fill(client, topic, map(own_row, range(120, 200)), 4)
            with world.daemon(topic, state, *arguments) as daemon:
                taught_once(checks, caught_up(daemon, ends(client, topic)), 200)
                daemon.stop()
            check = once if how == "--transactions" else nothing_missing
            check(checks, answers(client, topic), [100, 40, 40, 20])
        checks.blows += 2


def no_topic(world: World, checks: Checks) -> None:
    """Let a daemon read topics that are not there."""
    topic = world.cluster.topic()
    for arguments in ((f"{topic}x",), (topic, "--labels-topic", f"{topic}x")):
        with world.daemon(arguments[0], world.state(), *arguments[1:]) as daemon:
            code, seconds = daemon.ended(), time.monotonic() - daemon.started
            checks.same("exit code", code, ExitCode.KAFKA)
            checks.that("seconds to the end", seconds < AT_ONCE, f"{seconds:.1f}")
            last = daemon.log[-1]["message"]
            checks.that("the last line names it, and a topic that is near", f"{topic}x" in last and repr(topic) in last, last)
            checks.tell(f"{seconds:.1f} s")
        checks.blows += 1


def groups_offsets(world: World, checks: Checks) -> None:
    """Delete a group, and set the offsets of one back."""
    for client in ("kafka-python", "confluent"):
        topic, state = world.cluster.topic(), world.state()
        arguments = (*MANY_NAMES, "--transactions", "--group", topic, "--commit-seconds", "0.1", "--client", client)
        with world.client() as asked:
            _learn_and_die(world, topic, state, arguments)
            with administrator(world) as admin:
                admin.delete_groups([topic])
            checks.blows += 1
            with world.daemon(topic, state, *arguments, *RESTLESS) as daemon:
                said = daemon.wait_for("offsets expired")["message"]
                checks.that(f"{client}: expired: the place is found in the answers", said.endswith("120"), said)
                fill(asked, topic, map(own_row, range(120, 150)))
                saved = caught_up(daemon, ends(asked, topic))
                daemon.stop()
            taught_once(checks, saved, 149)
            once(checks, answers(asked, topic), [150])
            _set_back(world, topic, 60)
            checks.blows += 1
            with world.daemon(topic, state, *arguments) as daemon:
                checks.same(f"{client}: set back: exit code", daemon.ended(), ExitCode.PLACE_LOST)
                last = daemon.log[-1]["message"]
                checks.that(f"{client}: set back: the last line says from where to where", "150" in last and "60" in last, last)
            once(checks, answers(asked, topic), [150])


def retention(world: World, checks: Checks) -> None:
    """Delete the records that a daemon would go on from."""
    for client in ("kafka-python", "confluent"):
        for policy in ("fail", "earliest", "latest"):
            topic, state = world.cluster.topic(), world.state()
            arguments = (*MANY_NAMES, *RESTLESS, "--group", topic, "--out-of-range", policy, "--client", client)
            with world.client() as asked:
                fill(asked, topic, map(own_row, range(50)))
                with world.daemon(topic, state, *arguments) as daemon:
                    caught_up(daemon, ends(asked, topic))
                    daemon.stop()
                fill(asked, topic, map(own_row, range(50, 150)))
                _delete_before(world, topic, 100)
                checks.blows += 1
                with world.daemon(topic, state, *arguments) as daemon:
                    if policy == "fail":
                        checks.same(f"{client}, {policy}: exit code", daemon.ended(), ExitCode.PLACE_LOST)
                        continue
                    daemon.wait_for("gap")
                    fill(asked, topic, map(own_row, range(150, 170)))
                    saved = caught_up(daemon, ends(asked, topic))
                    daemon.stop()
                taught_once(checks, saved, 50 + (70 if policy == "earliest" else 20))
                told = [record.value or b"" for record in read_all(asked, f"{topic}.events")]
                gaps = [value for value in told if b'"gap"' in value]
                checks.that(f"{client}, {policy}: an event tells of the gap", len(gaps) == 1 and b"50" in gaps[0], gaps)


def _learn_and_die(world: World, topic: str, state: Path, arguments: tuple[str, ...]) -> None:
    """Leave a checkpoint at 40, answers up to 120 (the last is a dead letter), and no process."""
    rare = ("--checkpoint-seconds", "1000")
    with world.client() as client:
        fill(client, topic, map(own_row, range(40)))
        with world.daemon(topic, state, *arguments, *RESTLESS) as daemon:
            caught_up(daemon, ends(client, topic))
            daemon.stop()
        fill(client, topic, [*map(own_row, range(40, 119)), b"{"])
        with world.daemon(topic, state, *arguments, *rare) as daemon:
            wait_committed(client, topic, {Partition(topic, 0): 120})
            daemon.kill()


def _set_back(world: World, group: str, offset: int) -> None:
    with world.client() as client:
        source = client.source(group=group)
        source.commit({Partition(group, 0): offset})
        source.close()


def _delete_before(world: World, topic: str, offset: int) -> None:
    from kafka.structs import TopicPartition

    with administrator(world) as admin:
        admin.delete_records({TopicPartition(topic, 0): offset})
