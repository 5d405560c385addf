"""A broker with topics for the benchmark, and daemons over them as processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import orjson

from streams.kafka.confluent import ConfluentClient
from streams.kafka.protocol import Partition, Record
from streams.kafka.row_messages import RowMessages
from streams.kafka.settings import ClusterSettings
from streams.open import open_stream
from tests.broker import Cluster

#: What is learned: 50 features, none of them 0, and 3 of 20 labels.
STREAM = "synthetic:meta_hyperplane?features=50&labels=20&cardinality=3&seed=7"
#: A stream that is read in seconds brings all its names in a minute.
LIMITS = "[limits]\nnew_features = 100000000\nnew_labels = 100000000\n"
#: Seconds without progress after which something is wrong.
PATIENCE = 120.0


def messages(n: int, stream: str = STREAM) -> list[bytes]:
    """Return n messages of a synthetic stream, as `ihomer produce` writes them; labels that are numbers get names."""
    rows = open_stream(f"{stream}&rows={n}")
    values = [message.value for message in RowMessages(rows, identified=False, apart=False).one_pass()]
    return [_named(value) for value in values] if isinstance(orjson.loads(values[0])["y"][0], int) else values


def _named(value: bytes) -> bytes:
    message = orjson.loads(value)
    return orjson.dumps({**message, "y": [f"label {k}" for k in message["y"]]})


class Rig:
    """What a benchmark asks of a cluster; over confluent-kafka, whatever the daemon uses.

    Parameters
    ----------
    cluster
        Where topics are made.
    directory
        For states and logs.
    """

    def __init__(self, cluster: Cluster, directory: Path) -> None:
        self.cluster, self.directory = cluster, directory
        self.client = ConfluentClient(ClusterSettings(bootstrap=cluster.bootstrap, client="confluent"))
        self._daemons = 0

    def topic(self, partitions: int = 1, **config: object) -> str:
        """Make a topic whose records bear the broker's time, so that all times are of one clock."""
        return self.cluster.topic(partitions, **{"message_timestamp_type": "LogAppendTime", **config})

    def feed(self, topic: str, values: Sequence[bytes], partitions: int = 1) -> None:
        """Send values to a topic, to its partitions in turn."""
        sink = self.client.sink()
        for i, value in enumerate(values):
            sink.send(topic, value, partition=i % partitions)
        sink.flush(PATIENCE)
        sink.close()

    def ends(self, topic: str, partitions: int = 1) -> list[int]:
        """Return the offset after the last record of each partition."""
        parts = [Partition(topic, i) for i in range(partitions)]
        bounds = self.client.bounds(parts, committed_only=False)
        return [bounds[part][1] for part in parts]

    def read(self, topic: str) -> Iterator[list[Record]]:
        """Yield the records of the one partition of a topic."""
        source, (end,) = self.client.source(), self.ends(topic)
        source.assign({Partition(topic, 0): 0})
        try:
            at = 0
            while at < end:
                records = source.poll(10_000, 5.0)
                if not records:
                    return  # marks of transactions stand at the end
                yield records
                at = records[-1].offset + 1
        finally:
            source.close()

    def appended(self, topic: str) -> npt.NDArray[np.float64]:
        """Return when the broker took each record."""
        return np.array([record.time for records in self.read(topic) for record in records])

    @contextmanager
    def daemon(self, topic: str, client: str, predictions: str, *flags: str) -> Iterator[Process]:
        """Run `ihomer consume` over a topic, with a fresh state; SIGTERM ends it."""
        self._daemons += 1
        name = f"daemon-{self._daemons}"
        limits = self.directory / "limits.toml"
        limits.write_text(LIMITS)
        command = [
            *("consume", topic, "--config", str(limits), "--state", str(self.directory / name)),
            *("--bootstrap", self.cluster.bootstrap),
            *("--client", client, "--group", f"{topic}-{name}", "--predictions-topic", predictions),
            *("--metrics-topic", "", "--events-topic", "", "--dead-letter-topic", "", "--model", "fast", "--http", "", *flags),
        ]
        with Process(["-m", "ihomer", *command], self.directory / f"{name}.log") as process:
            yield process


class Process:
    """A Python process, and what it has used.

    Parameters
    ----------
    arguments
        What Python is told.
    log
        Where it writes.
    """

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self._popen = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def check(self) -> None:
        """Raise RuntimeError if it has ended."""
        if self._popen.poll() is not None:
            raise RuntimeError(f"it ended with {self._popen.returncode}:\n{self._log.read_text()[-3000:]}")

    def cpu_seconds(self) -> float:
        """Return what all its threads have used so far."""
        fields = Path(f"/proc/{self._popen.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        """Return its resident memory."""
        return int(Path(f"/proc/{self._popen.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def until(self, done: Any, every: float = 0.2) -> None:
        """Wait until `done()`, which says how far it is by a number that must not stand still, returns True."""
        alive, before = time.monotonic(), None
        while (at := done()) is not True:
            self.check()
            if at != before:
                alive, before = time.monotonic(), at
            elif time.monotonic() - alive > PATIENCE:
                raise RuntimeError(f"no progress for {PATIENCE:g} s at {at}:\n{self._log.read_text()[-3000:]}")
            time.sleep(every)

    def wait(self) -> None:
        """Wait for its end.

        Raises
        ------
        RuntimeError
            If it did not end well.
        """
        if self._popen.wait() != 0:
            self.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._popen.wait(30)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
