"""Drives the kernel that reads regular JSON Lines: tables of names, arrays for a block of lines, rows out of them."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from streams.batch import Batch
from streams.kernels.parse_json import (
    AT,
    IRREGULAR,
    LINE,
    N_STATE,
    ROWS,
    WIDTH,
    add_names,
    parse_json,
)
from streams.rows import sorting_scratch
from streams.sources import newlines
from streams.vocabulary import NUMERIC, Vocabulary

T = TypeVar("T", bound=np.generic)
_Arrays: TypeAlias = (
    "tuple[npt.NDArray[np.int32], npt.NDArray[np.uint64], npt.NDArray[np.int64], npt.NDArray[np.uint8], "
    "npt.NDArray[np.int32]]"
)


class NameTable:
    """A hash table, in arrays, of the names of a growing vocabulary that are strings and stand for one number.

    Parameters
    ----------
    vocabulary
        Whose names; of features or of labels.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._seen = 0
        self._reset()

    def _reset(self) -> None:
        self._n = 0
        self.slots: npt.NDArray[np.int32] = np.full(1 << 10, -1, np.int32)
        self.hashes: npt.NDArray[np.uint64] = np.empty(1 << 9, np.uint64)
        self.ends: npt.NDArray[np.int64] = np.zeros((1 << 9) + 1, np.int64)
        self.columns: npt.NDArray[np.int32] = np.empty(1 << 9, np.int32)
        self.letters: npt.NDArray[np.uint8] = np.empty(1 << 13, np.uint8)

    def grow(self) -> None:
        """Enter the names that the vocabulary has gained."""
        vocabulary, start = self._vocabulary, self._seen
        if start == len(vocabulary):
            return
        self._seen = len(vocabulary)
        if any(vocabulary.kind(i) != NUMERIC for i in range(start, self._seen)):
            # What was a number before may be nominal now: all names are looked at again.
            start = 0
            self._reset()
        names, columns = [], []
        for i in range(start, self._seen):
            name = vocabulary.name(i)
            if isinstance(name, str) and vocabulary.kind(i) == NUMERIC and not vocabulary.indicators(name):
                names.append(name.encode(errors="surrogatepass"))
                columns.append(i)
        self._append(names, columns)

    def _append(self, names: list[bytes], columns: list[int]) -> None:
        n = self._n + len(names)
        letters = b"".join(names)
        used = int(self.ends[self._n])
        self.hashes, self.columns = _room(self.hashes, n), _room(self.columns, n)
        self.ends, self.letters = _room(self.ends, n + 1), _room(self.letters, used + len(letters))
        self.columns[self._n : n] = columns
        self.ends[self._n + 1 : n + 1] = used + np.cumsum([len(name) for name in names], dtype=np.int64)
        self.letters[used : used + len(letters)] = np.frombuffer(letters, np.uint8)
        first = self._n
        if 2 * n > len(self.slots):
            self.slots = np.full(1 << (4 * n).bit_length(), -1, np.int32)
            first = 0
        add_names(self.slots, self.hashes, self.ends, self.letters, first, n)
        self._n = n

    @property
    def arrays(self) -> _Arrays:
        """What the kernel wants."""
        return self.slots, self.hashes, self.ends, self.letters, self.columns


#: The arrays for blocks of fewer bytes are used again: making them would take as long as reading one message.
_SMALL = 1 << 12


class BlockParser:
    """Reads regular lines of a block; stops at every other one.

    Parameters
    ----------
    features, labels
        The vocabularies; they do not grow here.
    """

    def __init__(self, features: Vocabulary, labels: Vocabulary) -> None:
        self.features, self.labels = features, labels
        self._feature_table, self._label_table = NameTable(features), NameTable(labels)
        self._state = np.zeros(N_STATE, np.int64)
        self._scratch = sorting_scratch(0)
        self._small = False

    def begin(self, block: bytes, line: int, times: npt.NDArray[np.float64] | None = None) -> None:
        """Take up a block of lines.

        Parameters
        ----------
        block
            Valid UTF-8 that ends with a newline.
        line
            The number of the first line.
        times
            A time for every line, for rows that have none of their own.
        """
        self._block, self._data = block, np.frombuffer(block, np.uint8)
        self._state[:ROWS + 1] = 0, line, 0
        self._first, self._given = line, times
        small = len(block) <= _SMALL
        if not (small and self._small):
            self._make_room(max(len(block), _SMALL), _SMALL if small else newlines(block))
            self._small = small

    def _make_room(self, size: int, n: int) -> None:
        """Make the arrays for a block of so many bytes and lines."""
        self._size = size
        cells, labels = size // 5 + 1, size // 3 + 1  # the shortest are `"":0,` and `"",`
        self._indptr, self._label_indptr = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
        self._ids, self._values = np.empty(cells, np.int32), np.empty(cells, np.float32)
        self._label_ids, self._status = np.empty(labels, np.int32), np.empty(n, np.uint8)
        self._spans, self._lines = np.zeros((n, 4), np.int64), np.empty(n, np.int64)
        self._dense = np.empty((0, 0), np.float32)

    def parse(self, width: int) -> tuple[Batch | None, bool]:
        """Read on; return the rows read, if any, and whether an irregular line follows (see `line`).

        Parameters
        ----------
        width
            Length of the vectors, 0 if x is an object.
        """
        self._feature_table.grow()
        self._label_table.grow()
        if len(self._scratch[2]) <= len(self.features):
            self._scratch = sorting_scratch(len(self.features))
        state = self._state
        state[WIDTH] = width
        first = int(state[ROWS])
        if width and self._dense.shape[1] != width:
            # A vector takes two bytes a number at least.
            self._dense = np.empty((min(len(self._status), self._size // (2 * width) + 1), width), np.float32)
        why = parse_json(
            self._data,
            state,
            *self._feature_table.arrays,
            *self._label_table.arrays,
            self._indptr,
            self._ids,
            self._values,
            self._dense,
            self._label_indptr,
            self._label_ids,
            self._status,
            self._spans,
            self._lines,
            *self._scratch,
        )
        return self._batch(first, int(state[ROWS]), width), why == IRREGULAR

    def line(self) -> tuple[bytes, int]:
        """Return the next line, without its end, and its number, and go on behind it."""
        at, number = int(self._state[AT]), int(self._state[LINE])
        stop = self._block.index(b"\n", at)
        self._state[AT], self._state[LINE] = stop + 1, number + 1
        return self._block[at:stop], number

    @property
    def ended(self) -> bool:
        """Whether there is no further line."""
        return int(self._state[AT]) == len(self._block)

    def _batch(self, first: int, stop: int, width: int) -> Batch | None:
        if stop == first:
            return None
        i0, i1 = self._indptr[first], self._indptr[stop]
        l0, l1 = self._label_indptr[first], self._label_indptr[stop]
        return Batch(
            features=self.features,
            labels=self.labels,
            indptr=self._indptr[first : stop + 1] - i0,
            indices=self._ids[i0:i1].copy(),
            values=self._values[i0:i1].copy(),
            label_indptr=self._label_indptr[first : stop + 1] - l0,
            label_indices=self._label_ids[l0:l1].copy(),
            status=self._status[first:stop].copy(),
            dense=self._dense[first:stop].copy() if width else None,
            dense_ids=np.array([self.features.get(j) for j in range(width)], np.int32) if width else None,
            keys=self._spanned(first, stop, 0),
            times=self._times(first, stop),
            places=self._lines[first:stop].copy(),
        )

    def _spanned(self, first: int, stop: int, at: int) -> list[object] | None:
        spans = self._spans[first:stop, at : at + 2]
        if not spans[:, 1].any():
            return None
        block = self._block
        # Read together: each by itself takes three times as long.
        values: list[object] = orjson.loads(b"[%b]" % b",".join(block[a:b] if b else b"null" for a, b in spans.tolist()))
        return values

    def _times(self, first: int, stop: int) -> npt.NDArray[np.float64] | None:
        own = self._spanned(first, stop, 2)
        times = None if own is None else np.array(own, np.float64)  # None is NaN
        if self._given is None:
            return times
        given = self._given[self._lines[first:stop] - self._first]
        return given if times is None else np.where(np.isnan(times), given, times)


def _room(array: npt.NDArray[T], n: int) -> npt.NDArray[T]:
    """Return `array`, or a copy at least `n` long, twice as long as it needs to be."""
    if n <= len(array):
        return array
    longer = np.zeros(2 * n, array.dtype)
    longer[: len(array)] = array
    return longer
