"""Filling topics, and reading what the daemon has answered."""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import orjson

from streams.kafka.errors import TransportError
from streams.kafka.protocol import Client, Partition

if TYPE_CHECKING:
    from streams.kafka.protocol import Record

#: Stands at the end of a partition that is read whole: a reader of committed records sees it once all transactions before it
#: have settled, and not before.
END = b"the end "
#: Seconds that reading a topic may take.
PATIENCE = 60.0


class Answer(NamedTuple):
    """A prediction or a dead letter: what it answers, and what it says."""

    partition: int
    offset: int
    kind: str
    value: bytes

#: (partition, offset) of a record -> what answers it.
Answers: TypeAlias = dict[tuple[int, int], list[Answer]]


def fill(client: Client, topic: str, values: Iterable[bytes], partitions: int = 1, first: int = 0) -> None:
    """Send values to the partitions in turn, beginning with number `first`, and wait until they are there."""
    sink = client.sink()
    try:
        for i, value in enumerate(values, first):
            sink.send(topic, value, partition=i % partitions)
        sink.flush(PATIENCE)
    finally:
        sink.close()


def ends(client: Client, *topics: str) -> dict[Partition, int]:
    """Return of every partition of `topics` the offset after its last record."""
    source = client.source()
    try:
        partitions = [Partition(topic, n) for topic in topics for n in source.partitions(topic)]
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return {partition: end for partition, (_, end) in source.bounds(partitions).items()}
            except TransportError as error:
                # A broker that has just come back does not know yet where it leads.
                if not error.retriable or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    finally:
        source.close()


def wait_committed(client: Client, group: str, ends: Mapping[Partition, int], seconds: float = PATIENCE) -> float:
    """Wait until a group has committed `ends`; return how many seconds that took."""
    start = time.monotonic()
    source = client.source(group=group)
    try:
        while True:
            try:
                found = source.committed(list(ends))
            except TransportError:  # a broker that has just come back
                found = {}
            taken = time.monotonic() - start
            if all(found.get(partition, 0) >= end for partition, end in ends.items()):
                return taken
            if taken > seconds:
                raise TimeoutError(f"{group} has committed {found}, expected {dict(ends)} within {seconds:g} s")
            time.sleep(0.02)
    finally:
        source.close()


def read_all(client: Client, topic: str, *, committed_only: bool = True) -> list[Record]:
    """Return all records of a topic up to now, in the order of each partition."""
    source = client.source(committed_only=committed_only)
    try:
        partitions = [Partition(topic, n) for n in source.partitions(topic)]
        end = END + secrets.token_bytes(8)
        _mark_ends(client, partitions, end)
        first = {partition: first for partition, (first, _) in source.bounds(partitions).items()}
        source.assign(first)
        found: list[Record] = []
        left, deadline = set(first), time.monotonic() + PATIENCE
        while left:
            for record in source.poll(10_000, 0.5):
                if record.value == end:
                    left.discard(Partition(record.topic, record.partition))
                elif not (record.value or b"").startswith(END):  # of an earlier look
                    found.append(record)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic}: the ends of partitions {sorted(left)} are not seen: is a transaction still open?")
        return found
    finally:
        source.close()


def _mark_ends(client: Client, partitions: list[Partition], end: bytes) -> None:
    sink = client.sink()
    try:
        for partition in partitions:
            sink.send(partition.topic, end, partition=partition.number)
        sink.flush(PATIENCE)
    finally:
        sink.close()


def answers(client: Client, topic: str, name: str = "", *, committed_only: bool = True) -> Answers:
    """Return (partition, offset) of `topic` -> its predictions and dead letters; topics of results begin with `name`."""
    found: Answers = defaultdict(list)
    for kind in ("predictions", "dead-letters"):
        for record in read_all(client, f"{name or topic}.{kind}", committed_only=committed_only):
            answer = _answer(record, topic)
            if answer is not None:
                found[answer.partition, answer.offset].append(answer)
    return found


def _answer(record: Record, topic: str) -> Answer | None:
    headers = dict(record.headers)
    value = record.value or b""
    if "ihomer-source-offset" in headers:
        about = headers["ihomer-source-topic"].decode()
        place = int(headers["ihomer-source-partition"]), int(headers["ihomer-source-offset"])
        answer = Answer(*place, "dead letter", headers["ihomer-reason"] + b": " + value)
    else:
        source = orjson.loads(value)["source"]
        about, answer = source["topic"], Answer(source["partition"], source["offset"], "prediction", value)
    return answer if about == topic else None
