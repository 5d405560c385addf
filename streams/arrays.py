"""Numpy arrays and scipy matrices as a batch, or as a stream that reads them block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from streams.array_features import DenseFeatures, FeatureBlock, SparseFeatures
from streams.array_labels import LabelArray, LabelMatrix, NoLabels, SetsOfLabels
from streams.batch import Batch
from streams.columns import LabelSets
from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError
from streams.left_out import without
from streams.stream import ROWS, Stream
from streams.tables import Names, vocabulary_of
from streams.vocabulary import Vocabulary

#: Cells of an array converted at once: 16 MB as float32, unless one row has more.
CELLS = 1 << 22


class ArrayStream(Stream):
    """The rows of an array in order; a block at a time becomes float32, the whole is never copied.

    `places` count rows from 1.

    Parameters
    ----------
    x
        A numpy array of two dimensions (float16, float32, float64, whole numbers or booleans; in C or Fortran order; in
        memory or mapped, ``numpy.load(path, mmap_mode="r")``), NaN is missing; or a scipy sparse matrix.
    y
        The labels: a list with a set for each row (or a dict, or None, as `Batch.from_pairs` takes them); a scipy sparse
        matrix, or a numpy array of two dimensions, of booleans or 0 and 1; None for unlabelled rows.
    features, labels
        The names of the columns of `x` and of a matrix `y`, 0, 1, 2, ... if not given; or a Vocabulary whose ids are the
        columns. With label sets a Vocabulary to grow.
    name, label_name
        What `x` (and the stream) and `y` are called in messages.
    bad_rows
        The policy for bad rows (an infinity, a number beyond float32, a label that is none); by default the first one is
        raised.

    Raises
    ------
    TypeError
        If `x` or `y` is of another type, or of numbers that are none (complex, objects, more than 64 bits, masked ones).
    ValueError
        If `x` has not two dimensions, their lengths differ, or there are not as many names as columns.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        *,
        features: Names | None = None,
        labels: Names | None = None,
        name: str = "x",
        label_name: str = "y",
        bad_rows: BadRows | None = None,
    ) -> None:
        super().__init__(name, bad_rows)
        if isinstance(x, np.ndarray):
            self._x: DenseFeatures | SparseFeatures = DenseFeatures(x)
        elif hasattr(x, "tocsr"):
            self._x = SparseFeatures(x)
        else:
            raise TypeError(f"x must be a numpy array or a scipy sparse matrix, found {type(x).__name__}")
        self.features = vocabulary_of("features", features, self._x.width)
        self._y, self.labels = _labels(y, labels)
        if not isinstance(self._y, NoLabels) and self._y.rows != self._x.rows:
            raise ValueError(f"{name} has {self._x.rows:,} rows, {label_name} has {self._y.rows:,}: they must have the same")
        self.declared_labels = len(self.labels) or None
        self.length = self._x.rows
        self._label_name, self._seen = label_name, 0

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch.

        Raises
        ------
        StreamError
            What is wrong with a row (RowError: its number, counted from 1), after all rows before it were yielded.
        """
        return in_batches_of(rows, self._blocks(rows))

    def progress(self) -> float | None:
        """Return the share of the rows that has been read."""
        return self._seen / self._x.rows if self._x.rows else 1.0

    def whole(self) -> Batch:
        """Return all rows as one batch, without places.

        Raises
        ------
        ValueError
            If a row is bad; whatever the policy.
        """
        batch, faults = self._block(0, self._x.rows)
        if faults:
            row = min(faults)
            raise ValueError(f"row {row}: {faults[row][1]}")
        return batch

    def _blocks(self, rows: int) -> Iterator[Batch]:
        step = max(1, min(rows, CELLS // max(1, self._x.cells, self._y.cells)))
        self._seen = 0
        for start in range(0, self._x.rows, step):
            self._seen = min(start + step, self._x.rows)
            batch, faults = self._block(start, self._seen)
            batch = replace(batch, places=np.arange(start + 1, self._seen + 1))
            errors = {row: RowError(who, start + row + 1, 0, why) for row, (who, why) in faults.items()}
            yield from without(batch, errors, self.bad_rows)

    def _block(self, start: int, stop: int) -> tuple[Batch, dict[int, tuple[str, str]]]:
        """Return rows without places, and of which of them what is wrong, in `x` or in `y`."""
        x = self._x.take(start, stop)
        sets, wrong = self._y.take(start, stop)
        faults = {row: (self._label_name, f"{why}, at [{start + row}]") for row, why in wrong.items()}
        for row, (j, value) in x.faults.items():
            why = f"feature {self.features.name(j)!r} must be a finite number that fits float32, found {value:g}"
            faults[row] = self.name, f"{why}, at [{start + row}, {j}]"
        return self._batch(x, sets), faults

    def _batch(self, x: FeatureBlock, sets: LabelSets) -> Batch:
        return Batch(
            features=self.features,
            labels=self.labels,
            indptr=x.indptr,
            indices=x.indices,
            values=x.values,
            label_indptr=sets.indptr,
            label_indices=sets.indices,
            status=sets.status,
            known_indptr=sets.known_indptr,
            known_indices=sets.known_indices,
            dense=x.dense,
            dense_ids=None if x.dense is None else np.arange(self._x.width, dtype=np.int32),
        )


def from_arrays(
    x: Any, y: Any = None, *, features: Names | None = None, labels: Names | None = None, bad_rows: BadRows | None = None
) -> ArrayStream:
    """Return a stream of the rows of `x` with the labels `y`; parameters and errors as of `ArrayStream`.

    Examples
    --------
    >>> import numpy as np
    >>> import streams
    >>> x = np.array([[0.5, 0], [np.nan, 2]], np.float16)
    >>> stream = streams.from_arrays(x, [{"red"}, {"red", "round"}])
    >>> [(x, sorted(y)) for x, y in stream.sets()]
    [({0: 0.5}, ['red']), ({0: None, 1: 2.0}, ['red', 'round'])]
    """
    return ArrayStream(x, y, features=features, labels=labels, bad_rows=bad_rows)


def _labels(y: Any, names: Names | None) -> tuple[NoLabels | SetsOfLabels | LabelArray | LabelMatrix, Vocabulary]:
    if hasattr(y, "tocsr"):
        return LabelMatrix(y), vocabulary_of("labels", names, y.shape[1])
    if isinstance(y, np.ndarray) and y.ndim == 2:
        return LabelArray(y), vocabulary_of("labels", names, y.shape[1])
    labels = names if isinstance(names, Vocabulary) else Vocabulary(names or ())
    return (NoLabels() if y is None else SetsOfLabels(y, labels)), labels
