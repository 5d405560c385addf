"""How kafka-python is told to reach a cluster, and how its clients are made without leaving anything behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient
from kafka.net.selector import NetworkSelector

from streams.kafka.errors import AccessError, TransportError
from streams.kafka.kafka_python.connections import Connections, tls
from streams.kafka.kafka_python.failures import asking, ours
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
        found["ssl_context"] = tls(settings)
    if settings.security.startswith("SASL"):
        found |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password,
        }
    return found


def made(make: Callable[..., T], settings: ClusterSettings, **more: Any) -> T:
    """Return ``make(**options)``; if the cluster cannot be reached that is said with the reason, and nothing is left open.

    Clients of kafka-python talk to the cluster while they are made. If that fails nobody has them to close, so what is below
    them is remembered meanwhile.
    """
    below: list[KafkaNetClient] = []
    found: list[Connections] = []

    def remember(**configs: Any) -> KafkaNetClient:
        # No warnings of steps that took a tenth of a second: on a busy machine, where another thread learns, they are usual.
        net = NetworkSelector(**configs, slow_task_threshold_secs=0)
        found.append(Connections(net, **configs))
        below.append(KafkaNetClient(net, found[-1]))
        return below[-1]

    asked = f"reach the cluster within {settings.patience:g} s"
    try:
        with asking(settings.bootstrap, asked):
            return make(kafka_client=remember, **options(settings), **more)
    except BaseException as error:
        for client in below:
            client.close()
        if not isinstance(error, TransportError):
            raise
        reasons = [ours(reason, settings.bootstrap, asked) for each in found for reason in each.reasons or []]
        hung_up = sum("socket disconnected" in str(reason) for reason in reasons)
        if settings.security.startswith("SASL") and 2 * hung_up > len(reasons):
            # The broker says why, and hangs up; kafka-python (3.0) looks at the second first.
            where = f"{settings.bootstrap}: the broker hangs up while we log in"
            raise AccessError(f"{where}: are user name, password and mechanism right?") from error
        if reasons:
            raise next((reason for reason in reasons if not reason.retriable), reasons[-1]) from error
        raise
    finally:
        for each in found:
            each.reasons = None
