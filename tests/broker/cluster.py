"""A Kafka cluster that answers, wherever it runs: topics of its own for every test."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from streams.kafka.settings import ClusterSettings


class Cluster:
    """A cluster that was started by somebody else; topics made here are deleted by `close`.

    Parameters
    ----------
    bootstrap
        ``host:port``, without encryption and login.
    """

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._topics: list[str] = []

    def settings(self, client: str = "kafka-python") -> ClusterSettings:
        """Return how `client` reaches this cluster."""
        return ClusterSettings(bootstrap=self.bootstrap, client=client)

    def topic(self, partitions: int = 1, **config: object) -> str:
        """Make a topic that nobody else uses and return its name.

        Parameters
        ----------
        partitions
            How many; each has one replica, and a leader on return.
        config
            Kafka's settings of a topic with underscores for points, as in ``max_message_bytes=1000``.
        """
        name = f"test-{secrets.token_hex(6)}"
        configs = {key.replace("_", "."): str(value) for key, value in config.items()}
        wanted = {name: {"num_partitions": partitions, "replication_factor": 1, "configs": configs}}
        with self._admin() as admin:
            admin.create_topics(wanted, wait_for_metadata=True)
        self._topics.append(name)
        return name

    def add_partitions(self, topic: str, partitions: int) -> None:
        """Let `topic` have `partitions` partitions, more than it has."""
        with self._admin() as admin:
            admin.create_partitions({topic: partitions})
            admin.wait_for_topics([topic])

    def close(self) -> None:
        """Delete the topics that were made here."""
        if self._topics:
            with self._admin() as admin:
                admin.delete_topics(self._topics)
        self._topics = []

    def _admin_address(self) -> str:
        """Return where an administrator comes in without encryption and login."""
        return self.bootstrap

    @contextmanager
    def _admin(self) -> Iterator[Any]:
        # A new one each time: the broker may have been stopped and started since.
        from kafka.admin import KafkaAdminClient

        admin = KafkaAdminClient(bootstrap_servers=self._admin_address())
        try:
            yield admin
        finally:
            admin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
