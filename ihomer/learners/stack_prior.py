"""Where the stack of a preset begins: what it learned on streams other than those that are reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StackPrior:
    """A Gaussian over the shared weights of a stack: weights of experts that say similar things are bound together.

    Parameters
    ----------
    names
        Of the K scores, e.g. "row memory 2"; with "*" behind the part: of a score that stands once more.
    mean
        float64 (K,).
    precision
        float64 (K, K).
    """

    names: tuple[str, ...]
    mean: _F64
    precision: _F64

    def of(self, names: list[str], mean: _F64, precision: _F64) -> tuple[_F64, _F64]:
        """Return mean and precision for a stack of the scores `names`.

        A score that the prior knows and the stack has not is one whose weight is known to be 0; one that only the stack
        has is independent of the others.

        Parameters
        ----------
        names
            Of the stack's scores.
        mean, precision
            float64 (n,): for those that the prior does not know.

        Examples
        --------
        >>> import numpy as np
        >>> prior = StackPrior(("a", "b"), np.array([1.0, 0.5]), np.array([[4.0, 2.0], [2.0, 8.0]]))
        >>> prior.of(["a", "c"], np.array([0.3, 0.2]), np.array([1.0, 2.0]))
        (array([1.25, 0.2 ]), array([[4., 0.],
               [0., 2.]]))
        """
        here = [i for i, name in enumerate(names) if name in self.names]
        known = [self.names.index(names[i]) for i in here]
        gone = [k for k in range(len(self.names)) if k not in known]
        mean, matrix = mean.copy(), np.diag(precision)
        mean[here] = self.mean[known]
        matrix[np.ix_(here, here)] = self.precision[np.ix_(known, known)]
        if gone and here:
            mean[here] += np.linalg.solve(
                self.precision[np.ix_(known, known)], self.precision[np.ix_(known, gone)] @ self.mean[gone]
            )
        return mean, matrix


@cache
def _file() -> dict[str, Any]:
    return dict(json.loads(Path(__file__).with_name("stack_priors.json").read_text()))


@cache
def stack_prior(name: str, *, dense: bool) -> StackPrior:
    """Return the prior of a preset for dense or for sparse streams, as `python -m benchmarks.stack_priors` fitted it.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    held = _file()[name]["dense" if dense else "sparse"]
    return StackPrior(tuple(held["names"]), np.array(held["mean"]), from_lower(held["precision"]))


def from_lower(rows: list[list[float]]) -> _F64:
    """Return the symmetric matrix whose lower half is given, a row at a time."""
    matrix = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        matrix[i, : i + 1] = row
        matrix[: i + 1, i] = row
    return matrix
