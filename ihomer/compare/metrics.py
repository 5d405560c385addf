"""The metrics that a comparison has at every rung, and which way they are better."""

from __future__ import annotations

import difflib
from typing import Final

from ihomer.evaluation.measures import ALL
from ihomer.evaluation.report import TITLES

#: What `fill` notes: of `Metrics`, `Strata`, `Confidence` and `kappas`.
METRICS: Final = (
    *ALL,
    *(f"{stratum}_{score}" for stratum in ("head", "torso", "tail") for score in ("micro_f1", "macro_f1")), "rare_label_f1",
    "ranked_log_loss", "ranked_brier_score", "ranked_calibration_error", "coverage", "automated", "automated_precision",
    "kappa_temporal", "kappa_temporal_cells",
)  # fmt: skip
_LOSSES: Final = frozenset(("hamming_loss", "ranked_log_loss", "ranked_brier_score", "ranked_calibration_error"))


def sign(metric: str) -> int:
    """Return 1 if more is better, -1 if less is."""
    return -1 if metric in _LOSSES else 1


def title(metric: str) -> str:
    """Return how people call a metric.

    Examples
    --------
    >>> title("hamming_loss"), title("ndcg_at_3")
    ('Hamming loss', 'ndcg at 3')
    """
    return TITLES.get(metric, metric.replace("_", " ")).partition(" (")[0]


def check(metric: str) -> None:
    """Raise ValueError if there is no such metric."""
    if metric not in METRICS:
        near = difflib.get_close_matches(metric, METRICS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"there is no metric {metric!r}{hint}\nknown: {', '.join(METRICS)}")
