"""Topics as streams, on a log in memory and on a real broker by both clients."""

from __future__ import annotations

import itertools
from contextlib import closing
from datetime import UTC, datetime
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import StreamError, open_stream
from streams.errors import BadRows
from streams.kafka import in_order
from streams.kafka.connect import connect
from streams.kafka.errors import OffsetOutOfRangeError, UnknownTopicError
from streams.kafka.in_order import InOrder
from streams.kafka.memory import MemoryLog
from streams.kafka.outbox import Outbox
from streams.kafka.protocol import Partition
from streams.kafka.replay import Replay
from streams.kafka.stream import KafkaStream
from tests.kafka_rows import MIXED, VECTORS, said

REAL = [pytest.param(name, marks=pytest.mark.kafka) for name in ("kafka-python", "confluent")]


@pytest.fixture(params=["memory", *REAL])
def client(request):
    if request.param == "memory":
        with closing(MemoryLog()) as found:
            yield found
        return
    if request.param == "confluent":
        pytest.importorskip("confluent_kafka")
    broker = request.getfixturevalue("broker")
    with closing(connect(broker.settings(request.param))) as found:
        found.broker = broker
        yield found


numbers = itertools.count()


def topic_of(client, values=(), partitions=1, times=None):
    """Return a topic that holds `values`, in turn in its partitions."""
    if isinstance(client, MemoryLog):
        name = f"test-{next(numbers)}"
        client.create_topic(name, partitions)
    else:
        name = client.broker.topic(partitions)
    with closing(client.sink()) as sink:
        for i, value in enumerate(values):
            sink.send(name, value, partition=i % partitions, time=None if times is None else times[i])
        sink.flush(30)
    return name


def replayed(client, stream, **how):
    topic = topic_of(client)
    with closing(client.sink()) as sink:
        Replay(stream, Outbox(sink), topic, **how).run()
    return topic


@pytest.mark.parametrize("lines", [MIXED, VECTORS], ids=["mixed", "vectors"])
def test_there_and_back(client, tmp_path, lines):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines))
    topic = replayed(client, open_stream(path))
    assert said(KafkaStream(client, topic)) == said(open_stream(path))


def test_yeast_there_and_back(client):
    topic = replayed(client, open_stream("yeast"))
    stream = KafkaStream(client, topic)
    assert stream.progress() == 0
    assert said(stream) == said(open_stream("yeast"))
    assert stream.progress() == 1
    assert said(stream, 100) == said(open_stream("yeast"))
    places = [place for batch in stream.batches() for place in batch.places.tolist()]
    assert places == list(range(2417))


def test_an_empty_topic(client):
    topic = topic_of(client)
    stream = KafkaStream(client, topic)
    assert said(stream) == []
    assert stream.progress() == 1


def test_a_topic_that_is_not_there(client):
    topic = topic_of(client)
    with pytest.raises(UnknownTopicError, match=f"no topic '{topic}x'; did you mean '{topic}'"):
        KafkaStream(client, topic + "x")
    with pytest.raises(StreamError, match="has no partition 3, only 0"):
        KafkaStream(client, topic, partitions=[3])


def test_three_partitions_are_the_same_stream_each_time(client):
    times = [1000.0 + 7 * i % 50 for i in range(300)]
    topic = topic_of(client, [b'{"id":%d,"x":{}}' % i for i in range(300)], 3, times)
    orders = [[row[2] for row in said(KafkaStream(client, topic))] for _ in range(3)]
    assert orders[0] == orders[1] == orders[2] == merged([[(times[i], i) for i in range(p, 300, 3)] for p in range(3)])
    assert [row[2] for row in said(KafkaStream(client, topic, partitions=[2, 0]))] == merged(
        [[(times[i], i) for i in range(p, 300, 3)] for p in (0, 2)]
    )


def merged(partitions):
    """The twin of `InOrder`: always the smallest time among the next ones, of equal ones the first partition's."""
    queues = [list(queue) for queue in partitions]
    out = []
    while any(queues):
        queue = min((queue for queue in queues if queue), key=lambda queue: queue[0][0])
        out.append(queue.pop(0)[1])
    return out


@given(
    st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=4),
    st.integers(1, 5),
    st.sampled_from([1, 5, 1 << 20]),
    st.none() | st.integers(0, 6),
)
def test_the_order_is_that_of_the_twin_however_records_come(times, most, ahead, since):
    log = MemoryLog(sleep=lambda _: None)
    log.create_topic("t", len(times))
    sink = log.sink()
    expected = []
    for number, some in enumerate(times):
        for i, time in enumerate(some):
            sink.send("t", b"%d,%d" % (number, i), time=float(time), partition=number)
        begin = 0 if since is None else next((i for i, time in enumerate(some) if time >= since), len(some))
        expected.append([(time, b"%d,%d" % (number, i)) for i, time in enumerate(some)][begin:])
    sink.flush(1)
    partitions = [Partition("t", number) for number in range(len(times))]
    with mock.patch.object(in_order, "MOST", most), mock.patch.object(in_order, "_AHEAD", ahead):
        records = InOrder(
            log.source(), dict.fromkeys(partitions, 0), {p: len(times[p.number]) for p in partitions}, since=since
        )
        assert [record.value for some in records for record in some] == merged(expected)


def test_bad_messages(client):
    good = b'{"x":{"a":1},"y":["p"]}'
    bad = [b"{", None, b"", b" ", b"\xff", b'{"x":7}', b'{"y":[]}', b'{"x":{"a":1e39}}', b'{"x":{"a":NaN}}', b'{\n"x": {}\n}']
    values = [value for one in bad for value in (good, one)]
    topic = topic_of(client, values)
    policy = BadRows(skip=True)
    stream = KafkaStream(client, topic, policy)
    assert [place for batch in stream.batches() for place in batch.places.tolist()] == sorted([*range(0, 20, 2), 19])
    assert sorted(error.line for error in policy.first) == list(range(1, 19, 2))
    assert str(policy.first[0]).startswith(f"{topic}[0]:1:2: not JSON")
    assert str(policy.first[1]) == f"{topic}[0]:3: found no value, expected a JSON object"
    with pytest.raises(StreamError, match="more than 2 bad rows"):
        said(KafkaStream(client, topic, BadRows(skip=True, limit=2)))


def test_the_first_bad_message_is_an_error_and_what_was_before_it_comes(client):
    stream = KafkaStream(client, topic_of(client, [b'{"x":{"a":1}}', b'{"x":{"a":2}}', b"?"]))
    batches = stream.batches()
    assert len(next(batches)) == 2
    with pytest.raises(StreamError, match=r"\[0\]:2:1: not JSON"):
        next(batches)
    first = KafkaStream(client, topic_of(client, [b"?"]))
    with pytest.raises(StreamError, match=r"\[0\]:0:1: not JSON"):  # offset 0 is a place, too
        next(first.batches())


def test_places_to_begin(client):
    values = [b'{"x":{},"id":%d}' % i for i in range(5)]
    topic = topic_of(client, values, times=[10.0, 30.0, 20.0, 40.0, 50.0])

    def ids(start):
        return [row[2] for row in said(KafkaStream(client, topic, start=start))]

    assert ids("earliest") == ids(0) == [0, 1, 2, 3, 4]
    assert ids("latest") == ids(5) == []
    assert ids(3) == [3, 4]
    assert ids(datetime.fromtimestamp(25, UTC)) == [1, 2, 3, 4]  # from the first that is not earlier on
    assert ids(datetime.fromtimestamp(60, UTC)) == []
    with pytest.raises(OffsetOutOfRangeError, match="offset 6 is to be read, the broker keeps 0 to 4"):
        ids(6)


def test_what_comes_later_does_not_belong_to_it(client):
    topic = topic_of(client, [b'{"x":{}}'])
    stream = KafkaStream(client, topic)
    with closing(client.sink()) as sink:
        sink.send(topic, b'{"x":{}}')
        sink.flush(30)
    assert len(said(stream)) == 1
    assert len(said(KafkaStream(client, topic))) == 2


def test_for_ever(client):
    topic = topic_of(client, [b'{"x":{},"id":0}'])
    stream = KafkaStream(client, topic, endless=True)
    assert not stream.rewinds
    assert stream.progress() is None
    batches = stream.batches()
    with closing(batches), closing(client.sink()) as sink:
        for i in range(1, 4):
            assert next(batches).keys == [i - 1]
            sink.send(topic, b'{"x":{},"id":%d}' % i)
            sink.flush(30)
    with pytest.raises(StreamError, match="can be read only once"):
        stream.batches()


def test_marks_of_transactions_at_the_end(client):
    topic = topic_of(client)
    with closing(client.sink(transactional_id=topic)) as sink:
        for i in range(2):
            sink.begin()
            sink.send(topic, b'{"x":{},"id":%d}' % i)
            sink.commit()
        sink.begin()
        sink.send(topic, b'{"x":{},"id":9}')
        sink.flush(30)
        sink.abort()
    stream = KafkaStream(client, topic, patience=10)
    assert [row[2] for row in said(stream)] == [0, 1]
    assert stream.progress() == 1
