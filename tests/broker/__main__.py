"""`python -m tests.broker [PORT]`: a Kafka to try things on, until Ctrl-C; its data go with it."""

from __future__ import annotations

import signal
import socket
import sys
import threading

from tests.broker.broker import Broker
from tests.broker.unavailable import Unavailable

#: Where Kafka is by default, and where all commands look for it if they are not told.
PORT = 9092


def main(port: int = PORT) -> str | None:
    """Run a broker until it is asked to stop; return what is wrong, if anything is."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        return f"port {port} cannot be used ({error.strerror}): python -m tests.broker PORT takes another"
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    print(f"Kafka starts at localhost:{port} (the first time its jars are fetched: 60 MB) ...", flush=True)
    try:
        with Broker(port=port):
            print(f"Kafka runs at localhost:{port}; Ctrl-C ends it, and deletes what it holds.", flush=True)
            asked.wait()
    except Unavailable as missing:
        return f"{missing}. With Docker: docker run -p 9092:9092 apache/kafka:4.1.0"
    return None


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
