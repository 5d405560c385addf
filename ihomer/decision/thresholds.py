"""The thresholds of decisions that are made by thresholds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown
from ihomer.decision.macro_f1 import MacroF1
from ihomer.decision.threshold import Decision, F1Threshold, FixedThreshold
from ihomer.kernels.decide import FIRST_HITS, FIRST_MASS


def thresholds_of(decision: Decision, n_labels: int) -> npt.NDArray[np.float64] | None:
    """Return float64 (n_labels,): from which probability on each label is predicted; None if nothing is decided so.

    Examples
    --------
    >>> from ihomer.decision import make_decision
    >>> thresholds_of(make_decision(0.3), 2), thresholds_of(make_decision("example_f1"), 2)
    (array([0.3, 0.3]), None)
    """
    if isinstance(decision, FixedThreshold):
        return np.full(n_labels, decision.threshold)
    if isinstance(decision, F1Threshold):
        return np.full(n_labels, decision.numbers[0] / decision.numbers[1])
    if isinstance(decision, MacroF1):
        hits = grown(decision.hits, (n_labels,), FIRST_HITS)
        return np.asarray(hits[:n_labels] / grown(decision.mass, (n_labels,), FIRST_MASS)[:n_labels])
    return None
