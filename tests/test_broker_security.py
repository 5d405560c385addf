"""TLS and logins: a broker that asks for them lets both clients in with the right settings, and only then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from streams.kafka.connect import connect
from streams.kafka.errors import AccessError, TransportError
from streams.kafka.protocol import Partition
from tests.broker import Broker

pytestmark = pytest.mark.kafka

each_client = pytest.mark.parametrize("client", ["kafka-python", "confluent"])


@pytest.fixture(scope="module")
def tls(start_broker: Callable[..., Broker]) -> Broker:
    """It and its clients show certificates."""
    return start_broker("SSL")


@pytest.fixture(scope="module")
def sasl_tls(start_broker: Callable[..., Broker]) -> Broker:
    """It shows a certificate, its clients log in."""
    return start_broker("SASL_SSL")


def there_and_back(broker: Broker, client: str, **changed: Any) -> None:
    """Write a record and read it."""
    if client == "confluent":
        pytest.importorskip("confluent_kafka")
    partition = Partition(broker.topic(), 0)
    with closing(connect(replace(broker.settings(client), **changed))) as cluster:
        with closing(cluster.sink()) as sink:
            sink.send(partition.topic, b"value")
            sink.flush(30)
        with closing(cluster.source()) as source:
            source.assign({partition: 0})
            assert [record.value for record in source.poll(10, 30)] == [b"value"]


@each_client
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_with_the_right_password_over_tls(sasl_tls: Broker, client: str, mechanism: str) -> None:
    there_and_back(sasl_tls, client, sasl_mechanism=mechanism)


@each_client
def test_with_the_right_certificate(tls: Broker, client: str) -> None:
    there_and_back(tls, client)


@each_client
def test_a_wrong_password_is_refused(sasl_tls: Broker, client: str) -> None:
    with pytest.raises(AccessError) as caught:
        there_and_back(sasl_tls, client, password="tulip", patience=10)
    assert "tulip" not in str(caught.value)


@each_client
def test_a_broker_that_shows_another_certificate_is_refused(sasl_tls: Broker, tls: Broker, client: str) -> None:
    with pytest.raises(TransportError):
        there_and_back(sasl_tls, client, ca_file=tls.settings().ca_file, patience=3)


@each_client
def test_without_a_certificate_nobody_is_let_in(tls: Broker, client: str) -> None:
    with pytest.raises(TransportError):
        there_and_back(tls, client, cert_file=None, key_file=None, key_password=None, patience=3)
