"""What the presets of IHOMER are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    """One composition: every part of it can still be set by a parameter of IHOMER.

    Parameters
    ----------
    shared
        Whether there are experts over all labels (`ihomer.learners.mixture`) and a stack.
    learner
        Class name of the learner of every cluster, or None.
    clusterer
        Parameters of the `LabelHierarchy`.
    decision
        See `ihomer.decision.make_decision`.
    """

    shared: bool
    learner: str | None
    clusterer: dict[str, Any]
    decision: str | float


PRESETS = {
    # Linear expert over all labels, calibrated, threshold that follows the best micro-F1; clusters for drift.
    "default": Preset(shared=True, learner=None, clusterer={}, decision="f1"),
    # Neves, Lourenço, Cano & Marreiros, ECAI 2025: one MLHAT per cluster of the plain ODAC tree, no decision layer.
    "paper": Preset(
        shared=False,
        learner="MLHAT",
        clusterer={"rule": "odac", "delta": 0.1, "half_life": math.inf},
        decision=0.5,
    ),
    # The parameter `learner` alone, one per cluster.
    "none": Preset(shared=False, learner=None, clusterer={}, decision="f1"),
}
