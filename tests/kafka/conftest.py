"""What the tests of the transports share."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from streams.kafka.protocol import Sink, Source
from tests.kafka.backends import Backend, Memory, Real

BACKENDS = [
    "memory",
    pytest.param("kafka-python", marks=pytest.mark.kafka),
    pytest.param("confluent", marks=pytest.mark.kafka),
]


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Each of the three transports."""
    if request.param == "memory":
        yield Memory()
        return
    if request.param == "confluent":
        pytest.importorskip("confluent_kafka")
    real = Real(request.getfixturevalue("broker"), request.param)
    with closing(real.client):
        yield real


@pytest.fixture
def open_source(backend: Backend) -> Iterator[Callable[..., Source]]:
    """Opens sources that are closed after the test."""
    with ExitStack() as opened:
        yield lambda **how: opened.enter_context(closing(backend.client.source(**how)))


@pytest.fixture
def open_sink(backend: Backend) -> Iterator[Callable[..., Sink]]:
    """Opens sinks that are closed after the test."""
    with ExitStack() as opened:
        yield lambda **how: opened.enter_context(closing(backend.client.sink(**how)))


@pytest.fixture
def name() -> str:
    """A name that nobody else uses, for a group or a transactional id."""
    return f"test-{secrets.token_hex(6)}"
