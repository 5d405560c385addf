"""What every stream is: a source of batches that can also be read as a river user reads one."""

from __future__ import annotations

import abc
from collections.abc import Iterator

from streams.batch import PARTIAL, UNLABELLED, Batch
from streams.errors import BadRows, StreamError
from streams.names import Name
from streams.vocabulary import Vocabulary

#: Rows a batch when nothing else is said: large enough that the work per batch does not show.
ROWS = 1024

#: Declared labels up to which y may be a full dict: with more a single row takes 100 MB and tens of milliseconds.
FULL_DICT = 1 << 20


class Stream(abc.ABC):
    """A stream of multi-label instances.

    Reading starts at the first row each time (`batches`, `sets`, iteration); a stream that can be read only once
    (a pipe) has `rewinds` False and raises StreamError the second time.

    Attributes
    ----------
    name : str
        What it is called in messages and reports.
    features, labels : Vocabulary
        Names of the columns; those that the stream declares first, in its order, then as they are met.
    declared_labels : int or None
        How many labels the stream declares ahead (the first ids of `labels`); None if it declares none.
    length : int or None
        Number of rows, if known ahead.
    bad_rows : BadRows
        The policy for bad rows, and what was left out so far.
    rewinds : bool
        Whether it can be read more than once.
    """

    rewinds: bool = True

    def __init__(self, name: str, bad_rows: BadRows | None = None) -> None:
        self.name = name
        self.features = Vocabulary()
        self.labels = Vocabulary()
        self.declared_labels: int | None = None
        self.length: int | None = None
        self.bad_rows = BadRows() if bad_rows is None else bad_rows

    @abc.abstractmethod
    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch (the last may hold fewer, and so may any after a bad row)."""

    def progress(self) -> float | None:
        """Return the share of the source that has been read, 0 to 1; None if that cannot be known."""
        return None

    def sets(self) -> Iterator[tuple[dict[Name, float | Name | None], set[Name] | dict[Name, bool] | None]]:
        """Yield `(x, y)` with y the set of the labels that hold (a dict for partial rows, None for unlabelled ones)."""
        for batch in self.batches():
            yield from batch.pairs()

    def __iter__(self) -> Iterator[tuple[dict[Name, float | Name | None], dict[Name, bool]]]:
        """Yield `(x, y)` as river has them: y is a full dict over the labels declared or met so far.

        Partial rows yield what is known of them; unlabelled rows an empty dict.

        Raises
        ------
        StreamError
            If the stream declares more labels than `FULL_DICT`.
        """
        if (declared := self.declared_labels or 0) > FULL_DICT:
            raise StreamError(
                f"{self.name}: declares {declared:,} labels, too many for a dict of all of them with each row "
                f"(at most {FULL_DICT:,}): read sets() or batches()"
            )
        known: dict[Name, bool] = dict.fromkeys(self.labels.first(declared), False)
        for batch in self.batches():
            for i in range(len(batch)):
                if batch.status[i] == UNLABELLED:
                    yield batch.x(i), {}
                elif batch.status[i] == PARTIAL:
                    y = batch.y(i)
                    assert isinstance(y, dict)
                    yield batch.x(i), y
                else:
                    held = batch.label_set(i)
                    known.update(dict.fromkeys(held - known.keys(), False))
                    yield batch.x(i), known | dict.fromkeys(held, True)
