"""Real daemons on a real Kafka, struck: the quickest scenarios of `python -m benchmarks.chaos`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.chaos.checks import Checks
from benchmarks.chaos.scenarios import SCENARIOS
from benchmarks.chaos.topics import ends, fill, read_all
from benchmarks.chaos.world import World


@pytest.fixture
def world(broker, tmp_path) -> World:
    return World(broker, tmp_path, kills=2, seed=0)


@pytest.mark.kafka
@pytest.mark.parametrize("name", ["A", "C", "damage", "no-topic", "same-state"])
def test_what_the_daemon_survives(world, name) -> None:
    checks = Checks()
    SCENARIOS[name].play(world, checks)
    assert checks.failed == []


@pytest.mark.kafka
def test_a_topic_is_read_whole_and_only_once(world) -> None:
    topic = world.cluster.topic(2)
    with world.client() as client:
        for turn in range(2):
            fill(client, topic, [b"%d" % i for i in range(10 * turn, 10 * turn + 10)], 2)
            found = [record.value for record in read_all(client, topic)]
            assert sorted(found, key=int) == [b"%d" % i for i in range(10 * turn + 10)]
        assert sum(ends(client, topic).values()) == 20 + 2 * 2  # and the marks of two looks


def test_a_scenario_that_looks_at_nothing_has_failed() -> None:
    checks = Checks()
    assert checks.failed != []
    checks.same("the answer", 42, 42)
    assert checks.failed == []
    checks.that("the question", held=False)
    assert [check.what for check in checks.failed] == ["the question"]


#: Asked to end, and deaf.
DEAF = """
import time
from ihomer.daemon import in_time
from ihomer.daemon.stopping import Stopping
in_time.GRACE = 0.1
with Stopping() as stopping, in_time.InTime(stopping):
    stopping.ask()
    time.sleep(60)
"""


def test_who_is_asked_to_end_ends_in_time_whatever_he_waits_for() -> None:
    done = subprocess.run([sys.executable, "-c", DEAF], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0
    assert "taken again" in done.stderr
    assert "stopped after 0.1 s" in done.stderr


def test_who_ends_by_himself_is_left_alone() -> None:
    asked = DEAF.replace("time.sleep(60)", "pass") + "time.sleep(1)\nprint('here')\n"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "here\n"
