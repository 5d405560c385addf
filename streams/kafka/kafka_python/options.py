"""How kafka-python is told to reach a cluster, and how its clients are made without leaving anything behind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from streams.kafka.errors import AccessError, TransportError
from streams.kafka.kafka_python.failures import asking, ours
from streams.kafka.settings import ClusterSettings

T = TypeVar("T")

# Python prints warnings of loggers that nobody listens to on stderr; what matters is raised anyway.
logging.getLogger("kafka").addHandler(logging.NullHandler())


class _Direct(KafkaNetSocket):  # type: ignore[misc] # kafka-python has no types
    """Connects as kafka-python does; where that fails it closes the socket too, which kafka-python (3.0) leaves to chance."""

    SCHEMES = ("direct",)

    async def connect(self, net: Any, addrinfo: Any, socket_options: Any = (), timeout_at: Any = None) -> Any:
        sock: Any = super().socket(*addrinfo[:3])
        self.socket = lambda *_: sock
        try:
            return await super().connect(net, addrinfo, socket_options, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        finally:
            del self.socket  # the class has it


def options(settings: ClusterSettings) -> dict[str, Any]:
    """Return what all clients of kafka-python need to know."""
    patience = max(int(settings.patience * 1000), 1)
    found: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap.split(",")],
        "security_protocol": settings.security,
        "bootstrap_timeout_ms": patience,
        "request_timeout_ms": max(patience, 1000),  # it has to be more than a fetch waits for records, 500 ms
        "proxy_url": "direct://",  # see `_Direct`
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
    """Return ``make(**options)``; if the cluster cannot be reached that is said with the reason, and nothing is left open.

    Clients of kafka-python talk to the cluster while they are made. If that fails nobody has them to close, and the reason
    stands in the log only; so what is below them, and how its connections end, is remembered meanwhile.
    """
    below: list[KafkaNetClient] = []
    reasons: list[BaseException] = []

    def remember(**configs: Any) -> KafkaNetClient:
        # No warnings of steps that took a tenth of a second: on a busy machine, where another thread learns, they are usual.
        client = KafkaNetClient(**configs, slow_task_threshold_secs=0)
        below.append(client)
        connect = client._manager.get_connection  # noqa: SLF001

        def watched(*where: Any, **how: Any) -> Any:
            connection = connect(*where, **how)
            connection.init_future.add_errback(reasons.append)
            return connection

        client._manager.get_connection = watched  # noqa: SLF001
        return client

    asked = f"reach the cluster within {settings.patience:g} s"
    try:
        with asking(settings.bootstrap, asked):
            whole = make(kafka_client=remember, **options(settings), **more)
    except BaseException as error:
        for client in below:
            client.close()
        found = [ours(reason, settings.bootstrap, asked) for reason in reasons if isinstance(error, TransportError)]
        hung_up = sum("socket disconnected" in str(reason) for reason in found)
        if settings.security.startswith("SASL") and 2 * hung_up > len(found):
            # The broker says why, and hangs up; kafka-python (3.0) looks at the second first.
            where = f"{settings.bootstrap}: the broker hangs up while we log in"
            raise AccessError(f"{where}: are user name, password and mechanism right?") from error
        if found:
            raise next((reason for reason in found if not reason.retriable), found[-1]) from error
        raise
    for client in below:
        del client._manager.get_connection  # noqa: SLF001 - the class has it
    return whole
