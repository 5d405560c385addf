"""Conformance: transactions and committed offsets, over all three transports."""

from __future__ import annotations

import pytest

from streams.kafka.errors import FencedError, TransportError
from streams.kafka.protocol import Partition
from tests.kafka.backends import nothing, read, write


def values(records):
    return [r.value for r in records]


def test_offsets_are_committed_for_the_group(backend, open_source, name):
    topic, other = backend.topic(2), backend.topic()
    places = [Partition(topic, 0), Partition(topic, 1), Partition(other, 0)]
    source = open_source(group=name)
    assert source.committed(places) == {}
    source.commit({places[0]: 7, places[2]: 1})
    source.commit({places[0]: 5})
    source.commit({})
    assert source.committed(places) == {places[0]: 5, places[2]: 1}
    assert open_source(group=name, committed_only=False).committed(places) == {places[0]: 5, places[2]: 1}
    assert open_source(group=f"{name}-other").committed(places) == {}


def test_a_transaction_is_seen_whole_or_not_at_all(backend, open_source, open_sink, name):
    topic = backend.topic()
    partition = Partition(topic, 0)
    sink, committed, all_ = open_sink(transactional_id=name), open_source(), open_source(committed_only=False)
    committed.assign({partition: 0})
    all_.assign({partition: 0})
    sink.begin()
    write(sink, topic, b"a", b"b")
    assert values(read(all_, 2)) == [b"a", b"b"]
    assert nothing(committed)
    assert (committed.bounds([partition])[partition], all_.bounds([partition])[partition]) == ((0, 0), (0, 2))
    sink.send(topic, b"c")
    sink.commit()  # flushes
    assert values(read(committed, 3)) == [b"a", b"b", b"c"]
    assert committed.bounds([partition])[partition] == all_.bounds([partition])[partition]


def test_aborted_records_are_for_nobody_who_reads_committed_ones(backend, open_source, open_sink, name):
    topic = backend.topic(2)
    sink, source, all_ = open_sink(transactional_id=name), open_source(), open_source(committed_only=False)
    sink.begin()
    write(sink, topic, b"a", b"b")
    sink.send(topic, b"never sent", partition=1)
    sink.abort()
    sink.begin()
    write(sink, topic, b"c")
    sink.commit()
    sink.begin()
    sink.abort()  # an empty one
    sink.begin()
    sink.commit()
    source.assign({Partition(topic, 0): 0})
    all_.assign({Partition(topic, 0): 0})
    (record,) = read(source, 1)
    assert (record.value, record.offset) == (b"c", 3)  # after the mark of the abort
    assert nothing(source)
    assert values(read(all_, 3)) == [b"a", b"b", b"c"]


def test_an_open_transaction_holds_up_only_what_comes_after_it(backend, open_source, open_sink, name):
    topic = backend.topic(2)
    first, second = Partition(topic, 0), Partition(topic, 1)
    plain, sink, source = open_sink(), open_sink(transactional_id=name), open_source()
    write(plain, topic, b"before")
    sink.begin()
    write(sink, topic, b"within")
    write(plain, topic, b"after")
    write(plain, topic, b"elsewhere", partition=1)
    source.assign({first: 0, second: 0})
    assert sorted(values(read(source, 2))) == [b"before", b"elsewhere"]
    assert nothing(source)
    assert source.bounds([first, second]) == {first: (0, 1), second: (0, 1)}
    sink.commit()
    assert values(read(source, 2)) == [b"within", b"after"]


def test_offsets_within_a_transaction_hold_when_it_is_committed(backend, open_source, open_sink, name):
    topic = backend.topic()
    partition = Partition(topic, 0)
    sink, source = open_sink(transactional_id=name), open_source(group=name)
    sink.begin()
    sink.send(topic, b"a")
    sink.send_offsets({partition: 3}, name)
    sink.commit()
    assert source.committed([partition]) == {partition: 3}
    sink.begin()
    sink.send_offsets({partition: 9}, name)
    sink.abort()
    assert source.committed([partition]) == {partition: 3}
    sink.begin()
    sink.send_offsets({partition: 4}, name)  # nothing else
    sink.commit()
    assert source.committed([partition]) == {partition: 4}


@pytest.mark.parametrize("committed_only", [True, False])
def test_committed_offsets_wait_for_the_transaction(backend, open_sink, name, committed_only, monkeypatch):
    topic = backend.topic()
    partition = Partition(topic, 0)
    sink = open_sink(transactional_id=name)
    sink.begin()
    sink.send_offsets({partition: 3}, name)
    sink.flush(10.0)
    patience = getattr(backend.client, "settings", None)
    impatient = backend.client
    if patience is not None:
        from dataclasses import replace

        from streams.kafka.connect import connect

        impatient = connect(replace(patience, patience=1.0))
    source = impatient.source(group=name, committed_only=committed_only)
    with pytest.raises(TransportError, match=f"group '{name}'"):
        source.committed([partition])
    sink.commit()
    assert source.committed([partition]) == {partition: 3}
    source.close()
    impatient.close()


def test_a_newer_sink_fences_the_older_one_and_aborts_what_it_left(backend, open_source, open_sink, name):
    topic = backend.topic()
    partition = Partition(topic, 0)
    older = open_sink(transactional_id=name)
    older.begin()
    write(older, topic, b"left")
    older.send_offsets({partition: 3}, name)
    newer = open_sink(transactional_id=name)
    source = open_source(group=name)
    assert source.committed([partition]) == {}
    newer.begin()
    write(newer, topic, b"right")
    with pytest.raises(FencedError, match="ransaction"):
        older.commit()
    with pytest.raises(FencedError):
        older.abort()
    with pytest.raises(TransportError):
        older.begin()
    newer.commit()
    source.assign({partition: 0})
    assert values(read(source, 1)) == [b"right"]


def test_a_transaction_that_could_not_be_sent_is_aborted_and_the_next_is_fine(backend, open_source, open_sink, name):
    topic = backend.topic(max_message_bytes=1_000)
    sink, source = open_sink(transactional_id=name), open_source()
    sink.begin()
    sink.send(topic, b"a")
    with pytest.raises(TransportError):
        sink.send(topic, bytes(2_000))
    sink.abort()
    sink.begin()
    sink.send(topic, b"b")
    sink.commit()
    source.assign({Partition(topic, 0): 0})
    assert values(read(source, 1)) == [b"b"]


def test_many_small_transactions_keep_their_order(backend, open_source, open_sink, name):
    topic = backend.topic()
    sink, source = open_sink(transactional_id=name), open_source()
    for i in range(20):
        sink.begin()
        sink.send(topic, b"%d" % i)
        sink.send_offsets({Partition(topic, 0): i}, name)
        if i % 3:
            sink.commit()
        else:
            sink.abort()
    source.assign({Partition(topic, 0): 0})
    assert [int(r.value) for r in read(source, 13)] == [i for i in range(20) if i % 3]
