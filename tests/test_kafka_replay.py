"""Streams replayed into topics: what is sent, when, and how truly it is counted."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import StreamError, open_stream
from streams.kafka.errors import DeliveryError, TransportError
from streams.kafka.late_labels import LateLabels
from streams.kafka.memory import MemoryLog
from streams.kafka.outbox import Outbox
from streams.kafka.pace import Pace
from streams.kafka.replay import Replay
from streams.kafka.topic_reader import TopicReader
from streams.kafka.topics import create_if_missing
from tests.kafka_rows import MIXED


@pytest.fixture
def log():
    # Every record is a second later than the one before, so the order of sending can be seen across topics.
    ticks = itertools.count()
    log = MemoryLog(clock=lambda: float(next(ticks)), sleep=lambda _: None)
    log.create_topic("rows")
    log.create_topic("labels")
    return log


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(MIXED))
    return path


def records(log, topic):
    return [record for some in TopicReader(log, topic).records() for record in some]


def messages(log, topic):
    return [json.loads(record.value) for record in records(log, topic)]


def replay(log, stream, **how):
    made = Replay(stream, Outbox(log.sink()), "rows", **how)
    made.run()
    return made


def test_labels_apart(log, mixed):
    done = replay(log, open_stream(mixed), labels=LateLabels("labels"), keyed=True)
    sent = messages(log, "rows")
    assert [message["id"] for message in sent] == ["a", 7, 2, 3, "b"]
    assert all("y" not in message for message in sent)
    assert messages(log, "labels") == [
        {"id": "a", "y": ["apple", "fruit"]},
        {"id": 7, "y": {"apple": False, "pear": True}},
        {"id": 2, "y": []},
        {"id": 3, "y": ["pear"]},
    ]
    assert (done.instances, done.late, done.outbox.sent, done.outbox.acknowledged) == (5, 4, 9, 9)
    assert [record.key for record in records(log, "rows")] == [b"a", b"7", b"2", b"3", b"b"]
    assert [record.key for record in records(log, "labels")] == [b"a", b"7", b"2", b"3"]


def test_no_ids_where_none_are_needed(log):
    replay(log, open_stream("synthetic:groups?rows=3"))
    assert all(message.keys() == {"x", "y"} for message in messages(log, "rows"))
    assert [record.key for record in records(log, "rows")] == [None] * 3


def test_no_id_comes_twice_however_often_the_stream_is_sent(log, mixed):
    replay(log, open_stream(mixed), keyed=True, passes=3)
    ids = [message["id"] for message in messages(log, "rows")]
    assert ids == ["a", 7, 2, 3, "b", "a/2", "7/2", 7, 8, "b/2", "a/3", "7/3", 12, 13, "b/3"]


@given(st.integers(0, 30), st.integers(0, 40))
def test_labels_follow_after_so_many_rows(rows, delay):
    ticks = itertools.count()
    log = MemoryLog(clock=lambda: float(next(ticks)))
    log.create_topic("rows")
    log.create_topic("labels")
    stream = open_stream(f"synthetic:groups?rows={rows or 1}")
    replay(log, stream, labels=LateLabels("labels", rows=delay))
    both = sorted(records(log, "rows") + records(log, "labels"), key=lambda record: record.time)
    seen = 0
    for record in both:
        if record.topic == "rows":
            seen += 1
        else:
            assert seen == min(json.loads(record.value)["id"] + 1 + delay, rows or 1)


def test_labels_follow_after_so_much_time(log):
    now = 0.0
    late = LateLabels("labels", rows=1, seconds=2.0, clock=lambda: now)
    late.add(b"0", None, 1)
    now = 1.0
    late.add(b"1", b"k", 2)
    assert list(late.due(2)) == []
    now = 2.5
    assert list(late.due(1)) == []
    assert list(late.due(2)) == [(b"0", None)]
    now = 3.0
    assert list(late.due(2)) == []
    assert list(late.due(math.inf)) == [(b"1", b"k")]
    assert not late


def test_a_stream_that_is_empty_is_not_sent_for_ever(log, tmp_path):
    (tmp_path / "rows.jsonl").write_text("")
    assert replay(log, open_stream(tmp_path / "rows.jsonl"), passes=0).instances == 0


def test_stopped_in_order(log):
    stream = open_stream("synthetic:groups?rows=100")
    made = Replay(stream, Outbox(log.sink()), "rows", passes=0, on_row=lambda: made.instances == 150 and made.stop())
    made.run()
    assert (made.instances, made.outbox.acknowledged, len(records(log, "rows"))) == (150, 150, 150)


def test_a_bad_row_ends_it_after_what_was_before_has_arrived(log, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": {}}\n{"x": {}}\n?\n')
    made = Replay(open_stream(path), Outbox(log.sink()), "rows")
    with pytest.raises(StreamError, match=r"rows.jsonl:3:1: not JSON"):
        made.run()
    assert (made.instances, made.outbox.acknowledged, len(records(log, "rows"))) == (2, 2, 2)


def test_a_row_that_is_too_large_is_a_bad_row(tmp_path):
    log = MemoryLog(max_message_bytes=1000)
    log.create_topic("rows")
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": {}}\n{"x": {"hue": "%s"}}\n{"x": {}}\n' % ("a" * 2000))
    stream = open_stream(path, on_error="skip")
    assert replay(log, stream).instances == 2
    assert [error.line for error in stream.bad_rows.first] == [2]
    with pytest.raises(StreamError, match=r"^rows.jsonl:2: .*1,000"):
        replay(log, open_stream(path))


def test_a_cluster_that_is_lost_leaves_true_counts(log):
    log.faults.fail("flush", DeliveryError("memory: 30 records are not acknowledged"), times=math.inf)
    made = Replay(open_stream("synthetic:groups?rows=30"), Outbox(log.sink()), "rows")
    with pytest.raises(DeliveryError):
        made.run()
    assert (made.outbox.sent, made.outbox.acknowledged) == (30, 0)
    assert log.faults.calls["flush"] == 1


def test_a_sink_that_fails_is_not_asked_again(log):
    log.faults.fail("send", TransportError("memory: nobody answers"), at=11)
    made = Replay(open_stream("synthetic:groups?rows=30"), Outbox(log.sink()), "rows")
    with pytest.raises(TransportError):
        made.run()
    assert (made.outbox.sent, made.outbox.acknowledged, log.faults.calls["flush"]) == (10, 0, 0)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50), st.floats(0.5, 100))
def test_the_pace_is_that_of_one_schedule(waits, per_second):
    now = 0.0
    pace = Pace(per_second, clock=lambda: now)
    late = []
    for i, wait in enumerate(waits):
        now += max(pace.seconds_left(), 0.0)
        assert now >= i / per_second - 1e-9  # never too early
        now += wait if i else 0.0
        late.append(now - i / per_second)
        pace.sent()
    assert pace.achieved == pytest.approx((len(waits) - 1) / now)
    worst = max(late)
    assert worst * 0.999 <= pace.lateness(1.0) <= max(worst * 1.06, 2e-6)


def test_what_is_no_pace_or_delay():
    for rate in (0, -1, math.inf, math.nan):
        with pytest.raises(ValueError, match="per_second must be above 0"):
            Pace(rate)
    for delay in ({"rows": -1}, {"seconds": -1.0}, {"seconds": math.nan}):
        with pytest.raises(ValueError, match="a delay must be at least 0"):
            LateLabels("labels", **delay)


def test_topics_are_made_once(log):
    assert create_if_missing(log, "new", 3) == 3
    assert create_if_missing(log, "new", 3) == 3
    with pytest.raises(StreamError, match="'new' is there and has 3 partitions, 2 were asked for"):
        create_if_missing(log, "new", 2)
