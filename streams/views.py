"""A stream seen another way: its first rows only, or its rows in another order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from streams.batch import Batch
from streams.concatenate import concatenate
from streams.errors import StreamError
from streams.select import select_rows
from streams.stream import ROWS, Stream


def limited(stream: Stream, n: int) -> Stream:
    """Return the first `n` rows of `stream` as a stream.

    Raises
    ------
    ValueError
        If `n` is negative.

    Examples
    --------
    >>> from streams import open_stream
    >>> sum(len(batch) for batch in limited(open_stream("synthetic:groups"), 1500).batches())
    1500
    """
    if n < 0:
        raise ValueError(f"n must be at least 0, found {n}")
    return _Limited(stream, n)


def shuffled(stream: Stream, seed: int) -> Stream:
    """Return all rows of `stream` in the order ``numpy.random.default_rng(seed).permutation(n)``.

    All rows are read into memory at the first use.

    Raises
    ------
    StreamError
        If `stream` can be read only once: it may have no end.

    Examples
    --------
    >>> from streams import open_stream
    >>> rows = open_stream("synthetic:groups?rows=6")
    >>> [batch.places.tolist() for batch in shuffled(rows, 1).batches()]
    [[4, 0, 2, 1, 5, 3]]
    """
    if not stream.rewinds:
        raise StreamError(f"{stream.name}: can be read only once, so it cannot be shuffled: save it to a file first")
    return _Shuffled(stream, seed)


class _View(Stream):
    """What a view takes over from the stream behind it."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.name, stream.bad_rows)
        self.stream = stream
        self.features, self.labels = stream.features, stream.labels
        self.declared_labels = stream.declared_labels
        self.length = stream.length
        self.rewinds = stream.rewinds


class _Limited(_View):
    def __init__(self, stream: Stream, n: int) -> None:
        super().__init__(stream)
        self.n = n
        self._seen = 0
        if self.length is not None:
            self.length = min(self.length, n)

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        self._seen = 0
        if not self.n:
            return
        # No more rows a batch than are wanted: a row beyond the limit may be bad, or never come.
        for batch in self.stream.batches(min(rows, self.n)):
            batch = batch.slice(0, min(len(batch), self.n - self._seen))  # noqa: PLW2901
            self._seen += len(batch)
            yield batch
            if self._seen == self.n:
                return

    def progress(self) -> float | None:
        share = self.stream.progress()
        wanted = self._seen / self.n if self.n else 1.0
        return wanted if share is None else max(share, wanted)


class _Shuffled(_View):
    def __init__(self, stream: Stream, seed: int) -> None:
        super().__init__(stream)
        self.seed = seed
        self._all: Batch | None = None
        self._seen = 0

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        if self._all is None:
            parts = list(self.stream.batches())
            if not parts:
                return
            self._all = concatenate(parts)
            self.length = len(self._all)
        order = np.random.default_rng(self.seed).permutation(len(self._all))
        for start in range(0, len(order), rows):
            self._seen = min(start + rows, len(order))
            yield select_rows(self._all, order[start : start + rows])

    def progress(self) -> float | None:
        return self._seen / self.length if self._all is not None and self.length else 0.0
