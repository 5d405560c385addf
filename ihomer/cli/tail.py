"""`ihomer tail`: the messages of a topic as lines."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ihomer.cli import kafka

if TYPE_CHECKING:
    from streams.kafka.protocol import Client

#: Seconds between two looks for a topic that is not there.
_LOOK = 1.0


@click.command("tail", short_help="Print the messages of a Kafka topic as lines.")
@click.argument("topic")
@kafka.cluster_options
@click.option("--from", "start", metavar="PLACE", default="earliest", show_default=True,
              help="earliest, latest, an offset, or a time such as 2026-01-31T12:00:00Z.")  # fmt: skip
@click.option("--follow", is_flag=True, help="Wait for more, and for the topic if it is not there yet; Ctrl-C ends it.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Print the first N only.")
def command(*, topic: str, start: str, follow: bool, limit: int | None, **cluster: Any) -> None:
    """Print the values of the messages of TOPIC, one a line, as they are; those without a value are left out."""
    from streams.kafka.spec import parse_start
    from streams.kafka.topic_reader import TopicReader

    try:
        begin = parse_start(start)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    settings = kafka.settings(cluster)
    left = limit
    with kafka.connected(settings) as client:
        if follow:
            _wait_for(client, topic)
        reader = TopicReader(client, topic, start=begin, endless=follow, patience=settings.patience)
        for records in reader.records():
            values = [record.value for record in records if record.value is not None][:left]
            sys.stdout.buffer.write(b"".join(value + b"\n" for value in values))
            sys.stdout.buffer.flush()
            if left is not None and not (left := left - len(values)):
                return


def _wait_for(client: Client, topic: str) -> None:
    """Return when there is such a topic; if there is none yet, say so."""
    from streams.kafka.errors import UnknownTopicError
    from streams.kafka.topics import check_is_there

    told = False
    while True:
        try:
            check_is_there(client, topic)
        except UnknownTopicError as error:
            if not told:
                click.echo(f"{error} (waiting for it; Ctrl-C ends that)", err=True)
                told = True
            time.sleep(_LOOK)
        else:
            return
