"""A real Kafka of our own, one node in KRaft mode on loopback, that can be stopped, killed and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from streams.kafka.settings import ClusterSettings
from tests.broker.cluster import Cluster
from tests.broker.guard import Guard
from tests.broker.jars import jars
from tests.broker.java import java
from tests.broker.ports import free_ports
from tests.broker.properties import as_text, server_properties
from tests.broker.security import Security

#: Seconds that a start or a stop may take; 3 are usual.
PATIENCE = 60
#: A cluster has a name; the data of another would be refused.
CLUSTER_ID = "aWhvbWVyLWZvci10ZXN0cw"


class Broker(Cluster):
    """A broker in a process of its own, running when this returns; use it in a `with` block, or `close` it.

    Its port and its data stay the same from one start to the next.

    Parameters
    ----------
    security
        What clients need: "PLAINTEXT", "SSL" (they show a certificate), "SASL_PLAINTEXT" or "SASL_SSL" (they log in).
    properties
        More of Kafka's server properties, or others.
    port
        Where clients knock, on loopback; None: a free one.

    Raises
    ------
    Unavailable
        If Java, Maven or (for TLS) openssl are missing.
    RuntimeError
        If it does not start; with the end of its log.
    """

    def __init__(
        self, security: str = "PLAINTEXT", *, properties: Mapping[str, str] | None = None, port: int | None = None
    ) -> None:
        client, self._internal, controller = free_ports(3)
        client = port or client
        super().__init__(f"127.0.0.1:{client}")
        self._java = [java(), "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars()}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = Path(tempfile.mkdtemp(prefix="ihomer-kafka-"))
        self.log = self.directory / "kafka.log"
        try:
            self._security = Security(security, self.directory)
            all_properties = server_properties((client, self._internal, controller), security=security)
            all_properties |= {"log.dirs": str(self.directory / "data")} | self._security.properties() | dict(properties or {})
            self._properties = self.directory / "server.properties"
            self._properties.write_text(as_text(all_properties))
            self._format()
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int | None:
        """The number of the broker's process; None while it is stopped."""
        return None if self._process is None else self._process.pid

    def settings(self, client: str = "kafka-python") -> ClusterSettings:
        """Return how `client` reaches this broker."""
        return ClusterSettings(bootstrap=self.bootstrap, client=client, **self._security.settings())

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            # In a session of its own, so that Ctrl-C at the terminal ends the tests first.
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard = Guard(self._process.pid)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if (code := self._process.poll()) is not None:
                raise RuntimeError(f"the broker ended with {code} at its start; its log:\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the broker did not answer within {PATIENCE} s; its log:\n{self._log_end()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order (SIGTERM)."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it in order, and start it again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it, and delete its data and its log."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _admin_address(self) -> str:
        return f"127.0.0.1:{self._internal}"

    def _format(self) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._properties)]
        done = subprocess.run(
            [*command, *self._security.users()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the broker's storage could not be formatted:\n{done.stdout}")

    def _answers(self) -> bool:
        from kafka.errors import KafkaError

        try:
            socket.create_connection(("127.0.0.1", self._internal), timeout=1).close()
            with self._admin() as admin:
                return any(not node["is_fenced"] for node in admin.describe_cluster()["brokers"])
        except (OSError, KafkaError):
            return False

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"the broker did not stop within {PATIENCE} s; its log:\n{self._log_end()}") from None
        finally:
            self._guard.dismiss()

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-60:])
