"""What a session opens: the source with its topics, the topics for results, the publisher."""

from __future__ import annotations

import difflib
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ihomer.daemon.published import published
from ihomer.daemon.publishing import AtLeastOnce, ExactlyOnce, Publisher
from streams.kafka.errors import TopicExistsError, TransportError, UnknownTopicError
from streams.kafka.protocol import Partition

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings
    from streams.kafka.protocol import Client, Source

_LOG = logging.getLogger("ihomer.daemon")


def prepare(client: Client, settings: Settings) -> dict[str, int]:
    """Find the topics that are read, make those that are written, and return all there are with their numbers of partitions.

    Raises
    ------
    UnknownTopicError
        If a topic that is to be read does not exist.
    """
    there = client.topics()
    for topic in filter(None, (settings.topic, settings.labels_topic)):
        if topic not in there:
            near = difflib.get_close_matches(topic, sorted(there), n=3)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise UnknownTopicError(f"{client.name}: there is no topic {topic!r}{hint}")
    missing = {topic: n for topic, n in _results(settings, there[settings.topic]) if topic not in there}
    for topic, partitions in missing.items():
        try:
            client.create_topic(topic, partitions)
        except TopicExistsError:
            continue  # somebody was faster
        _LOG.info("created topic %s", topic, extra={"event": "topic"})
    deadline = time.monotonic() + settings.cluster.patience
    while not missing.keys() <= there.keys():
        # Brokers hear of a new topic a moment after it was made.
        if time.monotonic() > deadline:
            raise TransportError(f"{client.name}: topics {sorted(missing)} were made, and the brokers do not list them")
        there = client.topics()
    return there


@contextmanager
def open_source(client: Client, settings: Settings) -> Iterator[Source]:
    """Open a source for the daemon's group."""
    source = client.source(group=settings.group_id)
    try:
        yield source
    finally:
        source.close()


def _results(settings: Settings, partitions: int) -> Iterator[tuple[str, int]]:
    """Yield the topics for results, and their numbers of partitions."""
    topics = settings.topics
    for topic, n in ((topics.predictions, partitions), (topics.metrics, 1), (topics.events, 1), (topics.dead_letters, 1)):
        if topic:
            yield topic, n


def wanted(source: Source, settings: Settings) -> list[Partition]:
    """Return the partitions that are to be read; UnknownTopicError if one that was asked for by number does not exist."""
    found = [Partition(settings.topic, n) for n in source.partitions(settings.topic)]
    if settings.partitions is not None:
        missing = set(settings.partitions).difference(p.number for p in found)
        if missing:
            raise UnknownTopicError(
                f"{settings.topic}: partitions {sorted(missing)} were asked for, and there are {[p.number for p in found]}"
            )
        found = [p for p in found if p.number in settings.partitions]
    if settings.labels_topic and settings.learn:
        found += [Partition(settings.labels_topic, n) for n in source.partitions(settings.labels_topic)]
    return found


def publisher_of(
    client: Client, source: Source, settings: Settings, there: Mapping[str, int], now: float
) -> Publisher:
    """Return the publisher that the settings ask for; `there` are the topics with their numbers of partitions."""
    partitions = {topic: there[topic] for topic in (settings.topics.predictions, settings.topics.dead_letters) if topic}
    seconds, patience = settings.commit_seconds, settings.cluster.patience
    if settings.transactions:
        sink = client.sink(transactional_id=settings.group_id)
        return ExactlyOnce(sink, partial(published, client, source, settings), settings.group_id, partitions, seconds, now)
    return AtLeastOnce(client.sink(), source, partitions, seconds, patience, now)
