"""One instance, a dict or an array, as a row in a model's own ids: where names become arrays, so every microsecond counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown
from ihomer.kernels.meet import meet_columns
from ihomer.rows import Rows
from streams.array_rows import row_of_numbers
from streams.batch import UNLABELLED
from streams.kernels.rows import INFINITE, tidy_rows
from streams.names import Name
from streams.rows import Scratch, encode, encode_labels, sorting_scratch, why_not
from streams.vocabulary import Vocabulary

_Ids = npt.NDArray[np.int32]
#: Offsets, ids, values.
_Features = tuple[npt.NDArray[np.int64], _Ids, npt.NDArray[np.float32]]

# What most rows share; nobody writes to these.
_NO_IDS = np.zeros(0, np.int32)
_NO_OFFSETS = np.zeros(2, np.int64)
_STATUS = [np.array([status], np.uint8) for status in range(3)]

#: The features of one instance: a dict of them, or an array of numbers, whose names are 0, 1, 2, ...
Instance = Mapping[Name, Any] | npt.NDArray[Any]


class OneRow:
    """Turns dicts and arrays into rows of the given vocabularies, which grow with the rows that are learned.

    The dict that was predicted last is remembered: most often it is learned next. An array is read as quickly as compared.

    Parameters
    ----------
    features, labels
        The model's vocabularies.
    """

    def __init__(self, features: Vocabulary, labels: Vocabulary) -> None:
        self.features, self.labels = features, labels
        self._verdict, self._where = np.empty(1, np.uint8), np.empty(1, np.int64)
        self._scratch: Scratch = sorting_scratch(0)
        self._limits = np.zeros(2, np.int32)
        self._last: tuple[dict[Name, Any], int, _Features] | None = None
        # The ids of the columns of arrays, -1 where it was not asked yet.
        self._columns = _NO_IDS

    def predicted(self, x: object) -> Rows:
        """Return one row for prediction: nothing enters. Errors as `streams.rows.RowBuilder.add`."""
        row = self._features(x, grow=False)
        met = len(self.features)
        known = not len(row[1]) or row[1][-1] < met
        self._last = (x.copy(), met, row) if known and type(x) is dict else None
        return self._rows(row, _NO_OFFSETS, _NO_IDS, UNLABELLED, _NO_OFFSETS, _NO_IDS, len(self.labels))

    def learned(self, x: object, y: object) -> Rows:
        """Return one row; new names enter the vocabularies, none if it raises."""
        n_features, n_labels = len(self.features), len(self.labels)
        try:
            row = self._remembered(x) or self._features(x, grow=True)
            held, known, status = encode_labels(y, self.labels)
        except Exception:
            self.features.truncate(n_features)
            self.labels.truncate(n_labels)
            self._columns = _NO_IDS
            raise
        known_indptr, known_ids = _NO_OFFSETS, _NO_IDS
        if known:
            known_indptr, known_ids = np.array([0, len(known)], np.int64), np.array(known, np.int32)
        label_indptr = np.array([0, len(held)], np.int64)
        return self._rows(row, label_indptr, np.array(held, np.int32), status, known_indptr, known_ids, n_labels)

    def _remembered(self, x: object) -> _Features | None:
        """Return the row that was predicted last if it is this one and nothing has entered since; and forget it."""
        last, self._last = self._last, None
        if last is None or type(x) is not dict or last[1] != len(self.features):
            return None
        try:
            return last[2] if last[0] == x else None
        except ValueError:  # a value that cannot be compared, such as an array: no number
            return None

    def _rows(
        self,
        row: _Features,
        label_indptr: npt.NDArray[np.int64],
        label_ids: _Ids,
        status: int,
        known_indptr: npt.NDArray[np.int64],
        known_ids: _Ids,
        n_before: int,
    ) -> Rows:
        n = len(self.labels)
        limits = self._limits
        if n_before != n:
            limits = np.array([n_before, n], np.int32)
        elif limits[1] != n:
            limits = self._limits = np.array([n, n], np.int32)
        return Rows(
            *row, label_indptr, label_ids, _STATUS[status], known_indptr, known_ids, limits, len(self.features), n
        )

    def scratch(self, n: int) -> Scratch:
        """Return what `sort_row` needs for ids below `n`: the same arrays again and again, or a row would cost all of them."""
        if n > len(self._scratch[2]):
            self._scratch = sorting_scratch(n + n // 4)
        return self._scratch

    def _features(self, x: object, *, grow: bool) -> _Features:
        if isinstance(x, np.ndarray):
            return self._numbered(row_of_numbers(x), grow=grow)
        if not isinstance(x, Mapping):
            raise TypeError(f"x must be a dict of features or an array of numbers, found {type(x).__name__}")
        return self._named(x, grow=grow)

    def _named(self, x: Mapping[Name, Any], *, grow: bool) -> _Features:
        raw_ids, raw = encode(x, self.features, grow=grow)
        ids, numbers = np.array(raw_ids, np.int32), np.array(raw, np.float64)
        indptr = np.array([0, len(ids)], np.int64)
        values = np.empty(len(ids), np.float32)
        scratch = self.scratch(len(self.features) + len(ids))
        if tidy_rows(indptr, ids, numbers, values, *scratch, self._verdict, self._where):
            at = int(self._where[0])
            name: Name = self.features.name(at) if at < len(self.features) else "(a new one)"
            raise ValueError(why_not(int(self._verdict[0]), name))
        n = int(indptr[1])
        return (indptr, ids, values) if n == len(ids) else (indptr, ids[:n], values[:n])

    def _numbered(self, numbers: npt.NDArray[np.float32] | npt.NDArray[np.float64], *, grow: bool) -> _Features:
        """Return a row of numbers, the names of whose features are their places."""
        d = len(numbers)
        if self.features.nominal and np.isnan(numbers).any():
            return self._named(dict(enumerate(numbers.tolist())), grow=grow)  # one may be of an attribute with categories
        if len(self._columns) < d:
            self._columns = grown(self._columns, (d,), -1)
        scratch = self.scratch(len(self.features) + d)
        ids, values = np.empty(d, np.int32), np.empty(d, np.float32)
        n, unknown = meet_columns(numbers, self._columns, ids, values, *scratch)
        if n < 0:
            raise ValueError(why_not(INFINITE, -1 - n))
        if unknown:
            return self._met(np.flatnonzero(numbers.astype(np.float32)), ids[:n], values[:n], grow=grow)
        indptr = np.array([0, n], np.int64)
        return (indptr, ids, values) if n == d else (indptr, ids[:n], values[:n])

    def _met(
        self, columns: npt.NDArray[np.int64], ids: _Ids, values: npt.NDArray[np.float32], *, grow: bool
    ) -> _Features:
        """Return the row of the entries in these columns, some of which have no id yet; it enters, or is reckoned."""
        names, next_id = self.features, len(self.features)
        for at in np.flatnonzero(ids < 0).tolist():
            j = int(columns[at])
            i = names.get(j)
            if i < 0 and not math.isnan(values[at]):  # that a feature nobody has met is missing says nothing
                i = names.add(j) if grow else next_id
                next_id += 1
            if i < len(names):
                self._columns[j] = i
            ids[at] = i
        order = np.argsort(ids)
        order = order[ids[order] >= 0]
        return np.array([0, len(order)], np.int64), ids[order], values[order]

