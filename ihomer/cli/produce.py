"""`ihomer produce`: a stream replayed into a Kafka topic."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from ihomer.cli import kafka, options
from ihomer.cli.failures import INTERRUPTED, first_interrupt
from ihomer.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.kafka.late_labels import LateLabels
    from streams.kafka.outbox import Outbox
    from streams.kafka.pace import Pace
    from streams.kafka.replay import Replay

#: Seconds without an answer after which people are told what is waited for.
_SILENT = 2.0


def _delay(_ctx: click.Context, _param: click.Parameter, value: str | None) -> dict[str, Any] | None:
    """Return a delay in rows, or in seconds if it is told as ``30s``."""
    if value is None:
        return None
    with suppress(ValueError):
        if value.endswith("s") and 0 <= (seconds := float(value[:-1])) < float("inf"):
            return {"seconds": seconds}
        if (rows := int(value)) >= 0:
            return {"rows": rows}
    raise click.BadParameter(f"found {value!r}, expected a number of rows, as 1000, or of seconds, as 30s")


@click.command("produce", short_help="Replay a stream into a Kafka topic.")
@options.stream_options
@click.option("--topic", metavar="TOPIC", required=True, help="Where the instances go.")
@kafka.cluster_options
@click.option("--rate", metavar="N", type=click.FloatRange(min=0), default=0.0,
              help="Instances a second, evenly; 0: as fast as can be.", show_default=True)  # fmt: skip
@click.option("--labels-topic", metavar="TOPIC", help="Send the labels there, by id, and none with the instances.")
@click.option("--delay", metavar="ROWS|SECONDSs", callback=_delay,
              help="With --labels-topic: after so many more instances (1000), or so much time (30s).")  # fmt: skip
@click.option("--key", type=click.Choice(("none", "id")), default="none", show_default=True,
              help="Key of the messages: with id, the messages of one id are in one partition.")  # fmt: skip
@click.option("--loop", metavar="N", type=click.IntRange(min=0), default=1, show_default=True,
              help="Send the stream N times; 0: until Ctrl-C.")  # fmt: skip
@click.option("--create", is_flag=True, help="Create topics that are not there.")
@click.option("--partitions", metavar="P", type=click.IntRange(min=1),
              help="With --create: how many partitions they have.  [default: 1]")  # fmt: skip
@options.quiet
def command(
    *,
    topic: str,
    rate: float,
    labels_topic: str | None,
    delay: dict[str, Any] | None,
    key: str,
    loop: int,
    create: bool,
    partitions: int | None,
    quiet: bool,
    stream: str,
    format_: str,
    label_columns: str | None,
    limit: int | None,
    shuffle: int | None,
    on_error: str,
    max_errors: int | None,
    **cluster: Any,
) -> None:
    """Send the instances of STREAM to a Kafka topic as JSON messages, one each.

    Instances that have no id get their number if labels or keys need one. Labels that follow on a topic of their own
    are messages {"id": ..., "y": ...}.

    Ctrl-C ends it when all that was sent has arrived. Exit code 3: the cluster cannot be reached.
    """
    if delay is not None and labels_topic is None:
        raise click.UsageError("--delay is for labels that go apart: give --labels-topic, too")
    if partitions is not None and not create:
        raise click.UsageError("--partitions is for topics that are made: give --create, too")
    if labels_topic == topic:
        raise click.UsageError("--labels-topic must be another topic than --topic")

    from streams.kafka.late_labels import LateLabels
    from streams.kafka.outbox import Outbox
    from streams.kafka.pace import Pace
    from streams.kafka.replay import Replay
    from streams.kafka.spec import check_topic
    from streams.kafka.topics import check_is_there, create_if_missing

    topics = [topic] if labels_topic is None else [topic, labels_topic]
    for name in topics:
        try:
            check_topic(name)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    settings = kafka.settings(cluster)
    rows = options.opened(stream, format_, label_columns, limit, shuffle, on_error, max_errors)
    late = None if labels_topic is None else LateLabels(labels_topic, **delay or {})
    pace = Pace(rate) if rate else None
    with kafka.connected(settings) as client:
        for name in topics:
            if create:
                create_if_missing(client, name, partitions or 1)
            else:
                check_is_there(client, name)
        with closing(client.sink()) as sink, Progress(rows.name, quiet=quiet) as progress:
            outbox = Outbox(sink, settings.patience)
            replay = Replay(
                rows,
                outbox,
                topic,
                labels=late,
                keyed=key == "id",
                passes=loop,
                pace=pace,
                on_row=lambda: progress(replay.instances, rows.progress() if loop == 1 else None),
            )
            began = time.monotonic()
            try:
                with first_interrupt(replay.stop), _told_of_silence(outbox, client.name, settings.patience):
                    replay.run()
            finally:
                progress.clear()
                click.echo(_said(replay, outbox, late, pace, time.monotonic() - began), err=True)
    options.tell_bad_rows(rows)
    if replay.stopped:
        raise click.exceptions.Exit(INTERRUPTED)


def _said(replay: Replay, outbox: Outbox, late: LateLabels | None, pace: Pace | None, seconds: float) -> str:
    """Return how much was sent, and how evenly."""
    rate = pace.achieved if pace is not None else replay.instances / max(seconds, 1e-9)
    text = f"{replay.instances:,} instances sent to {replay.topic}"
    if late is not None:
        text += f", labels of {replay.late:,} to {late.topic}"
        text += f" (those of {len(late):,} were not sent)" if len(late) else ""
    text += f", in {seconds:.1f} s"
    text += f", {rate:,.1f}/s" if rate == rate else ""  # noqa: PLR0124 (NaN: fewer than two)
    if pace is not None and replay.instances:
        text += f", 99% of them at most {1000 * pace.lateness():.1f} ms late"
    if unknown := outbox.sent - outbox.acknowledged:
        text += f"; {outbox.acknowledged:,} messages are acknowledged, of the last {unknown:,} it is not known"
    return text


@contextmanager
def _told_of_silence(outbox: Outbox, cluster: str, patience: float) -> Iterator[None]:
    """While inside: say it, once each time, when the cluster has not answered for a while."""
    ended = threading.Event()

    def watch() -> None:
        told: float | None = None
        while not ended.wait(_SILENT / 4):
            since = outbox.asking_since
            if since is not None and since != told and time.monotonic() - since > _SILENT:
                told = since
                click.echo(f"\n{cluster} does not answer; waiting up to {patience:g} s.", err=True)

    watcher = threading.Thread(target=watch, name="silence", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
