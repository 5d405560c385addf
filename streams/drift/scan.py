"""What occurs in the rows before a change: labels, features and their moments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.errors import StreamError
from streams.stream import ROWS, Stream


@dataclass(slots=True, frozen=True, eq=False)
class Met:
    """What the rows before a change hold.

    Parameters
    ----------
    labels, features
        Ids of the labels that hold and of the features that are not 0 somewhere, ascending.
    dense_ids
        The columns of the dense block, empty if there is none.
    scale
        float64, shape (features of the vocabulary,): the standard deviation of the values stored of each feature (in
        a dense block all but the missing ones); where they are all the same the absolute value; 0 where there is none.
    """

    labels: npt.NDArray[np.int64]
    features: npt.NDArray[np.int64]
    dense_ids: npt.NDArray[np.int32]
    scale: npt.NDArray[np.float64]


def rows_before(stream: Stream, blocks_of: Callable[[Stream], Iterator[Batch]], row: int) -> Iterator[Batch]:
    """Yield the rows before `row`, at least the first `ROWS`; bad rows are not counted, for they will be met again.

    Raises
    ------
    StreamError
        If the stream can be read only once.
    """
    if not stream.rewinds:
        raise StreamError(
            f"{stream.name}: can be read only once, so what it holds before the change cannot be known: "
            "save it to a file first"
        )
    bad = stream.bad_rows
    count, first, notify = bad.count, list(bad.first), bad.notify
    bad.notify = None
    left = max(row, ROWS)
    try:
        for block in blocks_of(stream):
            yield block.slice(0, min(len(block), left))
            left -= len(block)
            if left <= 0:
                return
    finally:
        bad.count, bad.first, bad.notify = count, first, notify


def met_before(stream: Stream, blocks_of: Callable[[Stream], Iterator[Batch]], row: int) -> Met:
    """Return what the rows before `row` hold, at least the first `ROWS` being looked at.

    Raises
    ------
    StreamError
        If the stream can be read only once.
    """
    labels = np.zeros(0, bool)
    moments = np.zeros((3, 0))
    dense_ids = np.empty(0, np.int32)
    for block in rows_before(stream, blocks_of, row):
        labels = np.pad(labels, (0, len(block.labels) - len(labels)))
        labels[block.label_indices] = True
        moments = np.pad(moments, ((0, 0), (0, len(block.features) - moments.shape[1])))
        _add(moments, block.indices, block.values)
        if block.dense is not None and block.dense_ids is not None:
            dense_ids = block.dense_ids
            for j, column in zip(dense_ids.tolist(), block.dense.T, strict=True):
                _add(moments, np.full(len(column), j), column)
    count, total, squares = moments
    some = np.maximum(count, 1)
    mean = total / some
    deviation = np.sqrt(np.maximum(squares / some - mean**2, 0.0))
    # A deviation below the rounding of float32 values is none.
    scale = np.where(deviation > 1e-6 * np.abs(mean), deviation, np.abs(mean))
    # A dense column of zeros was never met.
    return Met(np.flatnonzero(labels), np.flatnonzero(squares > 0), dense_ids, scale)


def _add(moments: npt.NDArray[np.float64], ids: npt.NDArray[np.generic], values: npt.NDArray[np.float32]) -> None:
    there = ~np.isnan(values)
    numbers = values[there].astype(np.float64)
    for k in range(3):
        moments[k] += np.bincount(ids[there].astype(np.int64), numbers**k, minlength=moments.shape[1])
