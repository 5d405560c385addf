"""Probabilities of all labels: their log loss, and whether of those said to hold with probability p a share p does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.kernels.calibration import calibration_block
from ihomer.rows import Rows

#: The usual number of bins (Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks").
BINS = 15


class Calibration:
    """Expected calibration error, log loss and Brier score over all cells (row, label) whose truth is known.

    The error is found in 15 bins of equal width.
    A cell is in bin b if its probability lies in b / 15 .. (b + 1) / 15, the lower end included (1 is in the last bin).
    The error is the mean over all cells of the distance between the mean probability and the share of labels that hold
    of their bin. It is about the probability of every label to hold, as multi-label models give it, not about the
    surest class alone. Cells count where the label was in the label space when the row was predicted: a row before a
    label was known has no probability for it. Unlabelled rows do not count.

    Sums go row by row and label by label in float64: the value does not depend on how the rows are cut into batches.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.door import Door
    >>> from ihomer.evaluation.calibration import Calibration
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"a", "b"}), ({}, {"a"})]))
    >>> calibration = Calibration()
    >>> calibration.update(np.array([[0, 0], [0.75, 0.5]], np.float32), rows)
    >>> calibration.error, calibration.n_cells
    (0.375, 2)
    >>> round(calibration.log_loss, 6)  # the mean of -ln .75 and -ln .5
    0.490415
    """

    def __init__(self) -> None:
        #: int64 (15,): known cells in each bin, and how many of them hold.
        self.cells, self.held = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
        #: float64 (15,): the sum of the probabilities in each bin.
        self.mass = np.zeros(BINS)
        self._sums = np.zeros(2)

    def update(self, p: npt.NDArray[np.float32], rows: Rows) -> None:
        """Add rows with their truth.

        Parameters
        ----------
        p
            float32 (n, rows.n_labels): the probabilities predicted for them.
        rows
            n rows.

        Raises
        ------
        ValueError
            If the shape of `p` is another, or a probability is not in 0..1.
        """
        if p.shape != (len(rows), rows.n_labels):
            raise ValueError(f"p must have shape {(len(rows), rows.n_labels)}, found {p.shape}")
        if p.size and not (p.min() >= 0 and p.max() <= 1):
            raise ValueError(f"probabilities must lie in 0..1, found {p.min()} to {p.max()}")
        calibration_block(
            p, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            np.zeros(rows.n_labels, np.int8), self.cells, self.held, self.mass, self._sums,
        )  # fmt: skip

    @property
    def n_cells(self) -> int:
        """How many cells counted."""
        return int(self.cells.sum())

    @property
    def error(self) -> float:
        """The expected calibration error; NaN as long as no cell counted."""
        return calibration_error(self.cells, self.held, self.mass)

    @property
    def log_loss(self) -> float:
        """Mean of -ln of the probability given to the truth of a cell; NaN as long as no cell counted.

        Probabilities count as no nearer to 0 and 1 than 2^-23, as in scikit-learn for float32.
        """
        return float(self._sums[0] / self.n_cells) if self.n_cells else float("nan")

    @property
    def brier_score(self) -> float:
        """Mean squared distance between probability and truth (0 or 1); NaN as long as no cell counted."""
        return float(self._sums[1] / self.n_cells) if self.n_cells else float("nan")


def calibration_error(
    cells: npt.NDArray[np.int64], held: npt.NDArray[np.int64], mass: npt.NDArray[np.float64]
) -> float:
    """Return the expected calibration error of bins: cells in each, how many of them hold, the sum of their probabilities."""
    n = int(cells.sum())
    return float(np.abs(mass - held).sum() / n) if n else float("nan")
