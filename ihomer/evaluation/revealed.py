"""What a learner gets to see of the labels of a stream, where that is less than all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ihomer.evaluation.tallies import taller
from ihomer.kernels.reveal import reveal_rows
from streams.batch import PARTIAL

if TYPE_CHECKING:
    from streams.batch import Batch

#: Cells (row, label) told that a block has room for at first; more room is made as it is needed.
_ROOM = 1 << 16


class Revealed:
    """Hides labels of the rows of a stream, given block after block; how it is cut into blocks changes nothing.

    Whether a row keeps its labels, and whether a label of it is told, is drawn by a counter-based generator from
    (seed, row, id of the label).

    Parameters
    ----------
    fraction
        Each row keeps its labels with this probability; else it comes as unlabelled.
    partial
        Of a row that keeps its labels, each label known at that moment is told with this probability; the others are
        unknown, not absent. Known are: of a complete row, its own labels and all that earlier rows revealed; of a
        partial one, those that it knows.
    seed
        Seed of the draws.

    Raises
    ------
    ValueError
        If a probability is not in 0..1, or the seed is negative.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"a", "b"}), ({}, {"a"}), ({}, {"b", "c"}), ({}, {"c"})])
    >>> [y for _, y in Revealed(partial=0.6, seed=1)(batch).pairs()]
    [{'a': True, 'b': True}, {'b': False}, {'a': False, 'b': True, 'c': True}, {'c': True}]
    """

    def __init__(self, fraction: float = 1.0, partial: float = 1.0, seed: int = 0) -> None:
        for name, value in (("label_fraction", fraction), ("partial", partial)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must lie in 0..1, found {value!r}")
        if seed < 0:
            raise ValueError(f"mask_seed must be at least 0, found {seed!r}")
        self.fraction, self.partial, self.seed = float(fraction), float(partial), seed
        self._rows = 0
        self._space, self._size = np.empty(0, np.int32), np.zeros(1, np.int64)

    def __call__(self, batch: Batch) -> Batch:
        """Return the next rows of the stream as the learner gets them."""
        if self.fraction == self.partial == 1:
            return batch
        n = len(batch)
        known_indptr, known = batch.known_indptr, batch.known_indices
        if known_indptr is None or known is None:
            known_indptr, known = np.zeros(n + 1, np.int64), np.empty(0, np.int32)
        truth = batch.label_indptr, batch.label_indices, known_indptr, known, batch.status
        truth = tuple(a if a.flags.c_contiguous and a.flags.writeable else a.copy() for a in truth)  # type: ignore[assignment]
        self._space = taller(self._space, int(self._size[0]) + len(batch.label_indices) + len(known))
        status, label_indptr, told_indptr = np.empty(n, np.uint8), np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
        labels, told = np.empty(len(batch.label_indices), np.int32), np.empty(_ROOM, np.int32)
        row = 0
        while True:
            row = reveal_rows(
                row, self._rows, np.uint64(self.seed & (2**64 - 1)), self.fraction, self.partial, *truth,
                self._space, self._size, status, label_indptr, labels, told_indptr, told,
            )  # fmt: skip
            if row == n:
                break
            told = np.concatenate((told, np.empty(len(told) + len(self._space) + len(known), np.int32)))
        self._rows += n
        some = bool((status == PARTIAL).any())
        return replace(
            batch,
            status=status,
            label_indptr=label_indptr,
            label_indices=labels[: label_indptr[n]],
            known_indptr=told_indptr if some else None,
            known_indices=told[: told_indptr[n]].copy() if some else None,
        )
