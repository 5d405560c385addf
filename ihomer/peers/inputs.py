"""Rows as the learners of others want them: zeros where a stream is dense, categories as numbers, values scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.names import Name

#: Share of non-zeros from which on a stream counts as dense, and a feature that is not in a row is given as 0.
DENSE: Final = 0.5


class Inputs:
    """Rows with their zeros, if the stream is dense; categories stay strings.

    A row holds what is not zero, and None or NaN for what is missing. Learners that keep a distribution per feature must
    see zeros, but not millions of them: they are filled in as long as more than half of the cells so far were not
    zero. Missing values are left out, and never filled.

    Examples
    --------
    >>> inputs = Inputs()
    >>> inputs.learn_one({"a": 1.0, "b": 2.0, "colour": "red"})
    >>> inputs.transform_one({"a": 3.0}), inputs.transform_one({"a": 3.0, "b": None})
    ({'a': 3.0, 'b': 0.0}, {'a': 3.0})
    """

    def __init__(self) -> None:
        self._columns: dict[Name, Name] = {}  # column of numbers -> attribute it belongs to
        self._attributes: dict[Name, None] = {}
        self._rows = self._cells = 0

    @property
    def dense(self) -> bool:
        """Whether more than half of all cells so far were not zero."""
        return self._cells > DENSE * self._rows * len(self._attributes)

    def learn_one(self, x: Mapping[Name, Any]) -> None:
        """Take in which features there are."""
        self._rows += 1
        self._cells += len(x)
        for attribute, value in x.items():
            self._attributes.setdefault(attribute)
            if not is_missing(value):
                column, number = self._column(attribute, value)
                if not isinstance(number, str):
                    self._columns.setdefault(column, attribute)

    def transform_one(self, x: Mapping[Name, Any]) -> dict[Name, Any]:
        """Return the row as a learner is given it."""
        row: dict[Name, Any] = {}
        missing = set()
        for attribute, value in x.items():
            if is_missing(value):
                missing.add(attribute)
            else:
                column, number = self._column(attribute, value)
                row[column] = number
        if not self.dense:
            return row
        if missing:
            return {name: 0.0 for name, attribute in self._columns.items() if attribute not in missing} | row
        return dict.fromkeys(self._columns, 0.0) | row

    def _column(self, attribute: Name, value: Any) -> tuple[Name, Any]:
        """Return the column of a value that is there, and what stands in it."""
        return attribute, value


class NumericInputs(Inputs):
    """The same with a column of zeros and ones for every category, named `attribute=category`.

    Examples
    --------
    >>> NumericInputs().transform_one({"a": 1.0, "colour": "red"})
    {'a': 1.0, 'colour=red': 1.0}
    """

    def _column(self, attribute: Name, value: Any) -> tuple[Name, Any]:
        return (f"{attribute}={value}", 1.0) if isinstance(value, str) else (attribute, value)


class MarkedInputs(NumericInputs):
    """Numeric inputs in which every column that is missing stands as None: for learners that tell it from zero.

    Examples
    --------
    >>> inputs = MarkedInputs()
    >>> inputs.learn_one({"a": 1.0, "colour": "red"})
    >>> inputs.transform_one({"a": 2.0, "colour": None})
    {'a': 2.0, 'colour=red': None}
    """

    def transform_one(self, x: Mapping[Name, Any]) -> dict[Name, Any]:
        """Return the row as a learner is given it."""
        row = super().transform_one(x)
        missing = {attribute for attribute, value in x.items() if is_missing(value)}
        if missing:
            row |= {column: None for column, attribute in self._columns.items() if attribute in missing}
        return row


class ScaledInputs(NumericInputs):
    """Numeric inputs, scaled online by what was seen before: standardised if dense, else divided by the largest size.

    Standardised, a sparse feature that is 1 wherever it is not left out would vanish.

    Examples
    --------
    >>> inputs = ScaledInputs()
    >>> for value in (1.0, 3.0):
    ...     inputs.learn_one({"a": value})
    >>> inputs.transform_one({"a": 3.0})
    {'a': 1.0}
    """

    def __init__(self) -> None:
        from river import preprocessing

        super().__init__()
        self._standard = preprocessing.StandardScaler()
        self._largest = preprocessing.MaxAbsScaler()

    def learn_one(self, x: Mapping[Name, Any]) -> None:
        """Take in which features there are, and their scales."""
        super().learn_one(x)
        row = super().transform_one(x)
        self._standard.learn_one(row)
        self._largest.learn_one(row)

    def transform_one(self, x: Mapping[Name, Any]) -> dict[Name, Any]:
        """Return the row as a learner is given it."""
        row = super().transform_one(x)
        scaler: Any = self._standard if self.dense else self._largest
        scaled: dict[Name, Any] = scaler.transform_one(row)
        return scaled


def is_missing(value: Any) -> bool:
    """Return whether a value is None or NaN."""
    return value is None or value != value  # noqa: PLR0124
