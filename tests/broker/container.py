"""A real Kafka in a container, for machines with a Docker engine and without Java."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time

from tests.broker.cluster import Cluster
from tests.broker.ports import free_ports
from tests.broker.properties import server_properties
from tests.broker.unavailable import Unavailable

IMAGE = "apache/kafka:4.1.0"
#: Seconds that a start may take once the image is there.
PATIENCE = 60


class ContainerBroker(Cluster):
    """A broker in a container, running when this returns; its port and its data stay until `close`.

    Raises
    ------
    Unavailable
        If no Docker engine answers, or it has no image.
    """

    def __init__(self) -> None:
        docker = shutil.which("docker")
        if docker is None or subprocess.run([docker, "version"], capture_output=True, check=False).returncode != 0:
            raise Unavailable("no Docker engine answers")
        self._docker = docker
        ports = free_ports(3)
        self._port = ports[0]
        super().__init__(f"127.0.0.1:{self._port}")
        properties = server_properties(ports, bind="0.0.0.0")
        # The image makes of KAFKA_NODE_ID the property node.id.
        environment = [f"--env=KAFKA_{key.replace('.', '_').upper()}={value}" for key, value in properties.items()]
        publish = f"--publish=127.0.0.1:{self._port}:{self._port}"
        self._name = f"ihomer-kafka-{self._port}"
        self._run("create", f"--name={self._name}", publish, *environment, "--env=KAFKA_HEAP_OPTS=-Xmx512m", IMAGE)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run("start", self._name)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline:
                log = self._run("logs", "--tail=60", self._name)
                raise RuntimeError(f"the broker did not answer within {PATIENCE} s; its log:\n{log}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End it in order (SIGTERM)."""
        self._run("stop", self._name)

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self._run("kill", self._name)

    def restart(self) -> None:
        """Stop it in order, and start it again."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Remove the container and its data."""
        self._run("rm", "--force", "--volumes", self._name)

    def _answers(self) -> bool:
        from kafka.errors import KafkaError

        try:
            # Docker's own proxy takes the connection before the broker is there: only an answer counts.
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            with self._admin() as admin:
                return bool(admin.describe_cluster()["brokers"])
        except (OSError, KafkaError):
            return False

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._docker, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise Unavailable(f"docker {arguments[0]}: {done.stdout.strip()}")
        return done.stdout
