"""What the daemon has to send: letters, each because of one message that was read."""

from __future__ import annotations

from typing import NamedTuple

from streams.kafka.protocol import Headers


class Letter(NamedTuple):
    """One message to send.

    Parameters
    ----------
    because
        Index of the record, among those that were taken together, that it answers.
    topic, value, key, headers
        What is sent, and where to.
    follows
        Whether it goes to the partition that answers the record's own (predictions), not to any.
    """

    because: int
    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    follows: bool = False
