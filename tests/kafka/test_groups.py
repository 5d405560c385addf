"""Conformance: members of a group, over all three transports."""

from __future__ import annotations

import time

import pytest

from streams.kafka.errors import UnknownTopicError
from streams.kafka.protocol import Partition
from tests.kafka.backends import write


class Member:
    """A member that writes down what it is told, and begins where the group is."""

    def __init__(self, source, topics):
        self.source, self.owned, self.told, self.values = source, set(), [], []
        self.offsets = {}
        source.subscribe(topics, self.assigned, self.revoked)

    def assigned(self, partitions):
        assert self.owned.isdisjoint(partitions)
        self.owned |= set(partitions)
        self.told.append(("assigned", sorted(partitions)))
        begin = dict.fromkeys(partitions, 0) | self.source.committed(partitions)  # a callback may ask
        assert self.source.bounds(partitions).keys() == set(partitions)
        return begin

    def revoked(self, partitions):
        assert set(partitions) <= self.owned
        self.source.commit({p: self.offsets[p] for p in partitions if p in self.offsets})
        self.owned -= set(partitions)
        self.told.append(("revoked", sorted(partitions)))

    def poll(self):
        for record in self.source.poll(100, 0.05):
            place = Partition(record.topic, record.partition)
            assert place in self.owned
            self.offsets[place] = record.offset + 1
            self.values.append(int(record.value))


def until(done, *members, seconds=30.0):
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        for member in members:
            member.poll()


def test_two_members_share_the_partitions(backend, open_source, open_sink, name):
    topic = backend.topic(4)
    everything = {Partition(topic, p) for p in range(4)}
    sink = open_sink()
    first = Member(open_source(group=name), [topic])
    for p in range(4):
        write(sink, topic, *(b"%d" % (10 * p + i) for i in range(5)), partition=p)
    until(lambda: len(first.values) == 20, first)
    assert first.owned == everything

    second = Member(open_source(group=name), [topic])
    until(lambda: len(second.owned) == 2 and len(first.owned) == 2, first, second)
    assert first.owned | second.owned == everything
    assert [what for what, _ in first.told] == ["assigned", "revoked"]
    assert len(first.told[1][1]) == 2  # only those that move
    for p in range(4):
        write(sink, topic, b"%d" % (10 * p + 5), partition=p)
    until(lambda: len(first.values) + len(second.values) == 24, first, second)
    assert sorted(first.values + second.values) == sorted(10 * p + i for p in range(4) for i in range(6))

    first.source.close()
    kept = second.owned.copy()
    until(lambda: second.owned == everything, second)
    assert ("revoked", sorted(kept)) not in second.told
    for p in range(4):
        write(sink, topic, b"%d" % (10 * p + 6), partition=p)
    until(lambda: {6, 16, 26, 36} <= set(second.values), second)


def test_what_a_callback_raises_comes_out_of_poll(backend, open_source, name):
    source = open_source(group=name)
    topic = backend.topic()

    def assigned(partitions):
        raise RuntimeError(f"no place for {len(partitions)}")

    source.subscribe([topic], assigned, print)
    with pytest.raises(RuntimeError, match="no place for 1"):
        until(lambda: False, Polls(source))


class Polls:
    def __init__(self, source):
        self.poll = lambda: source.poll(10, 0.1)


def test_a_topic_that_is_not_there_cannot_be_subscribed_to(open_source, name):
    with pytest.raises(UnknownTopicError, match=f"{name}-topic"):
        open_source(group=name).subscribe([f"{name}-topic"], dict.fromkeys, print)
