"""Up to where the messages of the topic are answered already: T.

The group's committed offsets say it, since a transaction commits them together with the answers. Kafka forgets offsets of
groups that were silent for long (a week, by default); then the answers themselves say it: each names the offset it answers, and
partition n of the topic is answered on one partition of the results.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from ihomer.daemon.desk import GROUP
from ihomer.daemon.places import name
from streams.kafka.protocol import Partition, Record, Source

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings
    from streams.kafka.protocol import Client

_LOG = logging.getLogger("ihomer.daemon")

#: Records in the first look back from the end of a topic; each further look goes twice as far.
LOOK_BACK = 1_000
#: Seconds without a record after which what is left of a look is taken to be markers of transactions.
SILENCE = 5.0


def published(client: Client, source: Source, settings: Settings, partitions: list[Partition]) -> dict[Partition, int]:
    """Return T of the partitions: committed, or else found at the ends of the topics that answer them.

    Parameters
    ----------
    client, source
        The source is one of the group, whose last transaction has settled.
    settings
        Which topics answer.
    partitions
        Whose T is asked for; one that nothing answers is left out.
    """
    found = source.committed(partitions)
    unknown = [p for p in partitions if p not in found]
    answers = {t: n for t, n in client.topics().items() if t in (settings.topics.predictions, settings.topics.dead_letters)}
    if unknown and answers:
        reader = client.source()
        try:
            for partition in unknown:
                places = [Partition(topic, partition.number % n) for topic, n in answers.items()]
                end = max(_last_answer(reader, place, partition, settings) for place in places)
                if end:
                    found[partition] = end
                    _LOG.warning(
                        "%s: the group has no committed offset; its answers end at %s", name(partition), f"{end:,}",
                        extra={"event": "offsets expired"},
                    )  # fmt: skip
        finally:
            reader.close()
    return found


def _last_answer(reader: Source, answers: Partition, partition: Partition, settings: Settings) -> int:
    """Return the offset after the last record of `partition` that the partition `answers` answers; 0 if it answers none."""
    first, end = reader.bounds([answers])[answers]
    stop, back = end, LOOK_BACK
    while stop > first:
        start = max(first, stop - back)
        last = max((_answered(r, partition, settings) for r in _between(reader, answers, start, stop)), default=0)
        if last:
            return last
        stop, back = start, 2 * back
    return 0


def _between(reader: Source, partition: Partition, start: int, stop: int) -> Iterator[Record]:
    """Yield the records from one offset up to another."""
    reader.assign({partition: start})
    while start < stop:
        records = reader.poll(LOOK_BACK, SILENCE)
        if not records:
            return
        yield from (record for record in records if record.offset < stop)
        start = records[-1].offset + 1


def _answered(record: Record, partition: Partition, settings: Settings) -> int:
    """Return the offset after the one that `record` answers, if it is an answer of this group for `partition`; else 0."""
    headers = dict(record.headers)
    if headers.get(GROUP) != settings.group_id.encode() or record.value is None:
        return 0
    if "ihomer-source-offset" in headers:
        topic, number = headers["ihomer-source-topic"].decode(), headers["ihomer-source-partition"]
        offset = int(headers["ihomer-source-offset"])
    else:
        source = orjson.loads(record.value)["source"]
        topic, number, offset = source["topic"], source["partition"], source["offset"]
    return offset + 1 if (topic, int(number)) == partition else 0
