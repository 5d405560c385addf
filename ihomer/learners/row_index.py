"""RowIndex: stored rows by feature, for the dot products of a row with all of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.arrays import TABLE, grown, kept
from ihomer.kernels.postings import CHUNK, EVER, HELD, Index, free_chunks, put_many


class RowIndex:
    """The features of rows at positions 0, 1, 2, ...: a matrix in dense streams, chunks of postings in sparse ones.

    Parameters
    ----------
    dense
        Whether it is a matrix.
    """

    def __init__(self, *, dense: bool) -> None:
        self.dense = dense
        self.arrays = Index(
            np.zeros((0, 0), np.float32),
            np.zeros((0, CHUNK), np.uint16),
            np.zeros((0, CHUNK), np.float32),
            np.zeros(0, np.int32),
            np.zeros((0, 4), np.int32),
            np.array([-1, 0, 0], np.int64),
        )

    def reserve(self, n_features: int, n_positions: int, n_chunks: int) -> None:
        """Make room for this many features and positions, and (sparse) for holding this many chunks."""
        index = self.arrays
        if self.dense:
            self.arrays = index._replace(Z=grown(index.Z, (n_features, n_positions), 0, TABLE))
            return
        chunks = max(n_chunks, int(index.pool[EVER]))
        self.arrays = index._replace(
            positions=grown(index.positions, (chunks, CHUNK)),
            values=grown(index.values, (chunks, CHUNK)),
            following=grown(index.following, (chunks,)),
            ends=grown(index.ends, (n_features, 4), -1),
        )

    @property
    def n_chunks(self) -> int:
        """Chunks that hold something."""
        return int(self.arrays.pool[HELD])

    def put(
        self,
        indptr: npt.NDArray[np.int64],
        ids: npt.NDArray[np.int32],
        values: npt.NDArray[np.float32],
        positions: npt.NDArray[np.int64],
    ) -> None:
        """Store the rows of a CSR array at these positions, at which none are."""
        n_positions = int(positions.max(initial=-1)) + 1
        chunks = int(((np.bincount(ids) + CHUNK - 1) // CHUNK).sum())
        self.reserve(int(ids.max(initial=-1)) + 1, n_positions, self.n_chunks + chunks)
        put_many(self.arrays, self.dense, indptr, ids, values, positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        index = self.arrays
        if self.dense:
            self.arrays = index._replace(Z=kept(index.Z, positions, 0, 0, TABLE))
            return
        gone = np.setdiff1d(np.arange(len(index.ends)), positions, assume_unique=True)
        free_chunks(gone, index.ends, index.following, index.pool)
        self.arrays = index._replace(ends=kept(index.ends, positions, fill=-1))

    def entries(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return feature, position and value of every non-zero held, in order of feature and position."""
        index = self.arrays
        if self.dense:
            features, positions = np.nonzero(index.Z)
            return features.astype(np.int32), positions, index.Z[features, positions]
        found: list[tuple[int, int, float]] = []
        for feature, (chunk, newest, begin, end) in enumerate(index.ends.tolist()):
            at, start = chunk, begin
            while at >= 0:
                stop = end if at == newest else CHUNK
                found += [
                    (feature, int(index.positions[at, q]), float(index.values[at, q])) for q in range(start, stop)
                ]
                start = 0
                at = int(index.following[at])
        found.sort()
        columns = tuple(zip(*found, strict=True)) if found else ((), (), ())
        return (
            np.array(columns[0], np.int32), np.array(columns[1], np.int64), np.array(columns[2], np.float32),
        )  # fmt: skip

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow (a quarter) included.

        Dense: 4 a feature and position. Sparse: 100 a chunk of 16 postings, 16 a feature; every feature that has a
        posting has at most two chunks that are not full.
        """
        return sum(array.nbytes for array in self.arrays)
