"""Conformance: reading and writing, over all three transports."""

from __future__ import annotations

import math
import time

import pytest

from streams.kafka.errors import (
    MessageTooLargeError,
    OffsetOutOfRangeError,
    TopicExistsError,
    TransportError,
    UnknownTopicError,
)
from streams.kafka.murmur2 import partition_of
from streams.kafka.protocol import Partition
from tests.kafka.backends import LIMIT, nothing, read, write


def test_records_come_as_they_were_sent(backend, open_source, open_sink):
    topic = backend.topic()
    sink, source = open_sink(), open_source()
    before = time.time()
    sink.send(topic, b"all", key=b"k", headers=[("a", b"1"), ("a", b"\xff"), ("b", b"")], time=1234.567)
    sink.send(topic, None, key=b"tombstone", time=1.0)
    sink.send(topic, b"", time=2.0)
    sink.send(topic, None, time=0.001)
    sink.send(topic, b"now")
    sink.flush(10.0)
    source.assign({Partition(topic, 0): 0})
    records = read(source, 5)
    assert [(r.topic, r.partition, r.offset) for r in records] == [(topic, 0, i) for i in range(5)]
    assert [r.value for r in records] == [b"all", None, b"", None, b"now"]
    assert [r.key for r in records] == [b"k", b"tombstone", None, None, None]
    assert [r.time for r in records[:4]] == [1234.567, 1.0, 2.0, 0.001]
    assert before - 0.01 <= records[4].time <= time.time() + 0.01
    assert [list(r.headers) for r in records] == [[("a", b"1"), ("a", b"\xff"), ("b", b"")], [], [], [], []]


def test_order_holds_within_partitions(backend, open_source, open_sink):
    topic = backend.topic(3)
    sink, source = open_sink(), open_source()
    for i in range(3_000):
        sink.send(topic, b"%d" % i, partition=i % 3)
    sink.flush(10.0)
    source.assign({Partition(topic, p): 0 for p in range(3)})
    records = read(source, 3_000)
    for p in range(3):
        assert [int(r.value) for r in records if r.partition == p] == list(range(p, 3_000, 3))
        assert [r.offset for r in records if r.partition == p] == list(range(1_000))


def test_poll_returns_at_most_what_is_asked_for(backend, open_source, open_sink):
    topic = backend.topic()
    write(open_sink(), topic, *(b"%d" % i for i in range(100)))
    source = open_source()
    source.assign({Partition(topic, 0): 0})
    sizes, values = [], []
    while len(values) < 100:
        records = source.poll(7, 5.0)
        sizes.append(len(records))
        values += [int(r.value) for r in records]
    assert max(sizes) == 7
    assert values == list(range(100))


def test_a_big_poll_is_fine(backend, open_source, open_sink):
    topic = backend.topic()
    sink, source = open_sink(), open_source()
    for i in range(20_000):
        sink.send(topic, b"%d" % i)
    sink.flush(30.0)
    source.assign({Partition(topic, 0): 0})
    values: list[int] = []
    while len(values) < 20_000:
        values += [int(r.value) for r in source.poll(5_000_000, 5.0)]
    assert values == list(range(20_000))


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_a_poll_of_nothing_takes_as_long_as_said(backend, open_source, seconds):
    topic = backend.topic()
    source = open_source()
    source.assign({Partition(topic, 0): 0})
    source.poll(10, 0.5)  # the first one also connects
    began = time.monotonic()
    assert source.poll(10, seconds) == []
    assert seconds - 0.05 <= time.monotonic() - began <= seconds + 0.3


def test_assign_says_where_to_begin_and_forgets_what_was_before(backend, open_source, open_sink):
    topic, other = backend.topic(2), backend.topic()
    sink, source = open_sink(), open_source()
    write(sink, topic, b"a", b"b", b"c")
    write(sink, other, b"x", b"y")
    source.assign({Partition(topic, 0): 0, Partition(topic, 1): 0})
    source.pause([Partition(topic, 0)])
    assert nothing(source)
    source.assign({Partition(topic, 0): 2, Partition(other, 0): 1})
    assert sorted(r.value for r in read(source, 2)) == [b"c", b"y"]
    source.assign({Partition(topic, 0): 1})
    assert [r.value for r in read(source, 2)] == [b"b", b"c"]
    assert nothing(source)
    source.assign({})
    assert nothing(source, 0.05)


def test_seek_goes_back_and_forth(backend, open_source, open_sink):
    topic = backend.topic()
    partition = Partition(topic, 0)
    write(open_sink(), topic, *(b"%d" % i for i in range(10)))
    source = open_source()
    source.assign({partition: 0})
    source.seek(partition, 8)  # before anything was read
    assert [r.offset for r in read(source, 2)] == [8, 9]
    source.seek(partition, 3)
    assert [r.offset for r in source.poll(2, 5.0)] == [3, 4]
    source.seek(partition, 0)
    assert [r.offset for r in read(source, 10)] == list(range(10))
    source.seek(partition, 10)
    assert nothing(source)


def test_paused_partitions_wait(backend, open_source, open_sink):
    topic = backend.topic(2)
    first, second = Partition(topic, 0), Partition(topic, 1)
    sink, source = open_sink(), open_source()
    write(sink, topic, b"a", b"b", partition=0)
    write(sink, topic, b"c", partition=1)
    source.assign({first: 0, second: 0})
    source.pause([first])
    assert [r.value for r in read(source, 1)] == [b"c"]
    assert nothing(source)
    source.resume([first])
    assert [r.value for r in source.poll(1, 5.0)] == [b"a"]
    source.pause([first])  # what was fetched ahead waits too
    write(sink, topic, b"d", partition=1)
    assert [r.value for r in read(source, 1)] == [b"d"]
    source.resume([first])
    assert [r.value for r in read(source, 1)] == [b"b"]


def test_bounds_follow_retention(backend, open_source, open_sink):
    topic = backend.topic(2)
    first, second = Partition(topic, 0), Partition(topic, 1)
    sink, source = open_sink(), open_source()
    assert source.bounds([first, second]) == {first: (0, 0), second: (0, 0)}
    write(sink, topic, b"a", b"b", b"c")
    assert source.bounds([first, second]) == {first: (0, 3), second: (0, 0)}
    backend.drop_before(first, 2)
    assert source.bounds([first]) == {first: (2, 3)}
    source.assign({first: 2})
    assert [r.value for r in read(source, 1)] == [b"c"]


def poll_on(source, found):
    for _ in range(50):
        found += source.poll(10, 0.2)


@pytest.mark.parametrize("offset", [0, 7])
def test_places_that_are_not_kept_are_told(backend, open_source, open_sink, offset):
    topic = backend.topic(2)
    partition, other = Partition(topic, 0), Partition(topic, 1)
    sink, source = open_sink(), open_source()
    write(sink, topic, b"a", b"b", b"c")
    write(sink, topic, b"other", partition=1)
    backend.drop_before(partition, 2)
    source.assign({partition: offset, other: 0})
    found = []
    with pytest.raises(OffsetOutOfRangeError) as caught:
        poll_on(source, found)
    assert (caught.value.partition, caught.value.offset, caught.value.first, caught.value.end) == (partition, offset, 2, 3)
    assert str(caught.value) == f"{topic}[0]: offset {offset} is to be read, the broker keeps 2 to 2"
    source.seek(partition, 2)
    found += read(source, 2 - len(found))
    assert sorted(r.value for r in found) == [b"c", b"other"]


def test_keys_choose_the_same_partition_everywhere(backend, open_source, open_sink):
    topic = backend.topic(7)
    sink, source = open_sink(), open_source()
    keys = [b"x" * n + b"%d" % n for n in range(40)] + [b"", "é¿".encode(), bytes(range(256))]
    for key in keys:
        sink.send(topic, b"", key=key)
    sink.flush(10.0)
    source.assign({Partition(topic, p): 0 for p in range(7)})
    assert {r.key: r.partition for r in read(source, len(keys))} == {key: partition_of(key, 7) for key in keys}


def test_without_keys_all_partitions_get_some(backend, open_source, open_sink):
    topic = backend.topic(2)
    sink, source = open_sink(), open_source()
    sent, ends = 0, [0, 0]
    while sent < 1_000 and not all(ends):  # clients stay with a partition for a batch, or for some milliseconds
        sink.send(topic, b"a")
        sink.flush(10.0)
        sent += 1
        ends = [end for _, end in source.bounds([Partition(topic, 0), Partition(topic, 1)]).values()]
    assert all(ends)
    assert sum(ends) == sent


@pytest.mark.parametrize(("limit", "size"), [(2 * LIMIT, LIMIT), (1_000, 1_000)], ids=["settings", "topic"])
def test_too_large_is_refused_at_once_and_spoils_nothing(backend, open_source, open_sink, limit, size):
    topic = backend.topic(max_message_bytes=limit)
    sink, source = open_sink(), open_source()
    sink.send(topic, b"before")
    with pytest.raises(MessageTooLargeError, match=topic):
        sink.send(topic, bytes(size + 1))
    with pytest.raises(MessageTooLargeError, match=topic):
        sink.send(topic, b"", headers=[("h", bytes(size))])
    sink.send(topic, b"after")
    sink.flush(10.0)
    source.assign({Partition(topic, 0): 0})
    assert [r.value for r in read(source, 2)] == [b"before", b"after"]


def test_a_topic_with_a_small_limit_takes_many(backend, open_source, open_sink):
    topic = backend.topic(max_message_bytes=1_000)
    write(open_sink(), topic, *(b"%300d" % i for i in range(20)))
    source = open_source()
    source.assign({Partition(topic, 0): 0})
    assert [int(r.value) for r in read(source, 20)] == list(range(20))


def test_the_largest_record_gets_through(backend, open_source, open_sink):
    topic = backend.topic(max_message_bytes=2 * LIMIT)
    value = bytes(range(256)) * ((LIMIT - 1_000) // 256)
    write(open_sink(), topic, value, value)
    source = open_source()
    source.assign({Partition(topic, 0): 0})
    assert [r.value for r in read(source, 2)] == [value, value]


def test_unknown_topics_are_told_at_once(backend, open_source, open_sink, name):
    source, sink = open_source(), open_sink()
    began = time.monotonic()
    assert source.partitions(name) == []
    with pytest.raises(UnknownTopicError, match=name):
        source.assign({Partition(name, 0): 0})
    with pytest.raises(UnknownTopicError, match=name):
        source.bounds([Partition(name, 0)])
    with pytest.raises(UnknownTopicError, match=name):
        sink.send(name, b"")
    with pytest.raises(UnknownTopicError, match="1 partitions, found none with number 3"):
        source.assign({Partition(backend.topic(), 3): 0})
    assert name not in backend.client.topics()
    assert time.monotonic() - began < 5.0


def test_topics_are_made_and_grow(backend, open_source, open_sink, name):
    source, sink = open_source(), open_sink()
    backend.client.create_topic(name, 2, {"max.message.bytes": "5000"})
    assert backend.client.topics()[name] == 2
    assert source.partitions(name) == [0, 1]
    with pytest.raises(TopicExistsError, match=name):
        backend.client.create_topic(name)
    write(sink, name, b"old")
    backend.client.add_partitions(name, 3)
    while source.partitions(name) != [0, 1, 2]:  # the answer may come a moment before all know
        time.sleep(0.01)
    with pytest.raises(TransportError) as caught:
        backend.client.add_partitions(name, 1)
    assert not caught.value.retriable
    source.assign({Partition(name, p): 0 for p in range(3)})
    write(open_sink(), name, b"new", partition=2)
    assert sorted(r.value for r in read(source, 2)) == [b"new", b"old"]


def test_closing_does_not_flush(backend, open_source):
    topic = backend.topic()
    sink = backend.client.sink()
    sink.send(topic, b"a")
    began = time.monotonic()
    sink.close()
    assert time.monotonic() - began < 2.0
    assert open_source().bounds([Partition(topic, 0)])[Partition(topic, 0)][1] <= 1  # it may have gone out before


def test_times_are_never_nan_where_there_are_some(backend, open_source, open_sink):
    topic = backend.topic(message_timestamp_type="LogAppendTime")
    write(open_sink(), topic, b"a")
    source = open_source()
    source.assign({Partition(topic, 0): 0})
    assert not math.isnan(read(source, 1)[0].time)
