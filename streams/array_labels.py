"""Labels beside an array: a set for each row, or a matrix of 0 and 1."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, PARTIAL
from streams.columns import LabelSets, no_labels
from streams.names import shortened
from streams.rows import encode_labels
from streams.vocabulary import Vocabulary

#: Rows of label sets, and what is wrong with which of them (their content is then of no use).
Taken = tuple[LabelSets, dict[int, str]]


class NoLabels:
    """Rows of which nothing is known."""

    cells = 0

    def take(self, start: int, stop: int) -> Taken:
        """Return the rows from `start` up to `stop`."""
        return no_labels(stop - start), {}


class SetsOfLabels:
    """A label set for each row.

    Parameters
    ----------
    y
        What holds in each row, as `streams.rows.RowBuilder.add` takes it.
    labels
        The vocabulary, which grows.

    Raises
    ------
    TypeError
        If it is no sequence.
    """

    cells = 0

    def __init__(self, y: Any, labels: Vocabulary) -> None:
        listed = isinstance(y, Sequence) and not isinstance(y, str)
        if not listed and not (isinstance(y, np.ndarray) and y.ndim == 1 and y.dtype == object):
            found = f"an array of {y.dtype}, shape {y.shape}" if isinstance(y, np.ndarray) else type(y).__name__
            expected = "a list of label sets, a matrix of 0 and 1 (an array of two dimensions, or scipy sparse) or None"
            raise TypeError(f"y must be {expected}, found {found}")
        self.y, self.labels, self.rows = y, labels, len(y)

    def take(self, start: int, stop: int) -> Taken:
        """Return the rows from `start` up to `stop`; their labels enter the vocabulary."""
        held, ends, known, known_ends = array("i"), array("q", [0]), array("i"), array("q", [0])
        status = np.zeros(stop - start, np.uint8)
        faults: dict[int, str] = {}
        for row in range(stop - start):
            try:
                ids, known_ids, status[row] = encode_labels(self.y[start + row], self.labels)
            except (TypeError, ValueError) as error:
                faults[row] = str(error)
            else:
                held.extend(ids)
                known.extend(known_ids)
            ends.append(len(held))
            known_ends.append(len(known))
        sets = np.array(ends, np.int64), np.array(held, np.int32), status
        if not (status == PARTIAL).any():
            return LabelSets(*sets), faults
        return LabelSets(*sets, np.array(known_ends, np.int64), np.array(known, np.int32)), faults


class LabelArray:
    """A numpy array of two dimensions, a row for each instance and a column for each label.

    Parameters
    ----------
    y
        Booleans, or whole numbers, which must be 0 and 1; in memory or mapped.

    Raises
    ------
    TypeError
        If it holds something else.
    """

    def __init__(self, y: npt.NDArray[Any]) -> None:
        if y.dtype.kind not in "biu":
            raise TypeError(f"y must be an array of booleans or of 0 and 1 as whole numbers, found {y.dtype}")
        self.y = y
        self.rows, self.cells = y.shape

    def take(self, start: int, stop: int) -> Taken:
        """Return the rows from `start` up to `stop`."""
        block = self.y[start:stop]
        rows, columns = np.nonzero(block)
        faults: dict[int, str] = {}
        if block.dtype.kind != "b":
            values = block[rows, columns]
            for at in np.flatnonzero(values != 1).tolist():
                faults.setdefault(int(rows[at]), _no_truth(columns[at], values[at]))
        indptr = np.zeros(len(block) + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=len(block)), out=indptr[1:])
        return LabelSets(indptr, columns.astype(np.int32), np.full(len(block), COMPLETE, np.uint8)), faults


class LabelMatrix:
    """A scipy sparse matrix, a row for each instance and a column for each label; what is not stored does not hold.

    Parameters
    ----------
    y
        Booleans, or 0 and 1. What is not CSR is converted, whole.
    """

    cells = 0

    def __init__(self, y: Any) -> None:
        self.y = y.tocsr()
        self.rows = y.shape[0]

    def take(self, start: int, stop: int) -> Taken:
        """Return the rows from `start` up to `stop`."""
        matrix = self.y[start:stop].copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        faults: dict[int, str] = {}
        for at in np.flatnonzero(matrix.data != 1).tolist():
            row = int(np.searchsorted(matrix.indptr, at, side="right")) - 1
            faults.setdefault(row, _no_truth(matrix.indices[at], matrix.data[at]))
        status = np.full(stop - start, COMPLETE, np.uint8)
        return LabelSets(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), status), faults


def _no_truth(column: np.integer[Any], value: np.generic) -> str:
    return f"label {column} must be 0 or 1, found {shortened(value.item())}"
