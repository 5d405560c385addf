"""Rows of a stream as arrays: the one thing that flows through the whole project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.names import Name
from streams.vocabulary import NUMERIC, Vocabulary

#: What is known of a row's labels: nothing (predict only), some of them, all of them.
UNLABELLED, PARTIAL, COMPLETE = 0, 1, 2

Ints = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(slots=True, frozen=True, eq=False)
class Batch:
    """A block of n rows: features in CSR, a dense block, or both; label sets in CSR.

    Ids are columns of the batch's own vocabularies, which may grow later but never change an id. Within a
    row ids are distinct and ascending; zeros are not stored in the CSR part; NaN means missing; there is
    no infinity.

    Parameters
    ----------
    features, labels
        The vocabularies that the ids belong to.
    indptr
        int64, shape (n + 1,): row i holds `indices[indptr[i]:indptr[i + 1]]`.
    indices
        int32, shape (non-zeros,): feature ids.
    values
        float32, shape (non-zeros,).
    label_indptr, label_indices
        int64 (n + 1,) and int32: the labels that hold.
    status
        uint8, shape (n,): UNLABELLED, PARTIAL or COMPLETE.
    known_indptr, known_indices
        int64 (n + 1,) and int32: of PARTIAL rows the labels whose truth is known (those that hold included);
        None if no row is PARTIAL.
    dense
        float32, shape (n, k), or None: k more features of every row. Zeros and NaN mean what they mean in
        the CSR part.
    dense_ids
        int32, shape (k,): the feature ids of the columns of `dense`.
    keys
        The instances' own ids, or None.
    times
        float64, shape (n,), seconds, or None.
    places
        int64, shape (n,): where each row stands in its source (line, offset; counted as the source does), or
        None.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({"a": 1.0, "b": 0.0}, {"red"}), ({"b": 2.0}, {"red": False})])
    >>> batch
    <Batch of 2 rows, 2 non-zeros, 1 labels set>
    >>> list(batch.pairs())
    [({'a': 1.0}, {'red'}), ({'b': 2.0}, {'red': False})]
    """

    features: Vocabulary
    labels: Vocabulary
    indptr: Offsets
    indices: Ints
    values: Floats
    label_indptr: Offsets
    label_indices: Ints
    status: npt.NDArray[np.uint8]
    known_indptr: Offsets | None = None
    known_indices: Ints | None = None
    dense: Floats | None = None
    dense_ids: Ints | None = None
    keys: Sequence[object] | None = field(default=None)
    times: npt.NDArray[np.float64] | None = None
    places: Offsets | None = None

    def __len__(self) -> int:
        return len(self.status)

    def __repr__(self) -> str:
        return f"<Batch of {len(self)} rows, {len(self.indices)} non-zeros, {len(self.label_indices)} labels set>"

    @classmethod
    def from_pairs(
        cls,
        pairs: Sequence[tuple[object, object]],
        features: Vocabulary | None = None,
        labels: Vocabulary | None = None,
    ) -> Batch:
        """Return a batch of `(x, y)` pairs as a river user writes them.

        Parameters
        ----------
        pairs
            x is a dict of numbers, strings (categories) or None (missing); y is a collection of labels (all
            others are absent), a dict label -> bool or None (labels not in it are unknown), or None.
        features, labels
            Vocabularies to use and to grow; fresh ones if not given.

        Raises
        ------
        TypeError, ValueError
            If a name or a value is not what it may be; the message names the row and the feature or label.
        """
        from streams.rows import RowBuilder

        builder = RowBuilder(features, labels)
        for x, y in pairs:
            builder.add(x, y)
        return builder.take()

    @classmethod
    def from_arrays(
        cls,
        x: Any,
        y: Any = None,
        features: Vocabulary | Sequence[Name] | None = None,
        labels: Vocabulary | Sequence[Name] | None = None,
    ) -> Batch:
        """Return a batch of the rows of a numpy array or a scipy sparse matrix, as float32, copied.

        For more than memory holds see `streams.from_arrays`.

        Parameters
        ----------
        x, y, features, labels
            As of `streams.arrays.ArrayStream`.

        Raises
        ------
        TypeError, ValueError
            As there; and if a value is not what it may be: the message names the row and the feature or label.

        Examples
        --------
        >>> import numpy as np
        >>> batch = Batch.from_arrays(np.array([[0.5, 0.0], [0.0, 1.0]], np.float16), np.array([[1, 0, 1], [0, 0, 0]]))
        >>> list(batch.pairs())
        [({0: 0.5}, {0, 2}), ({1: 1.0}, set())]
        """
        from streams.arrays import ArrayStream

        return ArrayStream(x, y, features=features, labels=labels).whole()

    def x(self, i: int) -> dict[Name, float | Name | None]:
        """Return the features of row `i` as a dict: zeros left out, categories restored, None for missing."""
        row: dict[Name, float | Name | None] = {}
        span = slice(self.indptr[i], self.indptr[i + 1])
        ids, values = self.indices[span].tolist(), self.values[span].tolist()
        if self.dense is not None and self.dense_ids is not None:
            keep = np.flatnonzero(self.dense[i])
            ids += self.dense_ids[keep].tolist()
            values += self.dense[i, keep].tolist()
        for j, v in zip(ids, values, strict=True):
            missing = v != v  # noqa: PLR0124 (NaN)
            if self.features.kind(j) == NUMERIC:
                row[self.features.name(j)] = None if missing else v
            else:
                row[self.features.attribute(j)] = None if missing else self.features.category(j)
        return row

    def label_set(self, i: int) -> set[Name]:
        """Return the labels that hold in row `i`."""
        ids = self.label_indices[self.label_indptr[i] : self.label_indptr[i + 1]]
        return {self.labels.name(j) for j in ids.tolist()}

    def known(self, i: int) -> Ints:
        """Return the ids of the labels whose truth is known in the PARTIAL row `i`."""
        if self.known_indptr is None or self.known_indices is None:
            return np.empty(0, np.int32)
        return self.known_indices[self.known_indptr[i] : self.known_indptr[i + 1]]

    def y(self, i: int) -> set[Name] | dict[Name, bool] | None:
        """Return the labels of row `i`: a set if all are known, a dict if some are, None if none is."""
        if self.status[i] == UNLABELLED:
            return None
        holds = self.label_set(i)
        if self.status[i] == COMPLETE:
            return holds
        names = [self.labels.name(j) for j in self.known(i).tolist()]
        return {name: name in holds for name in names}

    def pairs(self) -> Iterator[tuple[dict[Name, float | Name | None], set[Name] | dict[Name, bool] | None]]:
        """Yield `(x, y)` of every row."""
        for i in range(len(self)):
            yield self.x(i), self.y(i)

    def slice(self, start: int, stop: int) -> Batch:
        """Return the rows from `start` up to `stop` as a batch that shares this one's arrays where it can."""
        f0, f1 = self.indptr[start], self.indptr[stop]
        l0, l1 = self.label_indptr[start], self.label_indptr[stop]
        known_indptr = known_indices = None
        if self.known_indptr is not None and self.known_indices is not None:
            k0, k1 = self.known_indptr[start], self.known_indptr[stop]
            known_indptr = self.known_indptr[start : stop + 1] - k0
            known_indices = self.known_indices[k0:k1]
        return Batch(
            features=self.features,
            labels=self.labels,
            indptr=self.indptr[start : stop + 1] - f0,
            indices=self.indices[f0:f1],
            values=self.values[f0:f1],
            label_indptr=self.label_indptr[start : stop + 1] - l0,
            label_indices=self.label_indices[l0:l1],
            status=self.status[start:stop],
            known_indptr=known_indptr,
            known_indices=known_indices,
            dense=None if self.dense is None else self.dense[start:stop],
            dense_ids=self.dense_ids,
            keys=None if self.keys is None else self.keys[start:stop],
            times=None if self.times is None else self.times[start:stop],
            places=None if self.places is None else self.places[start:stop],
        )

    def check(self) -> None:
        """Raise ValueError, saying where, if the arrays break what this class promises (for hand-made batches)."""
        from streams.invariants import check_batch

        check_batch(self)
