"""The attributes behind the columns of a vocabulary, and rows in terms of them: what ARFF, CSV and svmlight hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.names import Name
from streams.vocabulary import NUMERIC, Vocabulary
from streams.writers.unwritable import UnwritableError


@dataclass(slots=True, frozen=True)
class Cells:
    """Rows of attributes in CSR.

    Parameters
    ----------
    indptr, attributes
        int64 (n + 1,) and int64: which attributes, ascending within a row; a numeric one that is not there is 0, a
        nominal one is always there.
    values
        float32: the number, or the number of the category; NaN is missing.
    """

    indptr: npt.NDArray[np.int64]
    attributes: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


class Attributes:
    """Attributes of a vocabulary that may grow, in the order in which their first columns stand in it.

    Parameters
    ----------
    features
        The vocabulary.

    Examples
    --------
    >>> batch = Batch.from_pairs([({"size": 2, "hue": "red"}, None), ({"hue": "blue"}, None)])
    >>> attributes = Attributes(batch.features)
    >>> cells = attributes.cells(batch)
    >>> attributes.names, attributes.categories
    (['hue', 'size'], [['red', 'blue'], None])
    >>> cells.indptr, cells.attributes, cells.values
    (array([0, 2, 3]), array([0, 1, 0]), array([0., 2., 1.], dtype=float32))
    """

    def __init__(self, features: Vocabulary) -> None:
        self.features = features
        #: Name and categories (None: numeric) of each attribute.
        self.names: list[Name] = []
        self.categories: list[list[Name] | None] = []
        self._rows = 0
        self._numbers: dict[Name, int] = {}  # of all attributes
        self._nominal: dict[Name, int] = {}  # of the nominal ones
        self._missing = np.zeros(0, np.int64)  # rows in which each attribute was missing
        self._attribute: list[int] = []  # column -> attribute
        self._code: list[int] = []  # column -> number of its category, -1 if numeric
        self.grow()

    def __len__(self) -> int:
        return len(self.names)

    def grow(self) -> None:
        """Take over the columns that the vocabulary has gained."""
        for column in range(len(self._attribute), len(self.features)):
            name = self.features.attribute(column)
            attribute = self._numbers.setdefault(name, len(self.names))
            if attribute == len(self.names):
                self.names.append(name)
                self.categories.append(None)
            self._attribute.append(attribute)
            if self.features.kind(column) == NUMERIC:
                self._code.append(-1)
                continue
            categories = self.categories[attribute]
            if categories is None:
                # A nominal attribute; a numeric column of its name says where it was missing before it was known.
                categories = self.categories[attribute] = []
                self._nominal[name] = attribute
            self._code.append(len(categories))
            categories.append(self.features.category(column))  # type: ignore[arg-type]

    def cells(self, batch: Batch) -> Cells:
        """Return the rows of the next batch.

        Raises
        ------
        StreamError
            If a row has no category of a nominal attribute, or two of them.
        """
        before = len(self._nominal)
        self.grow()
        for name, new in list(self._nominal.items())[before:]:
            if self._rows and (new >= len(self._missing) or self._missing[new] < self._rows):
                raise UnwritableError(
                    f"attribute {name!r} has categories after row {self._rows} and was not missing in all rows before: "
                    "only JSON Lines can hold that"
                )
        row, column, value = _entries(batch)
        code = np.array(self._code, np.float32)[column] if len(column) else np.empty(0, np.float32)
        attribute = np.array(self._attribute, np.int64)[column] if len(column) else np.empty(0, np.int64)
        value = np.where((code >= 0) & ~np.isnan(value), code, value)
        order = np.lexsort((attribute, row))
        row, column, attribute, value = row[order], column[order], attribute[order], value[order]
        again = np.zeros(len(row), bool)
        again[1:] = (row[1:] == row[:-1]) & (attribute[1:] == attribute[:-1])
        if (bad := np.flatnonzero(again & ~np.isnan(value))).size:
            name, at = self.names[attribute[bad[0]]], self._rows + row[bad[0]] + 1
            raise UnwritableError(f"row {at} has two values of attribute {name!r}, expected one")
        row, column, attribute, value = row[~again], column[~again], attribute[~again], value[~again]
        for name, nominal in self._nominal.items():
            own = attribute == nominal
            if (numbers := np.flatnonzero(own & (np.array(self._code)[column] < 0) & ~np.isnan(value))).size:
                raise UnwritableError(
                    f"row {self._rows + row[numbers[0]] + 1} has a number in the nominal attribute {name!r}: "
                    "only JSON Lines can hold that"
                )
            there = np.zeros(len(batch), bool)
            there[row[own]] = True
            if not there.all():
                raise _absent(self._rows + int(np.argmin(there)) + 1, name)
        indptr = np.zeros(len(batch) + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=len(batch)), out=indptr[1:])
        self._rows += len(batch)
        missing = np.bincount(attribute[np.isnan(value)], minlength=len(self))
        missing[: len(self._missing)] += self._missing
        self._missing = missing
        return Cells(indptr, attribute, value)


def _absent(row: int, name: Name) -> UnwritableError:
    return UnwritableError(
        f"row {row} has no value of the nominal attribute {name!r}, nor is it missing there: "
        "only JSON Lines can hold that"
    )


def _entries(batch: Batch) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return row, column and value of all features that are not 0, of the CSR part and the dense block."""
    row, column, value = np.repeat(np.arange(len(batch)), np.diff(batch.indptr)), batch.indices, batch.values
    if batch.dense is None or batch.dense_ids is None:
        return row, column, value
    dense_row, at = np.nonzero(batch.dense)
    return (
        np.concatenate([row, dense_row]),
        np.concatenate([column, batch.dense_ids[at]]),
        np.concatenate([value, batch.dense[dense_row, at]]),
    )
