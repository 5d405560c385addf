"""The ladder: numbers of rows, the same for every learner, at which scores are noted and a run may be cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.stream import ROWS, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.batch import Batch

#: Rungs between a number of rows and its double: a run goes on for at most 19% more rows than it had time for.
PER_DOUBLING: Final = 4


def rungs(rows: int) -> list[int]:
    """Return the rungs up to a number of rows, which is always the last.

    Examples
    --------
    >>> rungs(30)
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27, 30]
    """
    found = {rows} if rows else set()
    step = 0
    while (rung := round(2 ** (step / PER_DOUBLING))) < rows:
        found.add(rung)
        step += 1
    return sorted(found)


class Laddered(Stream):
    """The rows of a stream in batches that end at every rung.

    Parameters
    ----------
    stream
        What to read.
    rows
        How many rows it has.

    Examples
    --------
    >>> from streams import open_stream
    >>> [len(batch) for batch in Laddered(open_stream("synthetic:groups?rows=9"), 9).batches()]
    [1, 1, 1, 1, 1, 1, 1, 1, 1]
    """

    def __init__(self, stream: Stream, rows: int) -> None:
        super().__init__(stream.name, stream.bad_rows)
        self.stream, self.rungs = stream, rungs(rows)
        self.features, self.labels = stream.features, stream.labels
        self.declared_labels, self.length, self.rewinds = stream.declared_labels, rows, stream.rewinds

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield the rows; none beyond the number of rows that the ladder is for."""
        seen, ahead = 0, iter(self.rungs)
        rung = next(ahead, 0)
        for batch in self.stream.batches(rows):
            start = 0
            while start < len(batch) and rung:
                stop = min(len(batch), start + rung - seen)
                yield batch.slice(start, stop)
                seen += stop - start
                start = stop
                if seen == rung:
                    rung = next(ahead, 0)
            if not rung:
                return
