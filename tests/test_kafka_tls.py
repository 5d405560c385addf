"""TLS without a broker: files that cannot be used are named, and connections that come to nothing are closed."""

from __future__ import annotations

import gc
import socket
from contextlib import closing
from pathlib import Path

import pytest

from streams.kafka.connect import connect
from streams.kafka.errors import AccessError, TransportError
from streams.kafka.settings import ClusterSettings


@pytest.mark.parametrize("what", ["ca_file", "cert_file"])
@pytest.mark.parametrize("holds", [None, b"", b"no certificate"])
def test_a_file_that_cannot_be_used_is_named(what: str, holds: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "one.pem"
    if holds is not None:
        file.write_bytes(holds)
    cluster = connect(ClusterSettings("127.0.0.1:9", security="SSL", patience=1, **{what: str(file)}))
    with pytest.raises(AccessError, match=rf"^127\.0\.0\.1:9: cannot use {file}"):
        cluster.source()


def test_a_server_that_says_nothing_is_given_up_and_its_connection_closed() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        cluster = connect(ClusterSettings(where, security="SSL", patience=1))
        with pytest.raises(TransportError, match="cannot reach the cluster"):
            cluster.source()
    gc.collect()  # a connection left open is a warning, and so an error
