"""What all streams with a known change share: rows in fixed blocks, edited from the change on, and the truth."""

from __future__ import annotations

import abc
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import index
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.concatenate import in_batches_of
from streams.drift.change import Change
from streams.drift.choice import choose
from streams.drift.scan import Met, met_before
from streams.drift.when import When, sudden
from streams.names import Name
from streams.stream import ROWS, Stream

Ids = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]


class Changed(Stream, abc.ABC):
    """A stream whose rows change at known places.

    Attributes
    ----------
    stream : Stream
        What is changed.
    when : When
        Where it changes.
    """

    #: What changes, for the truth; and what it is called when a recurring change ends.
    kind: str
    back: ClassVar[str | None] = None

    def __init__(self, stream: Stream, when: When | int, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"seed must be at least 0, found {seed}")
        super().__init__(stream.name, stream.bad_rows)
        self.stream, self.seed = stream, seed
        self.when = when if isinstance(when, When) else sudden(index(when))
        self.features, self.labels = stream.features, stream.labels
        self.declared_labels, self.length, self.rewinds = stream.declared_labels, stream.length, stream.rewinds

    @property
    def truth(self) -> tuple[Change, ...]:
        """All changes of this stream and of those behind it that lie within it, by their first rows."""
        labels, features = self.concerned()
        back = self.back or f"{self.kind} back"
        own = [
            Change(first, last, self.kind if k % 2 == 0 else back, self.when.pace, labels, features)
            for k, (first, last) in enumerate(self.when.ramps)
            if self.length is None or first < self.length
        ]
        return tuple(sorted([*truth_of(self.stream), *own], key=lambda change: change.first))

    @abc.abstractmethod
    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels and of the features concerned."""

    def prepare(self) -> None:
        """Make ready for reading from the first row; called at the start of each reading."""

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return a block of rows, the first of which is row `first`, with `amounts` (n,) of the change in them."""
        return batch

    def untouched(self, batch: Batch) -> Batch:
        """Return rows that have nothing of the change."""
        return batch

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch."""
        return in_batches_of(rows, self.blocks())

    def blocks(self) -> Iterator[Batch]:
        """Yield all rows in blocks that do not depend on anything but the stream behind."""
        self.prepare()
        first = 0
        for block in blocks_of(self.stream):
            amounts = self.when.amount(np.arange(first, first + len(block)), self.seed, self._salt)
            yield self.edit(block, first, amounts) if amounts.any() else self.untouched(block)
            first += len(block)

    def progress(self) -> float | None:
        """Return the share of the stream behind that has been read."""
        return self.stream.progress()

    @property
    def _salt(self) -> int:
        return zlib.crc32(self.kind.encode())

    @cached_property
    def met(self) -> Met:
        """What occurs before the change."""
        return met_before(self.stream, blocks_of, self.when.first)


class ChangedLabels(Changed):
    """A change of some labels.

    Parameters
    ----------
    stream
        What is changed.
    when
        Where: `sudden`, `gradual`, `incremental` or `recurring`; a row number is a sudden change.
    labels
        Names of the labels that may be concerned, such as those of one cluster. Not given: those that the stream
        declares; if it declares none, those met before the change (which is looked for: the stream must rewind).
    fraction
        Which share of them is concerned, drawn by `seed`.
    seed
        Decides whatever is drawn.

    Raises
    ------
    ValueError
        If a label is not one of the stream, or too few labels are concerned.
    StreamError
        If the stream declares no labels and can be read only once.
    """

    #: The fewest labels that the change can concern.
    least: ClassVar[int] = 1

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        labels: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, seed)
        self._given, self.fraction = labels, fraction
        if labels is not None or stream.declared_labels:
            self.chosen  # noqa: B018 (what is wrong is said now, where it need not be read for)

    @cached_property
    def chosen(self) -> Ids:
        """The labels concerned, as ids of the stream behind, in a random order."""
        vocabulary = self.stream.labels
        if self._given is None:
            declared = self.stream.declared_labels
            among = np.arange(declared) if declared else self.met.labels
        else:
            if not all(name in vocabulary for name in self._given) and not self.stream.declared_labels:
                self.met  # noqa: B018 (it fills the vocabulary)
            for name in self._given:
                if name not in vocabulary:
                    raise ValueError(f"{self.kind}: label {name!r} is not declared, nor met before row {self.when.first}")
            among = np.array([vocabulary.get(name) for name in self._given], np.int64)
        return choose(among, self.fraction, self.least, self.seed, f"{self.kind}: labels")

    def ranks(self, ids: npt.NDArray[np.int32] | Ids) -> Ids:
        """Return for each label of the stream behind its place in `chosen`, or -1."""
        rank = np.full(max(len(self.stream.labels), int(self.chosen.max()) + 1), -1, np.int64)
        rank[self.chosen] = np.arange(len(self.chosen))
        return rank[ids]

    def reached(self, rows: Ids, ids: npt.NDArray[np.int32] | Ids, amounts: Amounts) -> npt.NDArray[np.bool_]:
        """Return which of the entries (row, label) the change has reached: one label after the other."""
        ranks = self.ranks(ids)
        return (ranks >= 0) & (ranks < amounts[rows] * len(self.chosen))

    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels and of the features concerned."""
        return tuple(self.stream.labels.name(i) for i in self.chosen.tolist()), ()


def blocks_of(stream: Stream) -> Iterator[Batch]:
    """Yield the rows of a stream in blocks that depend on nothing but the stream."""
    return stream.blocks() if isinstance(stream, Changed) else stream.batches(ROWS)


def truth_of(stream: Stream) -> tuple[Change, ...]:
    """Return all known changes of a stream, by their first rows; those behind a view (its first rows only) too.

    Examples
    --------
    >>> from streams import open_stream
    >>> truth_of(open_stream("synthetic:groups"))
    ()
    """
    if isinstance(stream, Changed):
        return stream.truth
    behind = getattr(stream, "stream", None)
    if not isinstance(behind, Stream):
        return ()
    return tuple(change for change in truth_of(behind) if stream.length is None or change.first < stream.length)
