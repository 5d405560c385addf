"""The tests' own Kafka: what the tests of the daemon take for granted."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.broker import Broker, Cluster


def write(cluster: Cluster, topic: str, values: list[bytes], partition: int = 0) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap)
    for value in values:
        producer.send(topic, value, partition=partition)
    producer.flush(timeout=60)
    producer.close()


def read(cluster: Cluster, topic: str, n: int) -> list[bytes]:
    from kafka import KafkaConsumer

    patience = {"consumer_timeout_ms": 60_000}
    consumer = KafkaConsumer(topic, bootstrap_servers=cluster.bootstrap, auto_offset_reset="earliest", **patience)
    found = [record.value for _, record in zip(range(n), consumer, strict=False)]
    consumer.close()
    return found


@pytest.mark.kafka
def test_a_topic_is_there_with_what_was_asked_of_it(broker: Cluster) -> None:
    from kafka import KafkaProducer
    from kafka.errors import MessageSizeTooLargeError

    topic = broker.topic(partitions=2, max_message_bytes=1000)
    assert topic != broker.topic()
    write(broker, topic, [b"small"], partition=1)
    assert read(broker, topic, 1) == [b"small"]
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap)
    with pytest.raises(MessageSizeTooLargeError):
        producer.send(topic, b"x" * 2000, partition=0).get(timeout=60)
    producer.close()


@pytest.mark.kafka
def test_partitions_can_be_added(broker: Cluster) -> None:
    topic = broker.topic(partitions=1)
    broker.add_partitions(topic, 3)
    write(broker, topic, [b"third"], partition=2)
    assert read(broker, topic, 1) == [b"third"]


@pytest.mark.kafka
def test_topics_are_not_made_by_asking_for_them(broker: Cluster) -> None:
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    producer = KafkaProducer(bootstrap_servers=broker.bootstrap, max_block_ms=1000)
    with pytest.raises(KafkaError):
        producer.send("no-such-topic", b"x").get(timeout=5)
    producer.close()


@pytest.mark.kafka
def test_what_was_written_is_there_after_a_restart_and_after_kill_9(mortal_broker: Broker) -> None:
    topic = mortal_broker.topic()
    write(mortal_broker, topic, [b"1"])
    mortal_broker.restart()
    write(mortal_broker, topic, [b"2"])
    mortal_broker.kill()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address_of(mortal_broker), timeout=5)
    mortal_broker.start()
    write(mortal_broker, topic, [b"3"])
    assert read(mortal_broker, topic, 3) == [b"1", b"2", b"3"]


def address_of(cluster: Cluster) -> tuple[str, int]:
    host, port = cluster.bootstrap.split(":")
    return host, int(port)


@pytest.mark.kafka
def test_a_broker_that_does_not_start_shows_its_log_and_leaves_nothing(
    start_broker: Callable[..., Broker], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"(?s)ended with 1 at its start.*no\.such\.Class"):
        start_broker(properties={"authorizer.class.name": "no.such.Class"})
    assert list(tmp_path.iterdir()) == []
