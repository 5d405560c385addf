"""What was sent, and how much of it the cluster has for sure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from streams.kafka.errors import MessageTooLargeError
from streams.kafka.protocol import Sink

#: Seconds between two questions whether all is acknowledged: so much at most is uncertain when the cluster is lost.
_OFTEN = 2.0


class Outbox:
    """Sends through a sink and keeps true counts.

    Parameters
    ----------
    sink
        Where to; it is the caller's to close.
    patience
        Seconds within which what was sent must be acknowledged.

    Attributes
    ----------
    sent, acknowledged : int
        Records so far. What was sent after the last that is acknowledged may be written or not.
    asking_since : float or None
        Monotonic time since which the cluster has been waited for; None if it is not. For other threads to see.
    failed : bool
        Whether the sink has failed; it is of no use to flush then.

    Examples
    --------
    >>> from streams.kafka.memory import MemoryLog
    >>> client = MemoryLog()
    >>> client.create_topic("rows")
    >>> outbox = Outbox(client.sink())
    >>> outbox.send("rows", b"1")
    >>> outbox.flush()
    >>> outbox.sent, outbox.acknowledged
    (1, 1)
    """

    def __init__(self, sink: Sink, patience: float = 30.0) -> None:
        self._sink, self._patience = sink, patience
        self.sent = self.acknowledged = 0
        self.asking_since: float | None = None
        self.failed = False
        self._flushed = time.monotonic()

    def send(self, topic: str, value: bytes, key: bytes | None = None) -> None:
        """Send a record.

        Raises
        ------
        MessageTooLargeError
            If it cannot be sent; others can.
        TransportError
            If records are not acknowledged within the patience, or refused.
        """
        with self._asking():
            self._sink.send(topic, value, key=key)
        self.sent += 1
        if time.monotonic() - self._flushed > _OFTEN:
            self.flush()

    def flush(self) -> None:
        """Wait until all is acknowledged; TransportError if that takes longer than the patience, or a record was refused."""
        with self._asking():
            try:
                self._sink.flush(self._patience)
            except MessageTooLargeError:  # not a client that refuses a record, but a broker that lost some
                self.failed = True
                raise
        self.acknowledged = self.sent
        self._flushed = time.monotonic()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self.asking_since = time.monotonic()
        try:
            yield
        except MessageTooLargeError:
            raise
        except Exception:
            self.failed = True
            raise
        finally:
            self.asking_since = None
