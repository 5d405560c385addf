"""The door: dicts and sets of names become rows of a Batch, once."""

from __future__ import annotations

import math
import numbers
from array import array
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.array_rows import as_dict
from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch
from streams.names import Name, shortened, sort_key
from streams.vocabulary import Vocabulary

#: Called with the place of a row that cannot be taken, and why; raises, or returns and the row is left out.
OnBadRow = Callable[[int, str], None]

#: Bits, their summary and numbers: what `sort_row` wants.
Scratch = tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.float32]]

_NAN = math.nan
#: Beyond this a number may not fit float32; what is larger, infinite or missing goes the careful way.
_LARGE = 3e38
#: float32 rounds a number to infinity from this one up.
INFINITE = 3.4028235677973366e38
#: What counts as a number; numpy's integers and floats are registered as numbers.Real, its complex ones are none.
_NUMBERS = (numbers.Real, Decimal, np.bool_)


def _refuse(place: int, why: str) -> None:
    raise ValueError(f"row {place}: {why}")


class RowBuilder:
    """Collects rows given as dicts of names, and hands them out as a `Batch`.

    Parameters
    ----------
    features, labels
        Vocabularies to use and to grow; fresh ones if not given.
    on_bad_row
        What to do with a value that no row may hold and that only shows when the rows are taken (an infinity,
        a number beyond float32): see `OnBadRow`. By default ValueError.

    Examples
    --------
    >>> builder = RowBuilder()
    >>> builder.add({"size": 2.0, "colour": "red"}, {"apple"})
    >>> builder.add({"size": 1.0, "colour": None}, {"apple": False})
    >>> batch = builder.take()
    >>> list(batch.features), list(batch.labels), batch.status.tolist()
    (['colour=red', 'size'], ['apple'], [2, 1])
    >>> batch.x(1)
    {'colour': None, 'size': 1.0}
    """

    def __init__(
        self,
        features: Vocabulary | None = None,
        labels: Vocabulary | None = None,
        on_bad_row: OnBadRow = _refuse,
    ) -> None:
        self.features = Vocabulary() if features is None else features
        self.labels = Vocabulary() if labels is None else labels
        self.on_bad_row = on_bad_row
        self._reset()

    def _reset(self) -> None:
        self._ids, self._values, self._ends = array("i"), array("d"), array("q", [0])
        self._labels, self._label_ends = array("i"), array("q", [0])
        self._known, self._known_ends = array("i"), array("q", [0])
        self._status = bytearray()
        self._keys: list[object] = []
        self._times, self._places = array("d"), array("q")

    def __len__(self) -> int:
        return len(self._status)

    def add(self, x: object, y: object, key: object = None, time: float = _NAN, place: int | None = None) -> None:
        """Add one row; nothing is added if it raises.

        Parameters
        ----------
        x
            A dict: feature -> number, string (a category), or None or NaN (missing). What is 0 may be left out. Or a numpy
            array of numbers, whose features are named 0, 1, 2, ...
        y
            A set, frozenset, list or tuple of the labels that hold; a dict label -> bool (or None: unknown), labels
            not in it are unknown; None for an unlabelled row.
        key, time
            The instance's own id, and its time in seconds.
        place
            Where the row stands in its source; counted from 0 if not given.

        Raises
        ------
        TypeError, ValueError
            If a name or value is not what it may be; the message names it.
        """
        if isinstance(x, np.ndarray):
            x = as_dict(x)
        if not isinstance(x, Mapping):
            raise TypeError(f"x must be a dict of features or an array of numbers, found {type(x).__name__}")
        ids, values = encode(x, self.features, keep_missing=True)
        held, known, status = encode_labels(y, self.labels)
        self._ids.extend(ids)
        self._values.extend(values)
        self._ends.append(len(self._ids))
        self._labels.extend(held)
        self._label_ends.append(len(self._labels))
        self._known.extend(known)
        self._known_ends.append(len(self._known))
        self._status.append(status)
        self._keys.append(key)
        self._times.append(time)
        self._places.append(len(self._places) if place is None else place)

    def take(self) -> Batch:
        """Return the rows added so far as a batch, and begin a new one."""
        n = len(self)
        indptr = np.array(self._ends, np.int64)
        ids = np.array(self._ids, np.int32)
        values = np.empty(len(ids), np.float32)
        verdict, where = np.empty(n, np.uint8), np.empty(n, np.int64)
        faults = tidy(indptr, ids, np.array(self._values, np.float64), values, verdict, where, len(self.features))
        status = np.frombuffer(bytes(self._status), np.uint8).copy()
        partial = bool((status == PARTIAL).any())
        batch = Batch(
            features=self.features,
            labels=self.labels,
            indptr=indptr,
            indices=ids[: indptr[-1]],
            values=values[: indptr[-1]],
            label_indptr=np.array(self._label_ends, np.int64),
            label_indices=np.array(self._labels, np.int32),
            status=status,
            known_indptr=np.array(self._known_ends, np.int64) if partial else None,
            known_indices=np.array(self._known, np.int32) if partial else None,
            keys=self._keys if any(key is not None for key in self._keys) else None,
            times=np.array(self._times, np.float64) if any(t == t for t in self._times) else None,  # noqa: PLR0124
            places=np.array(self._places, np.int64),
        )
        self._reset()
        if faults:
            batch = self._without_faults(batch, verdict, where)
        return batch

    def _without_faults(self, batch: Batch, verdict: npt.NDArray[np.uint8], where: npt.NDArray[np.int64]) -> Batch:
        from streams.select import select_rows

        assert batch.places is not None
        for row in np.flatnonzero(verdict):
            name = self.features.name(int(where[row]))
            self.on_bad_row(int(batch.places[row]), why_not(int(verdict[row]), name))
        return select_rows(batch, np.flatnonzero(verdict == 0))


def why_not(verdict: int, name: Name) -> str:
    """Return the sentence for a verdict of the kernel `tidy_rows`."""
    from streams.kernels.rows import INFINITE

    if verdict == INFINITE:
        return f"feature {name!r} must be a finite number that fits float32, found an infinite or larger one"
    return f"feature {name!r} stands twice in the row"


def tidy(
    indptr: npt.NDArray[np.int64],
    ids: npt.NDArray[np.int32],
    raw: npt.NDArray[np.float64],
    values: npt.NDArray[np.float32],
    verdict: npt.NDArray[np.uint8],
    where: npt.NDArray[np.int64],
    n_features: int,
) -> int:
    """Call `streams.kernels.rows.tidy_rows` with the scratch arrays it wants; return the number of faulty rows."""
    from streams.kernels.rows import tidy_rows

    bits, summary, scratch = sorting_scratch(n_features)
    return int(tidy_rows(indptr, ids, raw, values, bits, summary, scratch, verdict, where))





def sorting_scratch(n: int) -> Scratch:
    """Return what `sort_row` needs for ids below `n`; it leaves them as it found them."""
    size = 1 << max(12, n.bit_length())
    return np.zeros(size >> 6, np.uint64), np.zeros((size >> 12) + 1, np.uint64), np.empty(size, np.float32)


def encode(
    x: Mapping[Name, object], features: Vocabulary, *, grow: bool = True, keep_missing: bool = False
) -> tuple[array[int], array[float]]:
    """Return ids and values of the features in `x`; new names get ids in sorted order; see `encode_slowly`."""
    try:
        # The common row: names that are known, plain numbers. Strings and None make array("d") raise.
        plain: Any = x.values()
        ids, values = array("i", map(features.ids.__getitem__, x)), array("d", plain)
    except (KeyError, TypeError, OverflowError):
        known = encode_known(x, features)
        return encode_slowly(x, features, grow=grow, keep_missing=keep_missing) if known is None else known
    if features.nominal and any(value != value for value in values):  # noqa: PLR0124
        return encode_slowly(x, features, grow=grow, keep_missing=keep_missing)
    return ids, values


def encode_known(x: Mapping[Name, object], features: Vocabulary) -> tuple[array[int], array[float]] | None:
    """Return ids and values of a row of plain numbers and categories that are all known; None if it is another one."""
    ids, values = array("i"), array("d")
    try:
        for name, value in x.items():
            kind = type(value)
            if kind is str:
                ids.append(features.category_ids[name, value])  # type: ignore[index]
                values.append(1.0)
            elif (kind is float or kind is int or kind is bool) and -_LARGE < value < _LARGE:  # type: ignore[operator]
                ids.append(features.ids[name])
                values.append(value)  # type: ignore[arg-type]
            else:
                return None
    except (KeyError, OverflowError):
        return None
    return ids, values


def encode_labels(y: object, labels: Vocabulary) -> tuple[list[int], list[int], int]:
    """Return the ids of the labels that hold, of those that are known (PARTIAL only), and the status; new names enter.

    Raises
    ------
    TypeError
        If `y` is none of what `RowBuilder.add` takes.
    """
    if y is None:
        return [], [], UNLABELLED
    if isinstance(y, Mapping):
        truth = {name: _truth(name, value) for name, value in y.items() if value is not None}
        known = _label_ids(truth, labels)
        return sorted(labels.ids[name] for name, holds in truth.items() if holds), known, PARTIAL
    if isinstance(y, (set, frozenset, list, tuple)):
        return _label_ids(y, labels), [], COMPLETE
    raise TypeError(f"y must be a set or list of labels, a dict label -> bool, or None, found {type(y).__name__}")


def _label_ids(names: Collection[Name], labels: Vocabulary) -> list[int]:
    ids = labels.ids
    try:
        return sorted(set(map(ids.__getitem__, names)))
    except KeyError:
        for name in sorted(set(names).difference(ids), key=sort_key):
            labels.add(name)
        return sorted({ids[name] for name in names})


def encode_slowly(
    x: Mapping[Name, object], features: Vocabulary, *, grow: bool = True, keep_missing: bool = False
) -> tuple[array[int], array[float]]:
    """Return ids and values of the features in `x`, whatever they are: new names, categories, missing values.

    With `grow` false the vocabulary stays as it is and features not in it are given the ids that they would
    get, from `len(features)` on. That a feature nobody has met is missing says nothing, and it is left out; with
    `keep_missing` it gets a numeric column that says so, for readers who may have met it.

    Raises
    ------
    TypeError, ValueError
        If a name cannot be one, or a value is neither a number nor a string nor None.
    """
    fresh = features if grow else _Tentative(features)
    ids, values = array("i"), array("d")
    columns: list[tuple[Name, Name | None, float]] = []
    for name, value in x.items():
        if isinstance(value, str):
            columns.append((name, value, 1.0))
        elif value is None or (isinstance(value, _NUMBERS) and value != value):  # noqa: PLR0124
            missing = features.columns_of(name)
            ids.extend(missing)
            values.extend([_NAN] * len(missing))
            if keep_missing and not missing:
                columns.append((name, None, _NAN))
        elif isinstance(value, _NUMBERS):
            columns.append((name, None, _number(name, value)))
        else:
            raise TypeError(
                f"feature {name!r} must be a number, a string (a category) or None, found {type(value).__name__}"
            )
    # New names get their ids in the order of the names of their columns.
    columns.sort(key=lambda c: sort_key(c[0] if c[1] is None else f"{c[0]}={c[1]}"))
    for name, category, number in columns:
        if category is None:
            if np.float32(number) == 0 and name not in fresh:
                continue  # a 0, or what becomes one, is as good as not being there
            ids.append(fresh.add(name))
        else:
            ids.append(fresh.add_category(name, category))
        values.append(number)
    return ids, values


class _Tentative(Vocabulary):
    """A vocabulary that looks like another one and grows without changing it."""

    def __init__(self, base: Vocabulary) -> None:
        super().__init__()
        self._base = base

    def __len__(self) -> int:
        return len(self._base) + super().__len__()

    def __contains__(self, name: Name) -> bool:
        return name in self._base or super().__contains__(name)

    def add(self, name: Name) -> int:
        if name in self._base:
            return self._base.add(name)  # it is there: nothing grows, and a clash of kinds is told
        return super().add(name)

    def add_category(self, attribute: Name, category: Name) -> int:
        i = self._base.get_category(attribute, category)
        return super().add_category(attribute, category) if i < 0 else i

    def _append(self, name: Name) -> int:
        i = len(self)
        self.ids[name] = i
        self._names.append(name)
        return i


def _number(name: Name, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        number = math.inf
    if not abs(number) < INFINITE:
        raise ValueError(f"feature {name!r} must be a finite number that fits float32, found {shortened(value)}"[:300])
    return number


def _truth(name: Name, value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, float)) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"label {name!r} must be True, False or None, found {shortened(value)}"[:300])
