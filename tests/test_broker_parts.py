"""How the tests' own Kafka is found, fetched and cleaned away, and what is said where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.broker import Unavailable, find_cluster
from tests.broker.jars import jars
from tests.broker.java import java
from tests.broker.ports import free_ports

ROOT = Path(__file__).parent.parent
A_KAFKA_TEST = "tests/test_broker.py::test_partitions_can_be_added"


def run_without_tools(empty: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A test that needs Kafka, on a machine with neither Java nor Docker."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("IHOMER_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", A_KAFKA_TEST],
        cwd=ROOT,
        env=environ | {"PATH": str(empty)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_kafka_tests_skip_and_say_how_to_make_them_run(tmp_path: Path) -> None:
    done = run_without_tools(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "Java (>= 17) is missing; no Docker engine answers" in done.stdout
    assert "install Java 17 and Maven, start Docker, or set IHOMER_TEST_KAFKA=host:port" in done.stdout


def test_without_kafka_tests_fail_where_it_is_required(tmp_path: Path) -> None:
    done = run_without_tools(tmp_path, IHOMER_REQUIRE_KAFKA="1")
    assert done.returncode == 1
    assert "Java (>= 17) is missing" in done.stdout


def test_a_cluster_that_is_given_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IHOMER_TEST_KAFKA", "somewhere:9092")
    assert find_cluster().bootstrap == "somewhere:9092"


def test_a_java_that_is_too_old_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "java"
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(Unavailable, match=r"found .*11\.0\.2.*, expected 17 or newer"):
        java()


@pytest.mark.kafka
@pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven (mvn) is missing")
def test_jars_are_fetched_once_when_two_ask_for_them_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IHOMER_CACHE_DIR", str(tmp_path))
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: jars(), range(2))
    assert first == second
    assert len(list(first.glob("kafka_2.13-4*.jar"))) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([first.name, "kafka-jars.lock"])
    monkeypatch.setenv("PATH", str(tmp_path))  # nothing to fetch with, and nothing to fetch
    assert jars() == first


def test_without_maven_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IHOMER_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="Maven"):
        jars()


def test_ports_are_free_and_never_given_to_outgoing_connections() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    of_the_system = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(of_the_system.read_text().split()[0]) if of_the_system.exists() else 49_152
    assert max(ports) < first


def test_a_process_under_guard_ends_when_we_are_killed() -> None:
    code = """
import os, subprocess
from tests.broker.guard import Guard
Guard(subprocess.Popen(["sleep", "100"]).pid)
os.kill(os.getpid(), 9)
"""
    # `sleep` holds our end of the pipe open: that this returns is the proof.
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, timeout=50, check=False)
