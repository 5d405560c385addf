"""How confluent-kafka is told to reach a cluster."""

from __future__ import annotations

import logging
from typing import Any

from confluent_kafka import KafkaError

from streams.kafka.errors import AccessError
from streams.kafka.settings import ClusterSettings

#: Where the client's own messages go. It writes to stderr unless it is given a logger, and Python prints warnings of loggers
#: that nobody listens to on stderr too; what matters is raised anyway.
LOGGER = logging.getLogger("confluent_kafka")
LOGGER.addHandler(logging.NullHandler())


class Denied:
    """Remembers that a broker refused our credentials or certificates: the client itself goes on trying for ever.

    Parameters
    ----------
    cluster
        Bootstrap servers.
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._reason = ""

    def __call__(self, error: KafkaError) -> None:
        """Take in an error that the client tells of."""
        if error.code() in {KafkaError._AUTHENTICATION, KafkaError._SSL}:  # noqa: SLF001 - their own errors are written so
            self._reason = str(error.str())

    def check(self) -> None:
        """Raise `AccessError` if a broker refused us."""
        if self._reason:
            raise AccessError(f"{self._cluster}: cannot log in: {self._reason}")


def options(settings: ClusterSettings, denied: Denied) -> dict[str, Any]:
    """Return what all clients of confluent-kafka need to know."""
    patience = max(int(settings.patience * 1000), 1000)
    found: dict[str, Any] = {
        "bootstrap.servers": settings.bootstrap,
        "security.protocol": settings.security,
        "socket.timeout.ms": patience,
        # A broker that comes back is found within a second; by default the client waits up to 10.
        "reconnect.backoff.max.ms": 1000,
        "message.max.bytes": settings.max_message_bytes,
        "error_cb": denied,
        "logger": LOGGER,
    }
    if settings.security.endswith("SSL"):
        found |= {
            "ssl.ca.location": settings.ca_file,
            "ssl.certificate.location": settings.cert_file,
            "ssl.key.location": settings.key_file,
            "ssl.key.password": settings.key_password,
        }
    if settings.security.startswith("SASL"):
        found |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.username,
            "sasl.password": settings.password,
        }
    return {name: value for name, value in found.items() if value is not None}
