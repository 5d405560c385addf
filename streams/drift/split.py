"""Labels that fall into two."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.drift.chance import uniform
from streams.drift.changed import blocks_of
from streams.drift.entries import Ids, rows_of
from streams.drift.renamed_labels import RenamedLabels
from streams.drift.scan import rows_before


class SplitLabels(RenamedLabels):
    """From the change on each label concerned is two, one on either side of a random hyperplane; both are new names.

    The hyperplane lies at the median of the rows before the change in which the label holds, so that both halves are
    about as frequent and can be learned from the features. The rows before the change are looked at for that: the
    stream must rewind.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`. Label ``a`` becomes ``a.1`` and ``a.2``.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = SplitLabels(open_stream("yeast"), 1000, labels=["Class12"], seed=1)
    >>> after = [y for x, y in stream.sets()][1000:]
    >>> [sum(name in y for y in after) for name in ("Class12", "Class12.1", "Class12.2")]
    [0, 532, 535]
    """

    kind = "labels split"
    parts = 2

    def part_of(self, batch: Batch, rows: Ids, ranks: Ids) -> Ids:
        """Return the side of the hyperplane, 0 or 1, of each row."""
        return (self._heights(batch)[rows] > self._medians[ranks]).astype(np.int64)

    @cached_property
    def _medians(self) -> npt.NDArray[np.float64]:
        """The height of the hyperplane of each label in `chosen`."""
        heights: list[list[float]] = [[] for _ in self.chosen]
        for block in rows_before(self.stream, blocks_of, self.when.first):
            ranks = self.ranks(block.label_indices)
            at = self._heights(block)[rows_of(block.label_indptr)[ranks >= 0]]
            for rank, height in zip(ranks[ranks >= 0].tolist(), at.tolist(), strict=True):
                heights[rank].append(height)
        return np.array([float(np.median(part)) if part else 0.0 for part in heights])

    def _heights(self, batch: Batch) -> npt.NDArray[np.float64]:
        """Return the height of each row along a random direction, each feature in its own scale."""
        weights = uniform(self.seed, self._salt, np.arange(len(batch.features))) - 0.5
        scale = np.pad(self.met.scale, (0, max(0, len(weights) - len(self.met.scale))))[: len(weights)]
        weights /= np.where(scale > 0, scale, 1.0)
        parts = np.nan_to_num(batch.values.astype(np.float64)) * weights[batch.indices]
        heights: npt.NDArray[np.float64] = np.bincount(rows_of(batch.indptr), parts, minlength=len(batch)).astype(np.float64)
        if batch.dense is not None and batch.dense_ids is not None:
            heights += (np.nan_to_num(batch.dense.astype(np.float64)) * weights[batch.dense_ids]).sum(axis=1)
        return heights
