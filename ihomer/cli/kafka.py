"""Options that say how a Kafka cluster is reached."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.kafka.protocol import Client
    from streams.kafka.settings import ClusterSettings

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False)


def cluster_options(command: F) -> F:
    """Add the options of `ClusterSettings`; the command gets those that were given, by name, and hands them to `settings`."""
    for option in reversed(
        (
            click.option("--bootstrap", metavar="HOST:PORT",
                         help="The cluster; several with commas.  [default: localhost:9092]"),
            click.option("--client", type=click.Choice(("kafka-python", "confluent")),
                         help="confluent (extra ihomer[confluent]) is faster.  [default: kafka-python]"),
            click.option("--security", type=click.Choice(("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")),
                         help="User and password: IHOMER_CLUSTER_USERNAME, IHOMER_CLUSTER_PASSWORD.  [default: PLAINTEXT]"),
            click.option("--ca-file", metavar="FILE", type=_FILE, help="SSL: whom to trust (PEM)."),
            click.option("--cert-file", metavar="FILE", type=_FILE, help="SSL: who we are (PEM)."),
            click.option("--key-file", metavar="FILE", type=_FILE,
                         help="SSL: our key (PEM); its password: IHOMER_CLUSTER_KEY_PASSWORD."),
            click.option("--sasl-mechanism", type=click.Choice(("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")),
                         help="How to log in.  [default: SCRAM-SHA-512]"),
            click.option("--max-message-bytes", metavar="N", type=click.IntRange(min=1),
                         help="The largest message.  [default: 1 MB]"),
            click.option("--patience", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True),
                         help="How long the cluster may not answer.  [default: 30]"),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def settings(given: dict[str, Any]) -> ClusterSettings:
    """Return how the cluster is reached, by the options of `cluster_options` and the environment."""
    from streams.kafka.spec import cluster_settings

    try:
        return cluster_settings({name: str(value) for name, value in given.items() if value is not None})
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@contextmanager
def connected(cluster: ClusterSettings) -> Iterator[Client]:
    """Yield a client of the cluster; it is closed at the end."""
    from streams.kafka.connect import connect

    client = connect(cluster)
    try:
        yield client
    finally:
        client.close()
