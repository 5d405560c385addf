"""Which Kafka the tests use, by what there is."""

from __future__ import annotations

import os

from tests.broker.broker import Broker
from tests.broker.cluster import Cluster
from tests.broker.container import ContainerBroker
from tests.broker.unavailable import Unavailable


def own_broker() -> Broker | ContainerBroker:
    """Return a broker that may be stopped and killed: with Java, else in a container.

    Raises
    ------
    Unavailable
        If there is neither; it says what is missing.
    """
    try:
        return Broker()
    except Unavailable as no_java:
        try:
            return ContainerBroker()
        except Unavailable as no_container:
            raise Unavailable(f"{no_java}; {no_container}") from None


def find_cluster() -> Cluster:
    """Return the cluster at IHOMER_TEST_KAFKA (host:port) if that is set, else a broker of our own.

    Raises
    ------
    Unavailable
        If there is none.
    """
    given = os.environ.get("IHOMER_TEST_KAFKA")
    return Cluster(given) if given else own_broker()
