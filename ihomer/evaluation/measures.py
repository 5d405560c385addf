"""The formulas: from counts and sums over rows to the values of the metrics."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from ihomer.kernels import metrics as kernels
from ihomer.kernels import ranking

#: What a summary holds of each model, in this order.
HEADLINE: Final = (
    "micro_f1", "macro_f1", "example_f1", "subset_accuracy", "hamming_loss", "p_at_1", "p_at_3", "p_at_5",
)  # fmt: skip
#: The rest of what is measured.
FURTHER: Final = (
    "micro_precision", "micro_recall", "micro_jaccard",
    "macro_precision", "macro_recall",
    "example_precision", "example_recall", "example_jaccard",
    "ndcg_at_1", "ndcg_at_3", "ndcg_at_5",
    "psp_at_1", "psp_at_3", "psp_at_5", "psndcg_at_1", "psndcg_at_3", "psndcg_at_5",
)  # fmt: skip
ALL: Final = HEADLINE + FURTHER

Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]


def measures(
    counts: Counts, sums: npt.NDArray[np.float64], rows: float, n_labels: int
) -> dict[str, float]:
    """Return the value of every metric of `ALL`.

    Parameters
    ----------
    counts
        Shape (labels, 3): of each label the rows in which it was predicted and true, predicted only, true only;
        those in which nothing was counted may be left out.
    sums
        Shape (N_SHARES,): sums over the rows, see `ihomer.kernels.metrics`.
    rows
        How many rows that is; with fading their weight. Without any, every value is NaN.
    n_labels
        How many labels macro averages and the Hamming loss are over.
    """
    if rows == 0:
        return dict.fromkeys(ALL, float("nan"))
    tp, fp, fn = sums[kernels.TP], sums[kernels.FP], sums[kernels.FN]
    by_label = counts.astype(np.float64)
    cells = rows * n_labels - unknown_cells(sums, n_labels)
    return {
        "micro_f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "macro_f1": _mean_ratio(2 * by_label[:, 0], 2 * by_label[:, 0] + by_label[:, 1] + by_label[:, 2], n_labels),
        "example_f1": float(sums[kernels.F1] / rows),
        "subset_accuracy": float(sums[kernels.EXACT] / rows),
        "hamming_loss": _ratio(_exact_sum(by_label[:, 1:].ravel()), cells),
        "p_at_1": float(sums[kernels.HITS_1] / rows),
        "p_at_3": float(sums[kernels.HITS_3] / (3 * rows)),
        "p_at_5": float(sums[kernels.HITS_5] / (5 * rows)),
        "micro_precision": _ratio(tp, tp + fp),
        "micro_recall": _ratio(tp, tp + fn),
        "micro_jaccard": _ratio(tp, tp + fp + fn),
        "macro_precision": _mean_ratio(by_label[:, 0], by_label[:, 0] + by_label[:, 1], n_labels),
        "macro_recall": _mean_ratio(by_label[:, 0], by_label[:, 0] + by_label[:, 2], n_labels),
        "example_precision": float(sums[kernels.PRECISION] / rows),
        "example_recall": float(sums[kernels.RECALL] / rows),
        "example_jaccard": float(sums[kernels.JACCARD] / rows),
        "ndcg_at_1": float(sums[kernels.HITS_1] / rows),  # at one place the best that a row allows is one hit
        "ndcg_at_3": float(sums[ranking.NDCG_3] / rows),
        "ndcg_at_5": float(sums[ranking.NDCG_5] / rows),
        "psp_at_1": _ratio(sums[ranking.PS_1], sums[ranking.BEST_1]),
        "psp_at_3": _ratio(sums[ranking.PS_3], sums[ranking.BEST_3]),
        "psp_at_5": _ratio(sums[ranking.PS_5], sums[ranking.BEST_5]),
        "psndcg_at_1": _ratio(sums[ranking.PS_1], sums[ranking.BEST_1]),
        "psndcg_at_3": _ratio(sums[ranking.PSD_3], sums[ranking.BEST_D_3]),
        "psndcg_at_5": _ratio(sums[ranking.PSD_5], sums[ranking.BEST_D_5]),
    }


def micro_f1(sums: npt.NDArray[np.float64]) -> float:
    """Return micro-F1 alone, without touching all labels; NaN if no label was predicted or true so far."""
    both, either = 2 * sums[kernels.TP], sums[kernels.FP] + sums[kernels.FN]
    return float(both / (both + either)) if both + either > 0 else float("nan")


def unknown_cells(sums: npt.NDArray[np.float64], n_labels: int) -> float:
    """Return how many (row, label) cells of partial rows were left out because their truth is not known."""
    return float(sums[kernels.PARTIAL] * n_labels - sums[kernels.KNOWN])


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else 0.0


def _mean_ratio(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64], n_labels: int) -> float:
    if n_labels == 0:
        return 0.0
    return _exact_sum(np.divide(above, below, out=np.zeros(len(above)), where=below > 0)) / n_labels


def _exact_sum(values: npt.NDArray[np.float64]) -> float:
    # The ids of an evaluation depend on when a batch brought a name, and no bit of a result may.
    return math.fsum(values[values != 0].tolist())
