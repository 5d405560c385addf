"""Rows whose features are in one place and whose labels are in a text matrix of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError, StreamError
from streams.matrix import MatrixStream
from streams.select import select_rows
from streams.sources import CHUNK
from streams.stream import ROWS, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from streams.batch import Batch


class PairedStream(Stream):
    """Row i of a stream of features with row i of a matrix of labels, as `streams.matrix.MatrixStream` reads it.

    A label holds where its value is above 0; below 0 and ``nan`` are faults. The names of labels are the ids. A row that is
    bad in one of them is left out of both; bad in both, it counts twice.

    Parameters
    ----------
    features
        The features, whose labels are not looked at; its bad rows are those of this stream.
    labels
        The file of labels, plain, .gz, .bz2 or .xz.
    lines_before
        How many lines more come before a row in the file of labels than its place says.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If the file of labels cannot be read, does not begin with its two sizes, or has another number of rows.
    """

    def __init__(
        self,
        features: Stream,
        labels: str | Path,
        lines_before: int,
        bad_rows: BadRows | None = None,
        block_bytes: int = CHUNK,
    ) -> None:
        super().__init__(features.name, bad_rows)
        features.bad_rows = BadRows(skip=True, keep=0, notify=self._bad)
        self._x, self._lines_before = features, lines_before
        self._y = MatrixStream(labels, BadRows(skip=True, keep=0, notify=self._bad), "label", block_bytes)
        if self._x.length != self._y.length:
            raise StreamError(f"{self._y.name}:1: the header says {self._y.length:,} rows, {self.name} has {self._x.length:,}")
        self.length, self.rewinds = self._x.length, self._x.rewinds and self._y.rewinds
        self.features, self.labels = self._x.features, self._y.features
        self.declared_labels = len(self.labels)

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch (the last may hold fewer).

        Raises
        ------
        StreamError
            What is wrong with a row or a file, after all rows that stand before it in both were yielded.
        """
        return in_batches_of(rows, self._blocks())

    def progress(self) -> float | None:
        """Return the share of the features that has been read."""
        return self._x.progress()

    def _bad(self, error: RowError) -> None:
        self.bad_rows(error)

    def _blocks(self) -> Iterator[Batch]:
        all_x, all_y = self._x.batches(), self._label_batches()
        x, y = next(all_x, None), next(all_y, None)
        while x is not None and y is not None:
            assert x.places is not None
            assert y.places is not None
            lines = x.places + self._lines_before
            # A row that is bad on one side is missing there.
            both, in_x, in_y = np.intersect1d(lines, y.places, assume_unique=True, return_indices=True)
            if len(both):
                yield self._joined(select_rows(x, in_x), select_rows(y, in_y))
            until = min(lines[-1], y.places[-1])
            x = x.slice(int(np.searchsorted(lines, until, "right")), len(x)) if lines[-1] > until else next(all_x, None)
            y = y.slice(int(np.searchsorted(y.places, until, "right")), len(y)) if y.places[-1] > until else next(all_y, None)
        for rest in (all_x, all_y):  # whose last rows have none to go with; that their number is right is seen at the end
            for _ in rest:
                pass

    def _joined(self, x: Batch, y: Batch) -> Batch:
        return replace(x, labels=self.labels, label_indptr=y.indptr, label_indices=y.indices, status=y.status)

    def _label_batches(self) -> Iterator[Batch]:
        """Yield the rows of labels whose values are above 0, none of them empty batches."""
        for batch in self._y.batches():
            assert batch.places is not None
            start = 0
            wrong = np.flatnonzero(~(batch.values > 0))  # zeros are not kept
            rows = np.searchsorted(batch.indptr, wrong, "right") - 1
            for row, at in zip(*np.unique(rows, return_index=True), strict=True):
                if row > start:
                    yield batch.slice(start, int(row))
                cell = wrong[at]
                found = f"label {batch.indices[cell]} must have a value above 0 where it holds, found {batch.values[cell]:g}"
                self.bad_rows(RowError(self._y.name, int(batch.places[row]), 0, found))
                start = int(row) + 1
            if start < len(batch):
                yield batch.slice(start, len(batch))
