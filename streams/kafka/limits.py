"""How large a record may be: said before it is sent, so that it spoils nothing for others."""

from __future__ import annotations

from collections.abc import Callable

from streams.kafka.errors import MessageTooLargeError
from streams.kafka.protocol import Headers

#: What a record takes in a batch of its own besides key, value and headers, at most: 61 bytes for the batch, the rest for
#: lengths, time and offset.
OVERHEAD = 100

#: The same for a header.
HEADER_OVERHEAD = 10


class Limits:
    """The largest record that each topic takes.

    Where a record is refused only by the broker, one client gives up on all records that wait with it, and the other on all of
    its batch.

    Parameters
    ----------
    cluster
        Bootstrap servers.
    limit
        Asks the cluster how many bytes a record of a topic may have; called once for a topic.

    Examples
    --------
    >>> limits = Limits("localhost:9092", lambda topic: 1_000)
    >>> limits.size("rows", b"{}", None, [("reason", b"syntax")])
    124
    >>> limits.size("rows", bytes(1_000), None, ())
    Traceback (most recent call last):
    streams.kafka.errors.MessageTooLargeError: localhost:9092: a record for topic 'rows' takes 1,100 bytes, its limit is 1,000
    """

    def __init__(self, cluster: str, limit: Callable[[str], int]) -> None:
        self._cluster, self._ask = cluster, limit
        #: topic -> bytes
        self.known: dict[str, int] = {}

    def size(self, topic: str, value: bytes | None, key: bytes | None, headers: Headers) -> int:
        """Return the bytes that a record takes at most, alone in a batch.

        Raises
        ------
        MessageTooLargeError
            If that is more than the topic takes.
        """
        limit = self.known.get(topic)
        if limit is None:
            limit = self.known[topic] = self._ask(topic)
        size = OVERHEAD + len(value or b"") + len(key or b"")
        for name, content in headers:
            size += HEADER_OVERHEAD + len(name.encode()) + len(content)
        if size > limit:
            raise MessageTooLargeError(
                f"{self._cluster}: a record for topic {topic!r} takes {size:,} bytes, its limit is {limit:,}"
            )
        return size
