"""How far the scores of a ranking can be relied on: their log loss, their calibration, how much could be automated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ihomer.evaluation.calibration import BINS, calibration_error
from ihomer.evaluation.tallies import Scored, taller
from ihomer.kernels import confidence as kernels

#: Bins of the scores of predicted cells: a threshold is right to .0005.
THRESHOLDS: Final = 2048


@dataclass(slots=True, frozen=True)
class Coverage:
    """How much of what is predicted reaches a wanted precision if only the surest is taken.

    Parameters
    ----------
    precision
        What was wanted.
    threshold
        The score from which on predictions are taken; 1 if nothing is.
    share
        Predicted cells (row, label) that are taken, of all that are predicted.
    reached
        Share of them that hold; NaN if nothing is taken.
    """

    precision: float
    threshold: float
    share: float
    reached: float

    def __str__(self) -> str:
        return (
            f"{self.share:.1%} of what is predicted is right to {self.reached:.1%} "
            f"(wanted {self.precision:.1%}; scores from {self.threshold:.4f})"
        )


class Confidence:
    """What is known of the scores that `Predictions` hold, to be given to `Metrics` as an observer.

    A *ranked cell* is a (row, label) among the best labels of the row, where the truth is known. Predictions hold the scores
    of the best 5 labels, so these are the cells with a score: nothing is said of the others (see `Calibration` for
    all labels of a model that tells them). Scores are taken as probabilities; of a learner that ranks without any
    (score 1 for what it predicts) the values tell how wrong it is to be so sure. A score that is not in 0..1 shows that
    the learner's scores are none: nothing is said then, every value is NaN.

    Parameters
    ----------
    precision
        What is wanted of the cells that are relied on without a person, in 0..1.

    Raises
    ------
    ValueError
        If `precision` is not in 0..1.

    Examples
    --------
    >>> from ihomer import IHOMER
    >>> from ihomer.evaluation import Metrics
    >>> from streams import open_stream
    >>> confidence, model = Confidence(precision=0.9), IHOMER(preset="fast")
    >>> metrics = Metrics(observers=[confidence])
    >>> for batch in open_stream("yeast").batches():
    ...     metrics.update(batch, model.predict_learn_many(batch))
    >>> 0 < confidence.log_loss < 0.7, 0 < confidence.calibration_error < 0.1
    (True, True)
    >>> confidence.coverage(0.9).reached >= 0.9
    True
    """

    def __init__(self, precision: float = 0.95) -> None:
        if not 0 <= precision <= 1:
            raise ValueError(f"precision must lie in 0..1, found {precision!r}")
        self.precision = float(precision)
        #: Whether all scores so far lie in 0..1.
        self.probabilities = True
        self._marks = np.zeros(0, np.int64)
        self._clear()

    def _clear(self) -> None:
        #: int64, int64, float64, (15,): ranked cells by score, how many of them hold, the sum of their scores.
        self.cells, self.held, self.mass = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64), np.zeros(BINS)
        self._chosen, self._chosen_held = np.zeros(THRESHOLDS, np.int64), np.zeros(THRESHOLDS, np.int64)
        self._sums, self._tally = np.zeros(2), np.zeros(5, np.int64)
        self._tally[kernels.THRESHOLD] = THRESHOLDS  # nothing is relied on before something was seen

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""
        self._marks = taller(self._marks, n_labels)

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""
        scores = scored.top_scores
        if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
            self.probabilities = False
            self._clear()
        if not self.probabilities:
            return
        kernels.confidence_rows(
            scored.code_indptr, scored.codes, scored.status, scored.known_indptr, scored.known_ids,
            scored.top_ids, scores, self.precision, self._marks,
            self.cells, self.held, self.mass, self._sums, self._chosen, self._chosen_held, self._tally,
        )  # fmt: skip

    @property
    def n_cells(self) -> int:
        """How many ranked cells there were."""
        return int(self.cells.sum())

    @property
    def log_loss(self) -> float:
        """Mean of -ln of the probability given to the truth, over ranked cells; NaN without any.

        Probabilities count as no nearer to 0 and 1 than 2^-23, as in scikit-learn for float32.
        """
        return self._mean(kernels.LOG_LOSS)

    @property
    def brier_score(self) -> float:
        """Mean squared distance between probability and truth (0 or 1), over ranked cells; NaN without any."""
        return self._mean(kernels.BRIER)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error over ranked cells, as `Calibration.error`; NaN without any."""
        return calibration_error(self.cells, self.held, self.mass)

    def coverage(self, precision: float | None = None) -> Coverage:
        """Return how much would reach a precision if the threshold had been known from the start.

        The lowest threshold is taken from which on the predicted cells are that precise. Predicted cells whose score is
        not known (not among the best 5) are never taken, and count among what is predicted.

        Parameters
        ----------
        precision
            In 0..1; None: the one of this object.
        """
        wanted = self.precision if precision is None else precision
        first = int(kernels.lowest_bin(self._chosen, self._chosen_held, wanted))
        return self._covered(
            wanted, first, int(self._chosen[first:].sum()), int(self._chosen_held[first:].sum())
        )

    @property
    def automated(self) -> Coverage:
        """How much was relied on with what was known at the time, and how right that was.

        Every 128 scored rows the threshold is found anew from all rows before; `reached` may miss what was wanted.
        """
        return self._covered(
            self.precision,
            int(self._tally[kernels.THRESHOLD]),
            int(self._tally[kernels.RELIED]),
            int(self._tally[kernels.RELIED_HELD]),
        )

    def values(self) -> dict[str, float]:
        """Return everything as numbers by name; NaN where nothing could be measured."""
        coverage, automated = self.coverage(), self.automated
        return {
            "ranked_log_loss": self.log_loss,
            "ranked_brier_score": self.brier_score,
            "ranked_calibration_error": self.calibration_error,
            "coverage": coverage.share,
            "automated": automated.share,
            "automated_precision": automated.reached,
        }

    def _covered(self, wanted: float, first: int, taken: int, held: int) -> Coverage:
        predicted = int(self._tally[kernels.PREDICTED])
        return Coverage(
            wanted,
            first / THRESHOLDS,
            taken / predicted if predicted else math.nan,
            held / taken if taken else math.nan,
        )

    def _mean(self, column: int) -> float:
        return float(self._sums[column] / self.n_cells) if self.n_cells else math.nan
