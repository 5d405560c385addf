"""What goes wrong with a Kafka cluster, by what can be done about it."""

from __future__ import annotations

from streams.errors import StreamError
from streams.kafka.protocol import Partition


class TransportError(StreamError):
    """The cluster cannot be reached, or refuses; trying again may help (`retriable`).

    Parameters
    ----------
    what
        What was asked of which cluster, and what it answered.
    retriable
        Whether the same may succeed later without anybody doing anything.
    """

    def __init__(self, what: str, *, retriable: bool = True) -> None:
        self.retriable = retriable
        super().__init__(what)


class AccessError(TransportError):
    """Not allowed: credentials, certificates or rights are wrong."""

    def __init__(self, what: str) -> None:
        super().__init__(what, retriable=False)


class UnknownTopicError(TransportError):
    """There is no such topic."""

    def __init__(self, what: str) -> None:
        super().__init__(what, retriable=False)


class TopicExistsError(TransportError):
    """The topic is there already."""

    def __init__(self, what: str) -> None:
        super().__init__(what, retriable=False)


class FencedError(TransportError):
    """A newer producer with the same transactional id has taken over."""

    def __init__(self, what: str) -> None:
        super().__init__(what, retriable=False)


class MessageTooLargeError(TransportError):
    """A record is larger than the broker, or the client, takes."""

    def __init__(self, what: str) -> None:
        super().__init__(what, retriable=False)


class DeliveryError(TransportError):
    """Records were not acknowledged."""


class OffsetOutOfRangeError(TransportError):
    """A place that is to be read is not kept (any more, or not yet).

    Parameters
    ----------
    partition
        Where.
    offset
        What was asked for.
    first, end
        The first offset that is kept, and the one after the last.
    """

    def __init__(self, partition: Partition, offset: int, first: int, end: int) -> None:
        self.partition, self.offset, self.first, self.end = partition, offset, first, end
        kept = f"{first:,} to {end - 1:,}" if end > first else f"none (next: {end:,})"
        where = f"{partition.topic}[{partition.number}]"
        super().__init__(f"{where}: offset {offset:,} is to be read, the broker keeps {kept}", retriable=False)
