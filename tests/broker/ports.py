"""Ports that nobody uses."""

from __future__ import annotations

import random
import socket


def free_ports(n: int) -> tuple[int, ...]:
    """Return `n` ports of loopback that are free now.

    They lie below those that the system gives to outgoing connections: a client that knocks at the port of a stopped broker
    may otherwise be given that very port, reach itself, and keep the broker from coming back.
    """
    found: set[int] = set()
    chance = random.SystemRandom()  # two test runs with the same seed must not choose the same
    while len(found) < n:
        port = chance.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.add(port)
    return tuple(found)
