"""What all generators share: parameters, and fixed blocks that do not depend on the batch size."""

from __future__ import annotations

import abc
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, Batch
from streams.synthetic.drawn import Drawn

Matrix = npt.NDArray[np.float32]
Truth = npt.NDArray[np.bool_]

#: Random numbers drawn for a block: enough that numpy's overhead does not show, little enough for any cache.
_BLOCK_NUMBERS = 1 << 18


class Generator(Drawn):
    """A stream that is drawn, not read: block b of the rows from the seed (seed, b).

    Parameters
    ----------
    rows
        How many rows.
    features, labels
        How many features (named x0, x1, ...) and labels (named label0, label1, ...).
    seed
        The same seed gives the same rows.

    Raises
    ------
    ValueError
        If a parameter is not what it may be.
    """

    def __init__(
        self,
        *,
        rows: int = 10_000,
        features: int = 50,
        labels: int = 10,
        seed: int = 0,
    ) -> None:
        kind = type(self).__name__
        at_least(kind, rows=(rows, 0), features=(features, 1), labels=(labels, 1), seed=(seed, 0))
        super().__init__(kind, rows)
        self.seed = seed
        for j in range(features):
            self.features.add(f"x{j}")
        for j in range(labels):
            self.labels.add(f"label{j}")
        self.declared_labels = labels
        # Rows a block: a power of two that the parameters alone decide.
        self._block = 1 << max(0, (_BLOCK_NUMBERS // (features + labels)).bit_length() - 1)

    @abc.abstractmethod
    def draw(self, random: np.random.Generator, n: int) -> tuple[Matrix | Truth, Truth]:
        """Return features and labels, bool (n, labels), of n rows.

        The features have shape (n, features): float32 (stored densely) or bool (stored sparsely).
        """

    def random(self, *key: int) -> np.random.Generator:
        """Return the random numbers of a block, by its number; without a number those of the concept."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))

    def _blocks(self) -> Iterator[Batch]:
        for number, start in enumerate(range(0, self.length, self._block)):
            # A whole block is drawn even for the last rows: they do not depend on how many are wanted.
            x, y = self.draw(self.random(number), self._block)
            n = min(self._block, self.length - start)
            self._made = start + n
            yield self._batch(x[:n], y[:n], start)

    def _batch(self, x: Matrix | Truth, y: Truth, start: int) -> Batch:
        n, width = x.shape
        sparse = x.dtype == np.bool_
        lit = np.flatnonzero(x) if sparse else np.empty(0, np.int64)
        return Batch(
            features=self.features,
            labels=self.labels,
            indptr=_offsets(x) if sparse else np.zeros(n + 1, np.int64),
            indices=(lit % width).astype(np.int32),
            values=np.ones(len(lit), np.float32),
            label_indptr=_offsets(y),
            label_indices=(np.flatnonzero(y) % y.shape[1]).astype(np.int32),
            status=np.full(n, COMPLETE, np.uint8),
            dense=None if sparse else np.ascontiguousarray(x, np.float32),
            dense_ids=None if sparse else np.arange(width, dtype=np.int32),
            places=np.arange(start, start + n),
        )


def _offsets(cells: Matrix | Truth) -> npt.NDArray[np.int64]:
    """Return the CSR offsets, int64 (n + 1,), of a matrix of truth values."""
    indptr = np.zeros(len(cells) + 1, np.int64)
    np.cumsum(np.count_nonzero(cells, axis=1), out=indptr[1:])
    return indptr


def at_least(kind: str, **limits: tuple[float, float]) -> None:
    """Raise ValueError for the first parameter, given as (value, lowest), whose value is lower."""
    for name, (value, lowest) in limits.items():
        if not value >= lowest:
            raise ValueError(f"{kind}: {name} must be at least {lowest}, found {value}")


def at_most(kind: str, **limits: tuple[float, float]) -> None:
    """Raise ValueError for the first parameter, given as (value, highest), whose value is higher."""
    for name, (value, highest) in limits.items():
        if not value <= highest:
            raise ValueError(f"{kind}: {name} must be at most {highest}, found {value}")
