"""What the presets of IHOMER are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ihomer.learners.composition import Composition


@dataclass(frozen=True, slots=True)
class Preset:
    """One composition: every part of it can still be set by a parameter of IHOMER.

    Parameters
    ----------
    shared
        The experts over all labels and their stack, or None.
    learner
        Class name of the learner of every cluster, or None.
    clusterer
        Parameters of the `LabelHierarchy`.
    decision
        A decision of its own (see `ihomer.decision.make_decision`), or None: as the target asks.
    policy
        What is done about alarms, by name (`ihomer.drift.policy`).
    """

    shared: Composition | None
    learner: str | None = None
    clusterer: dict[str, Any] = field(default_factory=dict)
    decision: str | float | None = None
    policy: str = "renew"


# Their stacks begin with what they learned on streams other than those that docs/results.md reports:
# `python -m benchmarks.stack_priors` made the priors, and makes them anew when a composition changes.
_FAST = Composition(("arow", "history", "recent rows", "feature counts"), prior="fast")
_BALANCED = Composition(("arow", "history", "feature counts", "row memory"), counted=("arow",), prior="balanced")
_ACCURATE = Composition(
    ("arow", "arow idf", "slow arow", "history", "feature counts", "row memory", "extra trees", "krls"),
    counted=("arow", "arow idf", "extra trees"),
    own=0.003,
    prior="accurate",
)

PRESETS = {
    # One linear model per label, what labels did lately, the last few rows, and counts of labels per feature.
    # Step sizes are opened again at an alarm; a young model beside the old one would cost as much as the old one.
    "fast": Preset(_FAST, policy="reopen"),
    # The same with a memory of 32,768 rows in place of the last few.
    "balanced": Preset(_BALANCED),
    # With more linear models, 30 extra trees, kernel least squares, and MLHAT for every cluster of labels: what still
    # helps, at some ten times the cost.
    "accurate": Preset(_ACCURATE, learner="MLHAT"),
    # Neves, Lourenço, Cano & Marreiros, ECAI 2025: one MLHAT per cluster of the plain ODAC tree, no decision layer.
    "paper": Preset(
        None, learner="MLHAT", clusterer={"rule": "odac", "delta": 0.1, "half_life": math.inf}, decision=0.5
    ),
    # The parameter `learner` alone, one per cluster.
    "none": Preset(None),
}
