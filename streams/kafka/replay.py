"""A stream replayed into a topic: its rows as messages, at an even pace, labels with them or later on another topic."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from streams.errors import RowError, StreamError
from streams.kafka.errors import MessageTooLargeError
from streams.kafka.late_labels import LateLabels
from streams.kafka.outbox import Outbox
from streams.kafka.pace import Pace
from streams.kafka.row_messages import RowMessage, RowMessages
from streams.stream import Stream

#: Seconds of sleep at most, so that `stop` is heard and labels that are due go.
_NAP = 0.05

#: Rows made into messages at once; at a pace, as many as are due in so many seconds: the next one must not wait for many more.
_ROWS, _AHEAD = 256, 0.01


class Replay:
    """Sends the rows of a stream, one after the other.

    Parameters
    ----------
    stream
        What is sent.
    outbox
        Through which.
    topic
        Where instances go.
    labels
        Where labels go, and when; None: they stand in the messages of their instances.
    keyed
        Whether the id of a row is the key of its records, so that those of one id are in one partition.
    passes
        How many times the stream is sent; 0: until `stop` is called.
    pace
        When instances are sent; None: as fast as can be.
    on_row
        Called after every instance.

    Attributes
    ----------
    instances, late : int
        Messages that were sent: instances; labels on their own topic.

    Raises
    ------
    StreamError
        If the stream is to be sent more than once and cannot be read again.

    Examples
    --------
    >>> from streams import open_stream
    >>> from streams.kafka.memory import MemoryLog
    >>> client = MemoryLog()
    >>> client.create_topic("rows")
    >>> replay = Replay(open_stream("synthetic:groups?rows=50"), Outbox(client.sink()), "rows")
    >>> replay.run()
    >>> replay.instances
    50
    """

    def __init__(
        self,
        stream: Stream,
        outbox: Outbox,
        topic: str,
        *,
        labels: LateLabels | None = None,
        keyed: bool = False,
        passes: int = 1,
        pace: Pace | None = None,
        on_row: Callable[[], None] | None = None,
    ) -> None:
        if passes != 1 and not stream.rewinds:
            raise StreamError(f"{stream.name}: can be read only once, so it cannot be sent again")
        self.stream, self.outbox, self.topic, self.labels = stream, outbox, topic, labels
        self.keyed, self.passes, self.pace, self.on_row = keyed, passes, pace, on_row
        self.instances = self.late = 0
        self.stopped = False

    def stop(self) -> None:
        """Send no more; what was sent will be acknowledged. May be called from a signal handler or another thread."""
        self.stopped = True

    def run(self) -> None:
        """Send all, and wait until it is acknowledged.

        Raises
        ------
        StreamError
            What the stream raises (a row too large for the cluster is a bad row of it), after what was sent before is
            acknowledged; TransportError if the cluster does not take what is sent.
        """
        try:
            self._send_all()
        except Exception:
            if not self.outbox.failed:
                self.outbox.flush()
            raise
        self.outbox.flush()

    def _send_all(self) -> None:
        apart = self.labels is not None
        rows = _ROWS if self.pace is None else max(1, min(_ROWS, int(self.pace.per_second * _AHEAD)))
        messages = RowMessages(self.stream, identified=self.keyed or apart, apart=apart, rows=rows)
        passed, before = 0, -1
        while not self.stopped and (not self.passes or passed < self.passes) and self.instances > before:
            before = self.instances  # a pass that sends nothing is the last: the next would be no better
            for message in messages.one_pass():
                self._wait()
                if self.stopped:
                    return
                self._send(message)
            passed += 1
        while self.labels and not self.stopped:
            self._send_labels(math.inf)
            time.sleep(_NAP if self.labels else 0.0)

    def _wait(self) -> None:
        """Wait until the next instance is due; labels that are due before go before."""
        while not self.stopped and self.pace is not None and (seconds := self.pace.seconds_left()) > 0:
            time.sleep(min(seconds, _NAP))
            self._send_labels(self.instances)

    def _send(self, message: RowMessage) -> None:
        key = message.key if self.keyed else None
        try:
            self.outbox.send(self.topic, message.value, key)
        except MessageTooLargeError as error:
            if self.outbox.failed:
                raise
            self.stream.bad_rows(RowError(self.stream.name, message.place, 0, str(error)))
            return
        self.instances += 1
        if self.pace is not None:
            self.pace.sent()
        if self.labels is not None and message.labels is not None:
            self.labels.add(message.labels, key, self.instances)
        self._send_labels(self.instances)
        if self.on_row is not None:
            self.on_row()

    def _send_labels(self, instances: float) -> None:
        if self.labels is not None:
            for value, key in self.labels.due(instances):
                self.outbox.send(self.labels.topic, value, key)
                self.late += 1
