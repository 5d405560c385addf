"""In which share of the rows labels held, by their counts (`ihomer.kernels.feature_counts`), and giving that back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ihomer.kernels.feature_counts import BEYOND, COMPLETE, HELD

_Doubles = npt.NDArray[np.float64]

#: The shares of labels that come back, where none does.
NONE_RETURN: _Doubles = np.zeros(0)


def shares_of(counts: _Doubles, rows: _Doubles, labels: npt.NDArray[np.integer]) -> _Doubles:
    """Return the share of rows, of those in which it was known, in which each of `labels` held.

    Examples
    --------
    >>> shares_of(np.array([[3.0, 1.0], [0.0, -2.0]]), np.array([4.0, 0.0]), np.array([0, 1]))
    array([0.75, 0.5 ])
    """
    known = rows[COMPLETE] + counts[BEYOND, labels]
    shares: _Doubles = counts[HELD, labels] / np.maximum(known, 1.0)
    return shares


def recall_share(counts: _Doubles, rows: _Doubles, label: int, share: float) -> None:
    """Give a label that came back its prior: let it have held in this share of the rows before the last.

    Examples
    --------
    >>> counts = np.array([[1.0], [0.0]])
    >>> recall_share(counts, np.array([5.0, 0.0]), 0, 0.5)
    >>> counts[0]
    array([3.])
    """
    counts[HELD, label] += share * max(rows[COMPLETE] + counts[BEYOND, label] - 1, 0.0)
