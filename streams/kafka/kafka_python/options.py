"""How kafka-python is told to reach a cluster, and how its clients are made without leaving anything behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient

from streams.kafka.kafka_python.failures import asking
from streams.kafka.settings import ClusterSettings

T = TypeVar("T")

# Python prints warnings of loggers that nobody listens to on stderr; what matters is raised anyway.
logging.getLogger("kafka").addHandler(logging.NullHandler())


def options(settings: ClusterSettings) -> dict[str, Any]:
    """Return what all clients of kafka-python need to know."""
    patience = max(int(settings.patience * 1000), 1)
    found: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap.split(",")],
        "security_protocol": settings.security,
        "bootstrap_timeout_ms": patience,
        "request_timeout_ms": max(patience, 1000),  # it has to be more than a fetch waits for records, 500 ms
        # A broker that comes back is found within a second; by default the client waits up to 30.
        "reconnect_backoff_max_ms": 1000,
    }
    if settings.security.endswith("SSL"):
        found |= {
            "ssl_cafile": settings.ca_file,
            "ssl_certfile": settings.cert_file,
            "ssl_keyfile": settings.key_file,
            "ssl_password": settings.key_password,
        }
    if settings.security.startswith("SASL"):
        found |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password,
        }
    return found


def made(make: Callable[..., T], settings: ClusterSettings, **more: Any) -> T:
    """Return ``make(**options)``; if the cluster cannot be reached nothing is left open.

    Clients of kafka-python talk to the cluster while they are made. If that fails nobody has them to close, so what is below them
    is remembered.
    """
    below: list[KafkaNetClient] = []

    def remember(**configs: Any) -> KafkaNetClient:
        below.append(KafkaNetClient(**configs))
        return below[-1]

    try:
        with asking(settings.bootstrap, f"reach the cluster within {settings.patience:g} s"):
            return make(kafka_client=remember, **options(settings), **more)
    except BaseException:
        for client in below:
            client.close()
        raise
