"""A real Apache Kafka for tests and benchmarks: one that is given, our own, or one in a container."""

from tests.broker.broker import Broker
from tests.broker.cluster import Cluster
from tests.broker.container import ContainerBroker
from tests.broker.find import find_cluster, own_broker
from tests.broker.unavailable import Unavailable

__all__ = ["Broker", "Cluster", "ContainerBroker", "Unavailable", "find_cluster", "own_broker"]
