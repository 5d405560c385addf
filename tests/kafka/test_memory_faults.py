"""The log in memory goes wrong when it is told to, and only then."""

from __future__ import annotations

import math

import pytest

from streams.kafka.errors import DeliveryError, TransportError
from streams.kafka.memory import OPERATIONS, MemoryLog
from streams.kafka.protocol import Partition

ROWS = Partition("rows", 0)
AWAY = TransportError("memory: nobody answers")


@pytest.fixture
def log():
    log = MemoryLog(clock=lambda: 5.0, sleep=lambda _: None)
    log.create_topic("rows")
    return log


def end(log):
    return log.source(committed_only=False).bounds([ROWS])[ROWS][1]


def test_the_call_that_is_named_fails(log):
    source = log.source()
    source.assign({ROWS: 0})
    source.poll(1, 0.0)
    log.faults.fail("poll", AWAY, at=2, times=2)
    outcomes = []
    for _ in range(5):
        try:
            outcomes.append(source.poll(1, 0.0))
        except TransportError as error:
            outcomes.append(error)
    assert outcomes == [[], AWAY, AWAY, [], []]
    assert log.faults.calls["poll"] == 6


@pytest.mark.parametrize(("after", "written"), [(False, 0), (True, 1)])
def test_an_answer_can_be_lost_after_the_effect(log, after, written):
    sink = log.sink()
    sink.send("rows", b"a")
    log.faults.fail("flush", AWAY, after=after)
    with pytest.raises(TransportError):
        sink.flush(1.0)
    assert end(log) == written
    sink.flush(1.0)
    assert end(log) == 1


def test_a_commit_whose_answer_is_lost_has_happened(log):
    sink, source = log.sink(transactional_id="t"), log.source(group="g")
    sink.begin()
    sink.send("rows", b"a")
    sink.send_offsets({ROWS: 7}, "g")
    log.faults.fail("commit", AWAY, after=True)
    with pytest.raises(TransportError):
        sink.commit()
    assert source.committed([ROWS]) == {ROWS: 7}


def test_one_record_of_many_can_be_refused(log):
    sink, source = log.sink(), log.source()
    log.faults.fail("append", DeliveryError("memory: timed out"), at=2)
    for value in (b"a", b"b", b"c"):
        sink.send("rows", value)
    with pytest.raises(DeliveryError, match="1 record is not acknowledged; first: memory: timed out"):
        sink.flush(1.0)
    source.assign({ROWS: 0})
    assert [r.value for r in source.poll(10, 0.0)] == [b"a", b"c"]


def test_for_ever_means_until_cleared(log):
    log.faults.fail("topics", AWAY, times=math.inf)
    for _ in range(3):
        with pytest.raises(TransportError):
            log.topics()
    log.faults.clear()
    assert log.topics() == {"rows": 1}


def test_only_what_there_is_can_fail(log):
    with pytest.raises(ValueError, match=r"operation 'pol' cannot fail; expected one of abort, "):
        log.faults.fail("pol", AWAY)


def test_every_operation_fails_when_told(log):
    source, sink = log.source(group="g"), log.sink(transactional_id="t")
    calls = {
        "topics": log.topics,
        "create_topic": lambda: log.create_topic("new"),
        "add_partitions": lambda: log.add_partitions("rows", 2),
        "source": log.source,
        "sink": log.sink,
        "partitions": lambda: source.partitions("rows"),
        "poll": lambda: source.poll(1, 0.0),
        "bounds": lambda: source.bounds([ROWS]),
        "committed": lambda: source.committed([ROWS]),
        "commit_offsets": lambda: source.commit({ROWS: 1}),
        "begin": sink.begin,
        "send": lambda: sink.send("rows", b""),
        "flush": lambda: sink.flush(1.0),
        "append": lambda: sink.flush(1.0),
        "send_offsets": lambda: sink.send_offsets({ROWS: 1}, "g"),
        "abort": sink.abort,
        "commit": sink.commit,
    }
    assert calls.keys() == OPERATIONS
    for operation, call in calls.items():
        log.faults.fail(operation, AWAY)
        with pytest.raises(TransportError, match="nobody answers"):
            call()
        if operation in {"begin", "send"}:
            call()


def test_what_is_not_flushed_is_not_there(log):
    sink = log.sink()
    sink.send("rows", b"a")
    assert end(log) == 0
    sink.close()
    sink.flush(1.0)
    assert end(log) == 0
