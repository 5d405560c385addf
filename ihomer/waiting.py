"""Rows that were predicted and whose labels come later: remembered under keys, so many at most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.array_rows import as_dict
from streams.names import Name, plain_name, shortened, sort_key
from streams.vocabulary import INDICATOR, Vocabulary

#: What may say which labels hold, all others being absent.
_SETS = (set, frozenset, list, tuple)
#: Bytes of a row that waits, beside its entries: key, object, two arrays; and of a name and its value.
ROW, NAMED = 400, 150


@dataclass(slots=True)
class _Row:
    """One row that waits.

    Parameters
    ----------
    ids, values
        int32, float32: its features that were known, ids ascending.
    rest
        name -> value of what ids cannot say: names and categories not met yet, missing values; None if there are none.
    taught
        label -> whether it holds: the truth that came already; None if nothing came.
    """

    ids: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    rest: dict[Name, float | Name | None] | None
    taught: dict[Name, bool] | None = None


class Waiting:
    """The rows that wait for their labels, oldest first; the oldest expires where there is no room.

    Parameters
    ----------
    size
        Rows at most.

    Raises
    ------
    ValueError
        If there is room for no row.

    Examples
    --------
    >>> features = Vocabulary(["a"])
    >>> waiting = Waiting(2)
    >>> for i, x in enumerate([{"a": 1.0}, {"a": 2.0}, {"a": 3.0, "new": 1.0}]):
    ...     waiting.remember(f"row {i}", x, None, features)
    >>> len(waiting), waiting.expired, waiting.x("row 2", features)
    (2, 1, {'a': 3.0, 'new': 1.0})
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"waiting must be at least 1, found {size!r}")
        self.size = size
        #: How many rows were let go before their truth was complete.
        self.expired = 0
        self._rows: dict[Name, _Row] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def remember(
        self,
        key: Name,
        x: Mapping[Name, Any] | npt.NDArray[Any],
        encoded: tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]] | None,
        features: Vocabulary,
    ) -> None:
        """Remember a row, which has been found to be good, under `key`.

        A key that waits with the same row stays as it is; its row gives way to another one, and has expired.

        Parameters
        ----------
        key
            A name.
        x
            The row; of an array what is not 0 is remembered.
        encoded
            Ids (ascending) and values of `x` as a row for prediction, if they are at hand.
        features
            The vocabulary of the ids.

        Raises
        ------
        TypeError
            If `key` cannot be a name.
        """
        key = plain_name(key)
        if isinstance(x, np.ndarray):
            row = _plain_row(encoded, int(np.count_nonzero(x)), features)
            row = row or _mixed_row(as_dict(x), features)
        else:
            row = _plain_row(encoded, len(x), features) or _mixed_row(x, features)
        before = self._rows.get(key)
        if before is not None:
            if _rounded(_x(before, features)) == _rounded(_x(row, features)):
                return
            del self._rows[key]
            self.expired += 1
        self._rows[key] = row
        if len(self._rows) > self.size:
            del self._rows[next(iter(self._rows))]
            self.expired += 1

    def x(self, key: Name, features: Vocabulary) -> dict[Name, float | Name | None]:
        """Return the features of the row that waits under `key`.

        Raises
        ------
        KeyError
            If there is none.
        """
        return _x(self._row(key), features)

    def fresh(self, key: Name, y: object, labels: Vocabulary) -> tuple[object] | tuple[()]:
        """Return what is to be learned of the truth `y`: all of it at first, then what was not taught yet, if anything.

        Parameters
        ----------
        key
            The key of a row that waits.
        y
            As `learn_one` takes it.
        labels
            The labels met so far: a set says something of all of them.

        Raises
        ------
        KeyError
            If no row waits under `key`.
        ValueError
            If `y` says another thing of a label than what was taught.
        """
        taught = self._row(key).taught
        if taught is None or not isinstance(y, (Mapping, *_SETS)):
            return (y,)
        if isinstance(y, Mapping):
            truths = {name: truth for name, truth in y.items() if truth is not None}
        else:
            holds = set(y)
            truths = {name: name in holds for name in [*labels, *taught, *holds]}
        for name, truth in taught.items():
            if name in truths and truths[name] != truth:
                raise ValueError(
                    f"label {name!r} of the row {shortened(key)} was learned as {truth}, and cannot be "
                    f"{shortened(truths[name])} now"
                )
        new = {name: truth for name, truth in truths.items() if name not in taught}
        return (new,) if new else ()

    def learned(self, key: Name, y: Mapping[Name, Any], labels: Vocabulary) -> None:
        """Note that `y` was taught for the row under `key`; it goes when no label met so far is left to come."""
        row = self._row(key)
        told = {plain_name(name): bool(truth) for name, truth in y.items() if truth is not None}
        row.taught = taught = {**(row.taught or {}), **told}
        if taught and len(taught) >= len(labels) and all(name in taught for name in labels):
            self.release(key)

    def release(self, key: Name) -> None:
        """Let the row under `key` go: nothing of its truth is left to come."""
        del self._rows[plain_name(key)]

    def forget_features(self, ids: npt.NDArray[np.int32], features: Vocabulary) -> None:
        """Keep features by name whose ids will mean something else; call it while `features` still knows them."""
        for key, row in self._rows.items():
            gone = np.isin(row.ids, ids)
            if gone.any():
                names = _x(_Row(row.ids[gone], row.values[gone], row.rest), features)
                self._rows[key] = _Row(row.ids[~gone], row.values[~gone], _in_order(names), row.taught)

    def keep_features(self, positions: npt.NDArray[np.int64], features: Vocabulary) -> None:
        """Keep the features at `positions` (ascending) by their new ids, others by name; before `features` drops them."""
        stay = np.zeros(len(features), np.bool_)
        stay[positions] = True
        self.forget_features(np.flatnonzero(~stay).astype(np.int32), features)
        becomes = (np.cumsum(stay) - 1).astype(np.int32)
        for key, row in self._rows.items():
            self._rows[key] = _Row(becomes[row.ids], row.values, row.rest, row.taught)

    @property
    def needed(self) -> int:
        """Bytes held, about: 8 a feature known by id, `NAMED` one known by name or a label taught, and `ROW` a row."""
        named = sum(len(row.rest or ()) + len(row.taught or ()) for row in self._rows.values())
        return ROW * len(self._rows) + 8 * sum(len(row.ids) for row in self._rows.values()) + NAMED * named

    def shorten(self, most: int) -> None:
        """Let the oldest rows expire until at most so many bytes are held."""
        needed = self.needed if self._rows else 0
        while needed > most and self._rows:
            row = self._rows.pop(next(iter(self._rows)))
            self.expired += 1
            needed -= ROW + 8 * len(row.ids) + NAMED * (len(row.rest or ()) + len(row.taught or ()))

    def _row(self, key: Name) -> _Row:
        try:
            return self._rows[plain_name(key)]
        except KeyError:
            raise KeyError(
                f"no row waits under the key {shortened(key)}: it was not given to a prediction, or its truth came "
                f"whole, or it expired ({len(self):,} rows wait, of at most {self.size:,}; {self.expired:,} expired)"
            ) from None

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        rows = list(self._rows.values())
        return {
            "keys": list(self._rows),
            "lengths": np.array([len(row.ids) for row in rows], np.int64),
            "ids": np.concatenate([np.zeros(0, np.int32), *(row.ids for row in rows)]),
            "values": np.concatenate([np.zeros(0, np.float32), *(row.values for row in rows)]),
            "rest": {i: row.rest for i, row in enumerate(rows) if row.rest},
            "taught": {i: _in_order(row.taught) for i, row in enumerate(rows) if row.taught is not None},
            "expired": self.expired,
        }

    @classmethod
    def from_state(cls, size: int, state: dict[str, Any]) -> Waiting:
        """Return the rows that `state` was taken from; the oldest expire where there is no room for all."""
        waiting = cls(size)
        waiting.expired = state["expired"]
        ends = np.cumsum(state["lengths"]).tolist()
        for i, (key, start, stop) in enumerate(zip(state["keys"], [0, *ends], ends, strict=False)):
            ids, values = state["ids"][start:stop].copy(), state["values"][start:stop].copy()
            waiting._rows[key] = _Row(ids, values, state["rest"].get(i), state["taught"].get(i))
        return waiting


def _plain_row(
    encoded: tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]] | None, n: int, features: Vocabulary
) -> _Row | None:
    """Return a row of n plain numbers whose names are all known; None if it is another one."""
    if encoded is None or features.nominal:
        return None
    ids, values = encoded
    if len(ids) != n or (n and ids[-1] >= len(features)) or np.isnan(values).any():
        return None
    return _Row(ids.copy(), values.copy(), None)


def _mixed_row(x: Mapping[Name, Any], features: Vocabulary) -> _Row:
    """Return any row: features that are known by ids, everything else by name."""
    known: list[tuple[int, float]] = []
    rest: dict[Name, float | Name | None] = {}
    for name, value in x.items():
        if isinstance(value, str):
            i = features.get_category(name, value)
            if i < 0:
                rest[plain_name(name)] = str(value)
            else:
                known.append((i, 1.0))
        elif value is None or value != value:  # noqa: PLR0124 (NaN)
            rest[plain_name(name)] = None
        else:
            i = features.get(name)
            if i < 0 or features.kind(i) == INDICATOR:  # not met yet; or a number named as a category is
                rest[plain_name(name)] = float(value)
            else:
                known.append((i, float(value)))
    known.sort()
    ids, values = np.array([i for i, _ in known], np.int32), np.array([v for _, v in known], np.float32)
    return _Row(ids, values, _in_order(rest) if rest else None)


def _x(row: _Row, features: Vocabulary) -> dict[Name, float | Name | None]:
    x: dict[Name, float | Name | None] = {}
    for i, value in zip(row.ids.tolist(), row.values.tolist(), strict=True):
        if features.kind(i) == INDICATOR:
            x[features.attribute(i)] = features.category(i)
        else:
            x[features.name(i)] = value
    return {**x, **(row.rest or {})}


def _rounded(x: dict[Name, float | Name | None]) -> dict[Name, object]:
    """Return a row with its numbers as learners see them."""
    return {name: np.float32(value) if isinstance(value, float) else value for name, value in x.items()}


def _in_order(names: dict[Name, Any]) -> dict[Name, Any]:
    """Return a dict with its names in sorted order: that of the caller's dict must not be told from the state."""
    return dict(sorted(names.items(), key=lambda item: sort_key(item[0])))
