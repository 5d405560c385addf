"""What all streams share that are drawn, not read."""

from __future__ import annotations

import abc
from collections.abc import Iterator

from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.stream import ROWS, Stream


class Drawn(Stream, abc.ABC):
    """A stream of so many rows that are drawn in blocks; `_made` is where it is.

    Parameters
    ----------
    name
        Of the stream.
    rows
        How many rows.
    """

    def __init__(self, name: str, rows: int) -> None:
        super().__init__(name)
        self.length: int = rows
        self._made = 0

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch; `places` counts them from 0."""
        return in_batches_of(rows, self._blocks())

    def progress(self) -> float | None:
        """Return the share of the rows that has been drawn."""
        return self._made / self.length if self.length else 1.0

    @abc.abstractmethod
    def _blocks(self) -> Iterator[Batch]:
        """Yield all rows in blocks that do not depend on the size of batches."""
