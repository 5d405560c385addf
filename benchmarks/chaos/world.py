"""Where a scenario takes place: a cluster, a directory, and how hard to try."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chaos.daemon import Daemon
from streams.kafka.connect import connect

if TYPE_CHECKING:
    from streams.kafka.protocol import Client
    from tests.broker import Cluster


@dataclass(frozen=True, slots=True)
class World:
    """What a scenario is given.

    Parameters
    ----------
    cluster
        A Kafka that is running.
    directory
        For states and logs.
    kills
        How often to strike.
    seed
        Decides when.
    """

    cluster: Cluster
    directory: Path
    kills: int
    seed: int

    def rng(self, *what: object) -> random.Random:
        """Return a generator of random numbers that depends on the seed and on `what` alone."""
        return random.Random(f"{self.seed} {what}")  # noqa: S311 - nothing secret

    @contextmanager
    def client(self, kind: str = "confluent") -> Iterator[Client]:
        """Give a client of the cluster."""
        client = connect(replace(self.cluster.settings(kind), max_message_bytes=32 << 20))
        try:
            yield client
        finally:
            client.close()

    def state(self, name: str = "state") -> Path:
        """Return a directory that is not there yet."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.directory)) / "state"

    def daemon(self, topic: str, state: Path, *arguments: str) -> Daemon:
        """Start a daemon on `topic`; use it in a `with` block."""
        return Daemon(topic, state, "--bootstrap", self.cluster.bootstrap, *arguments)
