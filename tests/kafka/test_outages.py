"""What the two real clients say of clusters that are away, or do not let them in."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import replace

import pytest

from streams.errors import StreamError
from streams.kafka.connect import connect
from streams.kafka.errors import AccessError, DeliveryError, TransportError
from streams.kafka.protocol import Partition
from streams.kafka.settings import ClusterSettings
from tests.kafka.backends import read, write

CLIENTS = ["kafka-python", "confluent"]


def poll_for_ever(source):
    while True:
        source.poll(10, 0.1)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("make", ["source", "sink", "topics"])
def test_nobody_there(client, make):
    threads = threading.active_count()
    with closing(connect(ClusterSettings(bootstrap="127.0.0.1:1", client=client, patience=0.5))) as cluster:
        began = time.monotonic()
        with pytest.raises(TransportError, match=r"^127\.0\.0\.1:1: cannot ") as caught:
            getattr(cluster, make)()
        assert caught.value.retriable
        assert time.monotonic() - began < 12.0
    assert threading.active_count() == threads


@pytest.mark.kafka
@pytest.mark.parametrize("client", CLIENTS)
def test_a_broker_that_dies_is_told_and_its_return_is_found(client, mortal_broker):
    topic = mortal_broker.topic()
    partition = Partition(topic, 0)
    cluster = connect(replace(mortal_broker.settings(client), patience=2.0))
    source, sink = cluster.source(group="g"), cluster.sink()
    write(sink, topic, b"a")
    source.assign({partition: 0})
    read(source, 1)
    source.commit({partition: 1})
    assert source.committed([partition]) == {partition: 1}

    mortal_broker.kill()
    for ask in (
        lambda: source.commit({partition: 1}),
        lambda: source.committed([partition]),
        lambda: source.bounds([partition]),
        lambda: source.partitions(topic),
        cluster.topics,
    ):
        began = time.monotonic()
        with pytest.raises(TransportError) as caught:
            ask()
        assert caught.value.retriable
        assert time.monotonic() - began < 10.0
    began = time.monotonic()
    with pytest.raises(TransportError):
        poll_for_ever(source)
    assert time.monotonic() - began < 16.0
    sink.send(topic, b"lost")
    with pytest.raises(DeliveryError, match="1 record is not acknowledged"):
        sink.flush(1.0)

    mortal_broker.start()
    began = time.monotonic()
    while time.monotonic() - began < 20.0:
        try:
            write(sink, topic, b"b")
            break
        except TransportError:
            time.sleep(0.1)
    found = []
    while b"b" not in found and time.monotonic() - began < 30.0:
        try:
            found += [r.value for r in source.poll(10, 0.2)]
        except TransportError:
            continue
    assert b"b" in found
    source.commit({partition: 2})
    assert source.committed([partition]) == {partition: 2}

    mortal_broker.kill()
    sink.send(topic, b"too late")
    began = time.monotonic()
    sink.close()
    source.close()
    cluster.close()
    assert time.monotonic() - began < 16.0


@pytest.mark.kafka
@pytest.mark.parametrize("client", CLIENTS)
def test_a_transaction_that_dies_with_its_broker_is_told(client, mortal_broker):
    topic = mortal_broker.topic()
    cluster = connect(replace(mortal_broker.settings(client), patience=2.0))
    sink = cluster.sink(transactional_id="t")
    sink.begin()
    write(sink, topic, b"a")
    mortal_broker.kill()
    for ask in (sink.commit, sink.abort):
        began = time.monotonic()
        with pytest.raises(TransportError):
            ask()
        assert time.monotonic() - began < 12.0
    sink.close()
    mortal_broker.start()
    newer = cluster.sink(transactional_id="t")
    newer.begin()
    newer.send(topic, b"b")
    newer.commit()
    newer.close()
    with closing(cluster.source()) as source:
        source.assign({Partition(topic, 0): 0})
        assert read(source, 1)[0].value == b"b"
    cluster.close()


@pytest.mark.kafka
@pytest.mark.parametrize("kind", ["SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_encryption_and_logins(kind, start_broker):
    broker = start_broker(security=kind)
    topic = broker.topic()
    mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] if kind.startswith("SASL") else ["none"]
    for n, (client, mechanism) in enumerate((c, m) for c in CLIENTS for m in mechanisms):
        settings = replace(broker.settings(client), sasl_mechanism=mechanism, patience=10.0)
        with closing(connect(settings)) as cluster, closing(cluster.sink()) as sink, closing(cluster.source()) as source:
            write(sink, topic, mechanism.encode())
            source.assign({Partition(topic, 0): n})
            assert read(source, 1)[0].value == mechanism.encode()
        if mechanism != "none":
            began = time.monotonic()
            with closing(connect(replace(settings, password="wrong"))) as cluster, pytest.raises(AccessError) as caught:
                cluster.source()
            assert "wrong" not in str(caught.value)
            assert time.monotonic() - began < 30.0


def test_there_are_two_clients():
    with pytest.raises(StreamError, match="expected 'kafka-python' or 'confluent'"):
        connect(ClusterSettings(client="pykafka"))


def test_a_client_that_is_not_installed_says_what_to_do(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(StreamError, match=r"pip install 'ihomer\[confluent\]'"):
        connect(ClusterSettings(client="confluent"))
