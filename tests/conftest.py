"""Fixtures for all tests: the real data sets and a real Kafka, where they are there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from tests.broker import Broker, Cluster, ContainerBroker, Unavailable, find_cluster, own_broker

AnyCluster = TypeVar("AnyCluster", bound=Cluster)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The directory with the real data sets: IHOMER_DATA."""
    where = os.environ.get("IHOMER_DATA")
    if where and (Path(where) / "yeast.svm.xz").is_file():
        return Path(where)
    reason = "the real data sets are not here: set IHOMER_DATA to the directory that holds yeast.svm.xz"
    if os.environ.get("IHOMER_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def broker() -> Iterator[Cluster]:
    """A real Kafka that all tests share: IHOMER_TEST_KAFKA (it must not make topics by itself), else one started for them."""
    with started(find_cluster) as cluster:
        yield cluster


@pytest.fixture
def mortal_broker() -> Iterator[Broker | ContainerBroker]:
    """A real Kafka for one test, which may stop and kill it; it starts in 5 s."""
    with started(own_broker) as own:
        yield own


@pytest.fixture
def start_broker() -> Iterator[Callable[..., Broker]]:
    """Starts brokers for one test with what `Broker` takes, as in ``start_broker(security="SASL_SSL")``; they need Java."""
    with ExitStack() as brokers:
        yield lambda *how, **more: brokers.enter_context(started(lambda: Broker(*how, **more)))


def started(start: Callable[[], AnyCluster]) -> AnyCluster:
    """Return what `start` starts; where there is no Kafka the test is skipped, or fails with IHOMER_REQUIRE_KAFKA=1."""
    try:
        return start()
    except Unavailable as error:
        way = "install Java 17 and Maven, start Docker, or set IHOMER_TEST_KAFKA=host:port"
        reason = f"a real Kafka is not here ({error}): {way}"
        if os.environ.get("IHOMER_REQUIRE_KAFKA") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
