"""Rows that come from another stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.concatenate import concatenate
from streams.drift.changed import Amounts, Changed, blocks_of, truth_of
from streams.drift.entries import rows_of
from streams.drift.translation import Translation, with_feature_ids, with_label_ids
from streams.drift.when import When
from streams.errors import StreamError
from streams.names import Name
from streams.select import select_rows
from streams.stream import Stream


class Replaced(Changed):
    """From the change on the rows are those of another stream: row i of one in the place of row i of the other.

    Features and labels of the same name are the same. If the dense blocks of both streams do not hold the same features
    all are stored sparsely, from the first row on. With two generators that differ in one
    parameter it is known exactly what changes.

    Parameters
    ----------
    stream
        What is changed.
    when
        Where: `sudden`, `gradual` or `recurring`; a row number is a sudden change.
    other
        Where the changed rows come from: a stream that goes on as long as this one does.
    kind
        What changes, for the truth.
    labels, features
        Whom it concerns, for the truth; of generators as a rule all. Not given: all that `stream` declares or holds
        names of now.
    seed
        Decides which rows of a gradual change are changed.

    Raises
    ------
    ValueError
        If the change is incremental, or `other` has changes itself.
    StreamError
        While reading: if `other` has too few rows.

    Examples
    --------
    The same labels with the same frequencies, told by the same features, but others of them occur together:

    >>> from streams import open_stream
    >>> spec = "synthetic:meta_rbf?rows=2000&labels=8&features=30&dependency_seed="
    >>> stream = Replaced(open_stream(spec + "0"), 1000, open_stream(spec + "1"), kind="label correlation", features=[])
    >>> [(change.first, change.kind, len(change.labels)) for change in stream.truth]
    [(1000, 'label correlation', 8)]
    >>> sum(len(batch) for batch in stream.batches())
    2000
    """

    kind = "concept"

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        other: Stream,
        *,
        kind: str = "concept",
        labels: Sequence[Name] | None = None,
        features: Sequence[Name] | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, seed)
        if self.when.pace == "incremental":
            raise ValueError("rows are of one stream or the other: the change cannot be incremental")
        if truth_of(other):
            raise ValueError("the other stream has changes itself, whose places would not be known: change the result")
        self.other, self.kind = other, kind
        self._truth_of = (
            tuple(stream.labels.names if labels is None else labels),
            tuple(stream.features.names if features is None else features),
        )
        self.features, self.labels = stream.features.copy(), stream.labels.copy()
        self.rewinds = stream.rewinds and other.rewinds
        self._features = Translation(stream.features, self.features), Translation(other.features, self.features)
        self._labels = Translation(stream.labels, self.labels), Translation(other.labels, self.labels)
        self._rows = _Rows(other)
        self._dense: bool | None = None  # whether both have the same dense block; known at the first row

    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels and of the features concerned."""
        return self._truth_of

    def prepare(self) -> None:
        """Begin with the first row of the other stream."""
        self._rows = _Rows(self.other)

    def untouched(self, batch: Batch) -> Batch:
        """Return the rows of the stream itself."""
        return self.edit(batch, 0, np.zeros(len(batch)))

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:
        """Return the rows with those of the other stream in their places."""
        mine, new = self._translated(batch, 0), self._rows.take(len(batch))
        changed = np.flatnonzero(amounts)
        have = 0 if new is None else len(new)
        if changed.size and changed[-1] >= have:
            row = first + int(changed[changed >= have][0])
            raise StreamError(f"{self.name}: row {row} is to come from {self.other.name}, which has ended")
        if self._dense is None:
            # Names are only looked up: those of the other stream are not known before it takes over.
            self._dense = (
                new is not None and mine.dense_ids is not None and new.dense_ids is not None
                and self.features.find_like(new.features, new.dense_ids.tolist()) == mine.dense_ids.tolist()
            )  # fmt: skip
        mine = mine if self._dense else sparse(mine)
        if new is None or not changed.size:
            return mine
        theirs = self._translated(new, 1)
        order = np.arange(len(batch))
        order[changed] += len(batch)
        return select_rows(concatenate([mine, theirs if self._dense else sparse(theirs)]), order)

    def _translated(self, batch: Batch, which: int) -> Batch:
        return with_feature_ids(with_label_ids(batch, self._labels[which]), self._features[which])


def sparse(batch: Batch) -> Batch:
    """Return `batch` without a dense block: all features are stored sparsely.

    Examples
    --------
    >>> from streams import open_stream
    >>> block = next(open_stream("synthetic:rbf?rows=3&features=2").batches())
    >>> block.indices, sparse(block).indices
    (array([], dtype=int32), array([0, 1, 0, 1, 0, 1], dtype=int32))
    """
    if batch.dense is None or batch.dense_ids is None:
        return batch
    more, columns = np.nonzero(batch.dense)
    rows = np.concatenate([rows_of(batch.indptr), more])
    indices = np.concatenate([batch.indices, batch.dense_ids[columns]])
    order = np.lexsort((indices, rows))
    indptr: npt.NDArray[np.int64] = np.zeros(len(batch) + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=len(batch)), out=indptr[1:])
    values = np.concatenate([batch.values, batch.dense[more, columns]])[order]
    return replace(batch, indptr=indptr, indices=indices[order], values=values, dense=None, dense_ids=None)


class _Rows:
    """The rows of a stream, taken as many at a time as are wanted."""

    def __init__(self, stream: Stream) -> None:
        self._blocks: Iterator[Batch] = blocks_of(stream)
        self._left: Batch | None = None

    def take(self, n: int) -> Batch | None:
        """Return the next `n` rows, fewer if there are no more, None if there is none."""
        parts: list[Batch] = [] if self._left is None else [self._left]
        while sum(map(len, parts)) < n and (block := next(self._blocks, None)) is not None:
            parts.append(block)
        if not parts:
            return None
        rows = concatenate(parts)
        n = min(n, len(rows))
        self._left = rows.slice(n, len(rows)) if n < len(rows) else None
        return rows.slice(0, n)
