"""Topics that have to be there."""

from __future__ import annotations

import difflib

from streams.errors import StreamError
from streams.kafka.errors import TopicExistsError, UnknownTopicError
from streams.kafka.protocol import Client


def check_is_there(client: Client, topic: str) -> int:
    """Return how many partitions `topic` has; UnknownTopicError, naming what may have been meant, if there is none.

    Examples
    --------
    >>> from streams.kafka.memory import MemoryLog
    >>> client = MemoryLog()
    >>> client.create_topic("orders", 3)
    >>> check_is_there(client, "orders")
    3
    """
    there = client.topics()
    if topic in there:
        return there[topic]
    near = difflib.get_close_matches(topic, sorted(there), n=3)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise UnknownTopicError(f"{client.name}: there is no topic {topic!r}{hint}")


def create_if_missing(client: Client, topic: str, partitions: int = 1) -> int:
    """Return how many partitions `topic` has, having created it if it was not there; StreamError if not `partitions`."""
    there = client.topics().get(topic)
    if there is None:
        try:
            client.create_topic(topic, partitions)
        except TopicExistsError:  # somebody else was faster
            there = check_is_there(client, topic)
    if there not in (None, partitions):
        raise StreamError(f"{client.name}: topic {topic!r} is there and has {there} partitions, {partitions} were asked for")
    return partitions
