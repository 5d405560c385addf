"""Our learner of dense rows, alone: with some cells compared with a row, or with all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.extreme.best_sets import with_best_sets
from ihomer.door import Door
from ihomer.kernels.inputs import DENSE
from ihomer.learners.dense_labels import PROBES, DenseLabels
from ihomer.learners.inputs import Inputs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ihomer.predictions import Predictions
    from ihomer.rows import Rows
    from streams.batch import Batch

TOP = 5
#: More cells than there ever are: all labels are scored.
ALL = 1 << 16
#: No embedding has more dimensions; streams with more features are taken to be sparse.
WIDEST = 4096


class Ranking:
    """Takes rows in ids of its own, scaled as dense ones are; a subclass ranks the labels of each, then learns it."""

    def __init__(self) -> None:
        self._door, self._inputs = Door(), Inputs(DENSE)
        self._rows = self._held = 0

    def __call__(self, batch: Batch) -> Predictions:
        """Predict and learn the rows, in order; sets have as many labels as the mean row."""
        rows = self._inputs.block(self._door.learned(batch), learn=True).plain
        top, scores = self.rank(rows)
        size = round(self._held / max(self._rows, 1))
        self._rows += len(rows)
        self._held += len(rows.label_indices)
        return replace(with_best_sets(batch, top, scores, size), labels=self._door.labels)

    def rank(self, rows: Rows) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return the best labels of each row, and scores, before it is learned."""
        raise NotImplementedError


class Vectors(Ranking):
    """`DenseLabels`.

    Parameters
    ----------
    probes
        Cells that are compared with a row.
    """

    def __init__(self, probes: int = PROBES) -> None:
        super().__init__()
        self._learner = DenseLabels(probes=probes)

    def rank(self, rows: Rows) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """See `Ranking`."""
        ids, scores, _ = self._learner.best(rows, TOP, learn=True)
        return ids, scores

    @property
    def n_bytes(self) -> int:
        """Bytes of the learner."""
        return self._learner.n_bytes
