"""A small HTTP server beside the loop: /health, /ready, /metrics, and the live page at /. It only reads the status."""

from __future__ import annotations

import json
import threading
import time
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ihomer.daemon.health import health, ready
from ihomer.daemon.meters import Now, families
from ihomer.daemon.problems import Problem, SettingsError
from ihomer.daemon.secrecy import masked
from ihomer.daemon.status import Status
from ihomer.live.guarded import Answer, GuardedServer, host_and_port
from ihomer.live.page import answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric


class Pages:
    r"""Serves the pages while it is entered, in threads of its own that never outlive the process.

    Parameters
    ----------
    address
        ``host:port``; port 0 is a free one, see `address`. Nothing is served if it is empty.
    status
        What is told. The loop writes it, the pages read it: `ihomer.daemon.meters` says why that is safe.

    Raises
    ------
    SettingsError
        If the address cannot be used: it names the setting.

    Examples
    --------
    >>> from http.client import HTTPConnection
    >>> with Pages("127.0.0.1:0", Status(state="running")) as pages:
    ...     connection = HTTPConnection(pages.address)
    ...     connection.request("GET", "/ready")
    ...     connection.getresponse().read()
    b'{"ready": true, "state": "running"}\n'
    """

    def __init__(self, address: str, status: Status) -> None:
        self._status, self._begun = status, time.monotonic()
        self._server: GuardedServer | None = None
        self.address = ""
        if not address:
            return
        place = host_and_port(address)
        assert place is not None, address  # settings are checked
        try:
            self._server = GuardedServer(place, self._answer)
        except (OSError, UnicodeError) as error:  # the latter: a name that no host can have
            found = f"{address!r} ({getattr(error, 'strerror', None) or error})"
            raise SettingsError([Problem("http", found, "host:port that is free here, port 0 for any, '' for none")]) from error
        host, port = self._server.server_address[:2]
        self.address = f"[{host!s}]:{port}" if ":" in str(host) else f"{host!s}:{port}"

    def __enter__(self) -> Self:
        if self._server is not None:
            # Asked ten times a second whether to end: a shutdown waits that long.
            threading.Thread(target=self._server.serve_forever, args=(0.1,), name="ihomer-http", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def _answer(self, path: str) -> Answer:
        if path == "/health":
            well, told = health(self._status, time.monotonic(), self._begun)
            return _json(told, well=well)
        if path == "/ready":
            return _json({"ready": ready(self._status), "state": self._status.state}, well=ready(self._status))
        if path == "/metrics":
            return self._metrics()
        return answer(self._status.board, path) or Answer(
            HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"there are /, /live.json, /health, /ready and /metrics\n"
        )

    def _metrics(self) -> Answer:
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        # A registry of its own: what others in the process count in the common one is not ours to show.
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self._status))
        return Answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))


class _Collector:
    """What a registry of the Prometheus client asks."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        from ihomer.evaluation.usage import MB, rss_mb

        return families(self._status, Now(time.time(), time.monotonic(), rss_mb() * MB))

    def describe(self) -> Iterable[Metric]:
        return ()


def _json(told: dict[str, object], *, well: bool) -> Answer:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    plain = {key: masked(value) if isinstance(value, str) else value for key, value in told.items()}
    return Answer(status, "application/json", json.dumps(plain).encode() + b"\n")
