"""Connections of kafka-python that are given up in time, closed where they come to nothing, and say why they did.

kafka-python (3.0) waits without end for a server that is silent while TLS begins, leaves sockets that failed to the garbage
collector, and writes the reason into the log only.
"""

from __future__ import annotations

import ssl
from typing import Any

from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from streams.kafka.errors import AccessError
from streams.kafka.settings import ClusterSettings


class Connections(KafkaConnectionManager):  # type: ignore[misc] # kafka-python has no types
    """Those of one client; in `reasons` stands why connections failed while it was being made, later None."""

    def __init__(self, net: Any, **configs: Any) -> None:
        self.reasons: list[BaseException] | None = []
        super().__init__(net, **configs)

    def get_connection(self, *where: Any, **how: Any) -> Any:
        """Return the connection to a node; it may be one that is being made."""
        connection = super().get_connection(*where, **how)
        if self.reasons is not None:
            connection.init_future.add_errback(self.reasons.append)
        return connection

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        socket = await create_connection(
            self._net, node.host, node.port, self.config["socket_options"], proxy_url="direct://", timeout_at=timeout_at
        )
        if not self.ssl_enabled:
            return KafkaTCPTransport(self._net, socket, host=node.host)
        secured = _Secured(self._net, socket, host=node.host, ssl_context=self.config["ssl_context"])
        await secured.handshake_until(timeout_at)
        return secured


class _Direct(KafkaNetSocket):  # type: ignore[misc]
    """Connects as kafka-python does; where that fails it closes the socket, too."""

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


class _Secured(KafkaSSLTransport):  # type: ignore[misc]
    async def handshake_until(self, timeout_at: float | None) -> None:
        """Begin TLS; what fails, takes too long or is called off is closed."""
        try:
            while True:
                try:
                    return self._sock.do_handshake()  # type: ignore[no-any-return]
                except ssl.SSLWantReadError:
                    await self._net.wait_read(self._sock, timeout_at=timeout_at)
                except ssl.SSLWantWriteError:
                    await self._net.wait_write(self._sock, timeout_at=timeout_at)
        except BaseException as error:
            self.abort(error)
            raise


def tls(settings: ClusterSettings) -> ssl.SSLContext:
    """Return whom to trust (what Python trusts by default), and who we are.

    Raises
    ------
    AccessError
        If a file cannot be read, or holds something else, or its password is another.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asks for a certificate, and that it is the host's
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    file = settings.ca_file
    try:
        if file:
            made.load_verify_locations(file)
        else:
            made.load_default_certs()
        if file := settings.cert_file:
            # Without a password OpenSSL would ask for one on the terminal.
            made.load_cert_chain(file, settings.key_file, settings.key_password or "")
    except OSError as error:
        raise AccessError(f"{settings.bootstrap}: cannot use {file} (or its key): {error}") from error
    return made
