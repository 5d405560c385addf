"""The pages beside the loop: what they say, and that nobody can stop the loop, or the pages, through them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from contextlib import ExitStack

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ihomer.daemon.health import PATIENCE
from ihomer.daemon.http import Pages
from ihomer.daemon.meters import METERS, STATES, Kind, Now, families
from ihomer.daemon.problems import SettingsError
from ihomer.daemon.settings import Settings
from ihomer.daemon.status import LATENCIES, Status
from ihomer.live.board import Board


@pytest.fixture
def status():
    return Status(state="running", progress_time=time.monotonic())


@pytest.fixture
def pages(status):
    with Pages("127.0.0.1:0", status) as served:
        yield served


def asked(pages, path, method="GET"):
    connection = http.client.HTTPConnection(pages.address, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def raw(pages):
    host, _, port = pages.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def samples(pages):
    code, text = asked(pages, "/metrics")
    assert code == 200
    parsed = text_string_to_metric_families(text.decode())
    return {(s.name, *sorted(s.labels.values())): s.value for family in parsed for s in family.samples}


def test_health(pages, status):
    code, text = asked(pages, "/health")
    assert code == 200
    assert json.loads(text)["state"] == "running"
    status.progress_time = 0.0  # it hangs, but the process is young: loading has its time
    assert asked(pages, "/health")[0] == 200
    pages._begun -= PATIENCE + 1
    assert asked(pages, "/health")[0] == 503
    status.state = "waiting for the broker"
    assert asked(pages, "/health")[0] == 200
    status.state, status.problem, status.progress_time = "failed", "cannot reach ann:rose@here", time.monotonic()
    code, text = asked(pages, "/health")
    assert code == 503
    assert json.loads(text)["problem"] == "cannot reach ann:***@here"


def test_ready_only_while_running(pages, status):
    for state in STATES:
        status.state = state
        assert (asked(pages, "/ready")[0] == 200) == (state == "running")


def test_the_live_page(pages, status):
    code, text = asked(pages, "/")
    assert code == 200
    assert text.startswith(b"<!doctype html>")
    assert asked(pages, "/live.json") == (200, b"{}")
    assert status.board.due()  # somebody looks: the loop makes a snapshot
    status.board.put(lambda: {"title": "ihomer on orders"})
    assert json.loads(asked(pages, "/live.json")[1]) == {"title": "ihomer on orders"}


def test_anything_else_is_not_found(pages):
    for path in ("/index.html", "/live", "/healthy", "/metrics/", "/../metrics", "/[", "/%00"):
        assert asked(pages, path)[0] == 404
    assert asked(pages, "/health?verbose=1")[0] == 200
    assert asked(pages, "/health", "HEAD") == (200, b"")
    assert asked(pages, "/health", "POST")[0] == 501


def test_metrics_say_what_the_status_says(pages, status):
    status.instances, status.dead = 7, {"not JSON": 2, 'a "b"\n': 1}
    status.lag = {"a[b[3]": 5}
    status.checkpoint_time = time.time() - 30
    for seconds in (0.003, 0.5, 100.0):
        status.latency(seconds)
    found = samples(pages)
    assert found["ihomer_instances_total",] == 7
    assert found["ihomer_dead_letters_total", "not JSON"] == 2
    assert found["ihomer_dead_letters_total", 'a "b"\n'] == 1
    assert found["ihomer_lag_records", "3", "a[b"] == 5
    assert found["ihomer_state", "running"] == 1
    assert sum(found["ihomer_state", state] for state in STATES) == 1
    assert 29 < found["ihomer_checkpoint_age_seconds",] < 60
    assert found["ihomer_latency_seconds_bucket", "0.005"] == 1
    assert found["ihomer_latency_seconds_bucket", "0.5"] == 2
    assert found["ihomer_latency_seconds_bucket", "+Inf"] == found["ihomer_latency_seconds_count",] == 3
    assert found["ihomer_latency_seconds_sum",] == pytest.approx(100.503)
    assert found["process_resident_memory_bytes",] > 1e7


def test_every_meter_is_printed_and_every_number_of_the_status_is_metered():
    status = Status(checkpoint_time=1.0, progress_time=1.0, dead={"a": 1}, late={"b": 1}, lag={"c[0]": 1}, scores={"d": 1.0})
    printed = {family.name for family in families(status, Now(2.0, 2.0, 3.0))}
    assert printed == {meter.name.removesuffix("_total") for meter in METERS}
    assert all(meter.name.endswith("_total") == (meter.kind is Kind.COUNTER) for meter in METERS)
    before = {f.name: [s.value for s in f.samples] for f in families(status, Now(2.0, 2.0, 3.0))}
    told = set()
    for name in Status.__slots__:
        other = Status(checkpoint_time=1.0, progress_time=1.0, dead={"a": 1}, late={"b": 1}, lag={"c[0]": 1}, scores={"d": 1.0})
        value = getattr(other, name)
        if isinstance(value, Board):
            continue  # it is the page's, and holds no number
        if isinstance(value, str):
            other.state = "failed"
        elif isinstance(value, dict):
            value[next(iter(value))] += 1
        elif isinstance(value, list):
            value[0] += 1
        else:
            setattr(other, name, value + 0.5)
        if {f.name: [s.value for s in f.samples] for f in families(other, Now(2.0, 2.0, 3.0))} != before:
            told.add(name)
    assert told | {"problem", "board"} == set(Status.__slots__)


def test_absent_before_the_first():
    names = {f.name for f in families(Status(), Now(2.0, 2.0, 3.0)) if not f.samples}
    assert {"ihomer_checkpoint_age_seconds", "ihomer_progress_age_seconds"} <= names


def test_tables_may_grow_while_they_are_read(status):
    done = threading.Event()
    faults = []

    def read():
        try:
            while not done.is_set():
                for family in families(status, Now(0.0, 0.0, 0.0)):
                    assert family.samples is not None
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(20_000):
        table = (status.dead, status.late, status.lag, status.scores)[i % 4]
        table[f"t[{i % 97}]"] = i
        if i % 97 == 0:
            table.clear()
        status.latency(LATENCIES[i % 14])
    done.set()
    reader.join()
    assert faults == []


def test_a_port_in_use_is_told_with_the_setting(pages):
    expected = r"^http: found '127.0.0.1:\d+' \(Address already in use\), expected host:port"
    with pytest.raises(SettingsError, match=expected) as caught:
        Pages(pages.address, Status())
    assert caught.value.problems[0].setting == "http"


@pytest.mark.parametrize("address", ["x" * 70 + ":0", "192.0.2.1:0"])
def test_an_address_that_is_not_ours(address):
    with pytest.raises(SettingsError):
        Pages(address, Status())


def test_nothing_is_served_without_an_address():
    before = threading.active_count()
    with Pages("", Status()) as pages:
        assert pages.address == ""
        assert threading.active_count() == before


def test_loopback_by_default():
    assert Settings("a", "b").http.startswith("127.0.0.1:")


def test_a_served_port_is_free_again(status):
    with Pages("127.0.0.1:0", status) as first:
        asked(first, "/health")
        address = first.address
    with Pages(address, status) as second:
        assert asked(second, "/health")[0] == 200


HOSTILE = {
    "silent": b"",
    "half a line": b"GET /metr",
    "no end": b"GET /metrics HTTP/1.1\r\nA: b\r\n",
    "huge header": b"GET /metrics HTTP/1.1\r\nA: " + b"x" * 200_000,
    "huge line": b"GET /" + b"x" * 200_000,
    "many headers": b"GET /health HTTP/1.1\r\n" + b"a:b\r\n" * 20_000,
    "noise": bytes(range(256)) * 16 + b"\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "old": b"GET /health\r\n\r\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_question_ends_soon(pages, what):
    with raw(pages) as connection:
        began = time.monotonic()
        try:
            connection.sendall(HOSTILE[what])
            while connection.recv(65_536):
                pass
        except (ConnectionResetError, BrokenPipeError):
            pass
        assert time.monotonic() - began < 15
    assert asked(pages, "/health")[0] == 200


def test_too_long_a_question_is_told_so(pages):
    with raw(pages) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nA: " + b"x" * (16_384 + 1 - 19))
        assert b" 431 " in connection.recv(65_536)


def test_a_letter_at_a_time_does_not_hold_a_connection(pages):
    with raw(pages) as connection:
        began = time.monotonic()
        with pytest.raises((ConnectionResetError, BrokenPipeError)):  # noqa: PT012
            for letter in b"GET /health HTTP/1.1\r\n" + b"A: b\r\n" * 100:
                connection.sendall(bytes([letter]))
                time.sleep(0.1)
        assert time.monotonic() - began < 15


def test_a_hundred_at_once_stop_neither_the_loop_nor_the_pages(pages, status):
    done = threading.Event()
    gaps = []

    def loop():
        last = time.monotonic()
        while not done.is_set():
            status.progress_time = now = time.monotonic()
            status.instances += 1
            gaps.append(now - last)
            last = now
            time.sleep(0.001)

    threads_before = threading.active_count()
    turning = threading.Thread(target=loop)
    turning.start()
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(raw(pages)).sendall(b"GET /metrics HTTP/1.1\r\n")
        time.sleep(0.2)
        assert threading.active_count() <= threads_before + 33
        assert asked(pages, "/health")[0] == 200
    answers = []
    askers = [threading.Thread(target=lambda: answers.append(asked(pages, "/metrics")[0])) for _ in range(100)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    done.set()
    turning.join()
    assert answers == [200] * 100
    assert max(gaps) < 5  # milliseconds, were nobody else on this machine
    assert status.instances > 100
