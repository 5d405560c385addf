"""What became of records that were sent: collected as answers come, told at the next flush."""

from __future__ import annotations

from streams.kafka.errors import DeliveryError, MessageTooLargeError, TransportError


class Deliveries:
    """Records that were not delivered, since the last flush.

    Parameters
    ----------
    cluster
        Bootstrap servers.

    Examples
    --------
    >>> found = Deliveries("localhost:9092")
    >>> found.settle()
    >>> found.failed(DeliveryError("cannot write to topic 'a': timed out"))
    >>> found.settle()
    Traceback (most recent call last):
    streams.kafka.errors.DeliveryError: localhost:9092: 1 record is not acknowledged; first: cannot write to topic 'a': timed
    out
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self._failed = 0
        self._first: TransportError | None = None
        self._all_too_large = True

    def failed(self, error: TransportError) -> None:
        """Note that a record was refused, or not acknowledged in time."""
        self._failed += 1
        if self._first is None:
            self._first = error
        self._all_too_large &= isinstance(error, MessageTooLargeError)

    def late(self, n: int, seconds: float) -> None:
        """Note that `n` records are not acknowledged after so many seconds; they may be written yet."""
        if n:
            self.failed(TransportError(f"no answer within {seconds:g} s"))
            self._failed += n - 1

    def settle(self) -> None:
        """Begin anew.

        Raises
        ------
        FencedError, AccessError, ...
            If that is why the first record was not taken, and nothing will be: it does not help to send it again.
        MessageTooLargeError
            If all that were not taken were too large.
        DeliveryError
            If records were not taken for other reasons.
        """
        failed, first, all_too_large = self._failed, self._first, self._all_too_large
        self.clear()
        if first is None:
            return
        text = f"{self._cluster}: {failed:,} record{'s are' if failed > 1 else ' is'} not acknowledged; first: {first}"
        if all_too_large:
            raise MessageTooLargeError(text) from first
        if first.retriable or isinstance(first, (DeliveryError, MessageTooLargeError)):
            raise DeliveryError(text) from first
        raise type(first)(text) from first

    def clear(self) -> None:
        """Forget."""
        self._failed = 0
        self._first = None
        self._all_too_large = True
