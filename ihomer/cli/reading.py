"""A stream whose end, wherever it comes from, is a good end: faults and Ctrl-C leave what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.errors import StreamError
from streams.stream import ROWS, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.batch import Batch


class _StoppedError(StreamError):
    """Raised inside a read that waits; readers give out what they hold before they pass a StreamError on."""


class Reading(Stream):
    """The rows of `stream` until it ends, fails, or `stop` is called.

    Parameters
    ----------
    stream
        What to read.

    Attributes
    ----------
    error : Exception or None
        What ended the rows, if it was a fault.
    stopped : bool
        Whether `stop` was called.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.name, stream.bad_rows)
        self.stream = stream
        self.features, self.labels = stream.features, stream.labels
        self.declared_labels, self.length, self.rewinds = stream.declared_labels, stream.length, stream.rewinds
        self.error: Exception | None = None
        self.stopped = False
        self._waiting = False

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield the rows; end, and raise nothing, at a fault."""
        batches = self.stream.batches(rows)
        while not self.stopped:
            try:
                self._waiting = True
                try:
                    batch = next(batches, None)
                finally:
                    self._waiting = False
            except _StoppedError:
                return
            except Exception as error:  # noqa: BLE001
                # Whoever asked for the rows raises it, after what was read is safe.
                self.error = error
                return
            if batch is None:
                return
            yield batch

    def progress(self) -> float | None:
        """Return the share of the source that has been read."""
        return self.stream.progress()

    def stop(self) -> None:
        """End the rows; called from a signal handler it ends a read that waits, too."""
        self.stopped = True
        if self._waiting:
            raise _StoppedError(f"{self.name}: stopped")
