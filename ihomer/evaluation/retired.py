"""What is left of labels that `Metrics` counts no more: their share of the averages over labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

#: The averages over labels, in the order of `RetiredLabels.sums`.
_MACRO = ("macro_f1", "macro_precision", "macro_recall")


class RetiredLabels:
    """Sums over labels that were of the evaluation and whose counts are closed.

    Examples
    --------
    >>> import numpy as np
    >>> retired = RetiredLabels()
    >>> retired.add(np.array([[3, 1, 0], [0, 0, 2]]))
    >>> retired.labels, retired.errors, retired.sums.round(3).tolist()
    (2, 3, [0.857, 0.75, 1.0])
    """

    def __init__(self) -> None:
        #: How many there are; cells in which they were predicted wrongly.
        self.labels = self.errors = 0
        #: Sums of their F1, precision and recall.
        self.sums = np.zeros(len(_MACRO))

    def add(self, counts: npt.NDArray[np.int64]) -> None:
        """Add labels by their counts, int64 (labels, 3): rows predicted and true, predicted only, true only."""
        tp, fp, fn = counts.astype(np.float64).T
        self.labels += len(counts)
        self.errors += int(counts[:, 1:].sum())
        for i, (above, below) in enumerate(((2 * tp, 2 * tp + fp + fn), (tp, tp + fp), (tp, tp + fn))):
            # Rounded once, whatever the order of the labels: it depends on how the rows were cut into batches.
            self.sums[i] += math.fsum(np.divide(above, below, out=np.zeros(len(tp)), where=below > 0).tolist())

    def added_to(self, values: dict[str, float], n_labels: int, cells: float) -> dict[str, float]:
        """Return the metrics `values`, which are over `n_labels` labels and `cells` (row, label), with these labels in them."""
        if not self.labels:
            return values
        more = {name: values[name] + float(total) / n_labels for name, total in zip(_MACRO, self.sums, strict=True)}
        return {**values, **more, "hamming_loss": values["hamming_loss"] + (self.errors / cells if cells > 0 else 0.0)}

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        return {"labels": self.labels, "errors": self.errors, "sums": self.sums.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        self.labels, self.errors, self.sums = state["labels"], state["errors"], state["sums"].copy()
