"""Digests: of the rows of a stream, of the code that runs over them, of all that a cell depends on."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from streams.batch import Batch
    from streams.vocabulary import Vocabulary

Hashes = npt.NDArray[np.uint64]

#: Rooms of the house that no score depends on.
_ABOVE: Final = frozenset(("cli", "compare", "daemon", "explain", "live", "report"))


class RowsDigest:
    """A digest of rows in their order, by what they say: names and values, not by ids or batches.

    Examples
    --------
    >>> from streams import Batch
    >>> rows = [({"a": 1.0}, {"x"}), ({"b": 2.0}, {"y"}), ({"a": 1.0, "b": 3.0}, set())]
    >>> whole, cut = RowsDigest(), RowsDigest()
    >>> whole.add(Batch.from_pairs(rows))
    >>> cut.add(Batch.from_pairs(rows[:1]))
    >>> cut.add(Batch.from_pairs(rows[1:]))
    >>> whole.rows, whole.hex() == cut.hex()
    (3, True)
    """

    def __init__(self) -> None:
        self.rows = 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._names: dict[int, tuple[Vocabulary, Hashes]] = {}

    def add(self, batch: Batch) -> None:
        """Add the rows of a batch."""
        labels = self._hashes(batch.labels, batch.label_indices)
        sparse = _cells(self._hashes(batch.features, batch.indices), batch.values)
        features = _by_row(batch.indptr, sparse)
        if batch.dense is not None and batch.dense_ids is not None:
            dense = _cells(self._hashes(batch.features, batch.dense_ids), batch.dense)
            features = features + np.where(batch.dense != 0, _mixed(dense), np.uint64(0)).sum(axis=1, dtype=np.uint64)
        parts = [features, _by_row(batch.label_indptr, labels), batch.status.astype(np.uint64)]
        if batch.known_indptr is not None and batch.known_indices is not None:
            parts.append(_by_row(batch.known_indptr, self._hashes(batch.labels, batch.known_indices)))
        else:
            parts.append(np.zeros(len(batch), np.uint64))
        self._digest.update(np.ascontiguousarray(np.stack(parts, axis=1)).tobytes())
        self.rows += len(batch)

    def hex(self) -> str:
        """Return the digest of the rows so far."""
        return self._digest.hexdigest()

    def _hashes(self, names: Vocabulary, ids: npt.NDArray[np.int32]) -> Hashes:
        """Return the hash of the name of each id; each name is hashed once."""
        _, hashes = self._names.get(id(names), (names, np.zeros(0, np.uint64)))
        if len(hashes) < len(names):
            hashes = np.concatenate((hashes, np.zeros(len(names) - len(hashes), np.uint64)))
            self._names[id(names)] = names, hashes
        for i in np.unique(ids[hashes[ids] == 0]).tolist():
            hashes[i] = _hash_of(names.name(i))
        return hashes[ids]


def _hash_of(name: object) -> int:
    text = f"{type(name).__name__}:{name}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _cells(names: Hashes, values: npt.NDArray[np.floating]) -> Hashes:
    """Return a number for each cell that depends on the name of its feature and on its value."""
    return names * np.uint64(0x9E3779B97F4A7C15) ^ np.ascontiguousarray(values, np.float64).view(np.uint64)


def _by_row(indptr: npt.NDArray[np.int64], cells: Hashes) -> Hashes:
    """Return the sums of the cells of every row: the order of the cells says nothing."""
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(_mixed(cells), dtype=np.uint64)))
    return sums[indptr[1:]] - sums[indptr[:-1]]


def _mixed(cells: Hashes) -> Hashes:
    """Return other numbers from which sums cannot be alike by accident (the finalizer of splitmix64)."""
    cells = (cells ^ (cells >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    cells = (cells ^ (cells >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return cells ^ (cells >> np.uint64(31))


@cache
def code_digest() -> str:
    """Return the digest of all source files that a score can depend on."""
    import ihomer
    import streams

    digest = hashlib.blake2b(digest_size=16)
    for package in (ihomer, streams):
        home = Path(package.__file__ or "").parent
        for path in sorted(home.rglob("*.py")):
            place = path.relative_to(home)
            if place.parts[0] not in _ABOVE:
                digest.update(f"{package.__name__}/{place.as_posix()}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def key_of(inputs: object) -> str:
    """Return the digest of plain values.

    Examples
    --------
    >>> key_of({"b": 1, "a": [2]}) == key_of({"a": [2], "b": 1})
    True
    """
    return hashlib.blake2b(json.dumps(inputs, sort_keys=True).encode(), digest_size=16).hexdigest()
