"""`ihomer produce`, `ihomer tail` and `kafka:` specs from outside, on a real broker."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from ihomer.cli import main

COMMAND = [sys.executable, "-c", "from ihomer.cli import main; main()"]
ROWS = [
    {"id": f"r{i}", "x": {"a": 1 + i % 3, "b": 1 + i % 5}, "y": ["even"] if i % 2 == 0 else ["all"]} for i in range(60)
]


def run(*arguments, code=0):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == code, result.output + result.stderr
    return result


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture(params=["kafka-python", "confluent"])
def client(request):
    if request.param == "confluent":
        pytest.importorskip("confluent_kafka")
    return request.param


@pytest.mark.kafka
def test_a_topic_is_evaluated_as_the_file_is(broker, rows, client):
    topic = broker.topic()
    said = run("produce", rows, "--topic", topic, "--bootstrap", broker.bootstrap, "--client", client).stderr
    assert said.startswith(f"60 instances sent to {topic}, in ")
    assert "not known" not in said
    spec = f"kafka:{topic}?bootstrap={broker.bootstrap}&client={client}"
    summaries = [json.loads(run("evaluate", source, "--model", "linear", "--json").stdout) for source in (rows, spec)]
    scores = [{name: value for name, value in summary.items() if "f1" in name} for summary in summaries]
    assert scores[0] == scores[1]
    assert summaries[1]["instances"] == 60
    lines = run("tail", topic, "--bootstrap", broker.bootstrap, "--client", client).stdout.splitlines()
    assert list(map(json.loads, lines)) == ROWS
    assert run("tail", topic, "--bootstrap", broker.bootstrap, "--from", 58, "--limit", 1).stdout == lines[58] + "\n"


@pytest.mark.kafka
def test_the_rate_is_held(broker, rows):
    topic = broker.topic()
    said = run(
        "produce", rows, "--topic", topic, "--bootstrap", broker.bootstrap, "--rate", 500, "--loop", 17, "--limit", 59
    ).stderr
    found = re.search(r"^1,003 instances sent to \S+, in ([0-9.]+) s, ([0-9.]+)/s, 99% of them at most ([0-9.]+) ms late", said)
    assert found, said
    assert float(found[2]) == pytest.approx(500, rel=0.05)


@pytest.mark.kafka
def test_topics_that_are_not_there(broker, rows):
    topic = broker.topic()
    to = ("--bootstrap", broker.bootstrap)
    said = run("produce", rows, "--topic", topic + "x", *to, code=3).stderr
    assert f"there is no topic '{topic}x'; did you mean '{topic}'" in said
    assert "there is no topic" in run("tail", topic + "x", *to, code=3).stderr
    assert "there is no topic" in run("evaluate", f"kafka:{topic}x?bootstrap={broker.bootstrap}", code=3).stderr
    more = ("--create", "--partitions", 2)
    assert "has 1 partitions, 2 were asked for" in run("produce", rows, "--topic", topic, *to, *more, code=1).stderr


@pytest.mark.kafka
def test_tail_that_follows_waits_for_the_topic(broker, rows):
    topic = broker.topic() + "-later"
    process = subprocess.Popen(
        [*COMMAND, "tail", topic, "--bootstrap", broker.bootstrap, "--follow", "--limit", "60"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert "there is no topic" in process.stderr.readline()
        run("produce", rows, "--topic", topic, "--bootstrap", broker.bootstrap, "--create")
        lines, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert list(map(json.loads, lines.splitlines())) == ROWS


@pytest.mark.kafka
def test_ctrl_c_leaves_what_is_counted(broker, rows, client):
    topic = broker.topic()
    process = subprocess.Popen(
        [*COMMAND, "produce", rows, "--topic", topic, "--bootstrap", broker.bootstrap, "--client", client,
         "--rate", "200", "--loop", "0"],
        stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not run("tail", topic, "--bootstrap", broker.bootstrap, "--limit", 1).stdout and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 130, said
    sent = int(re.search(r"([0-9,]+) instances sent", said)[1].replace(",", ""))
    assert "not known" not in said
    assert sent == len(run("tail", topic, "--bootstrap", broker.bootstrap).stdout.splitlines()) > 0


@pytest.mark.kafka
def test_a_broker_that_goes_away(mortal_broker, rows):
    topic = mortal_broker.topic()
    process = subprocess.Popen(
        [*COMMAND, "produce", rows, "--topic", topic, "--bootstrap", mortal_broker.bootstrap, "--patience", "4",
         "--rate", "200", "--loop", "0"],
        stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not run("tail", topic, "--bootstrap", mortal_broker.bootstrap).stdout and time.monotonic() < until:
        time.sleep(0.1)
    mortal_broker.stop()
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 3, said
    assert "does not answer; waiting up to 4 s" in said
    counts = re.search(r"; ([0-9,]+) messages are acknowledged, of the last ([0-9,]+)", said)
    known, unknown = (int(count.replace(",", "")) for count in counts.groups())
    mortal_broker.start()
    there = len(run("tail", topic, "--bootstrap", mortal_broker.bootstrap).stdout.splitlines())
    assert known <= there <= known + unknown


def test_nobody_listens(rows):
    # A process of its own: kafka-python leaves sockets whose connection was refused to the garbage collector.
    done = subprocess.run(
        [*COMMAND, "produce", rows, "--topic", "t", "--bootstrap", "127.0.0.1:1", "--patience", "0.5"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith("Error: 127.0.0.1:1: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--delay", "10"), "give --labels-topic, too"),
        (("--labels-topic", "l", "--delay", "ten"), "found 'ten', expected a number of rows, as 1000, or of seconds, as 30s"),
        (("--labels-topic", "l", "--delay", "-1"), "found '-1', expected a number of rows"),
        (("--labels-topic", "t"), "--labels-topic must be another topic"),
        (("--partitions", "2"), "give --create, too"),
        (("--labels-topic", "a b"), "a topic has 1 to 249 letters"),
        (("--bootstrap", "nowhere"), "bootstrap must be host:port, found 'nowhere'"),
        (("--security", "SASL_SSL"), "set IHOMER_CLUSTER_USERNAME"),
    ],
)
def test_command_lines_that_are_wrong(rows, arguments, message, monkeypatch):
    monkeypatch.delenv("IHOMER_CLUSTER_USERNAME", raising=False)
    assert message in re.sub(r"\s+", " ", run("produce", rows, "--topic", "t", *arguments, code=2).stderr)
