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
    """

    shared: Composition | None
    learner: str | None = None
    clusterer: dict[str, Any] = field(default_factory=dict)
    decision: str | float | None = None


# The stack's first weights are what it ended with on streams other than those that docs/results.md reports.
_FAST = Composition(
    ("arow", "history", "recent rows", "feature counts"),
    first={False: {"arow": (1.74,), "constant": (-0.51,)}, True: {"arow": (0.48,), "constant": (-0.42,)}},
)
_BALANCED = Composition(
    ("arow", "history", "feature counts", "row memory"),
    counted=("arow",),
    first={
        False: {
            "arow": (1.82,),
            "arow*": (-0.12,),
            "history": (0.0, 0.01, 0.10, -0.13),
            "feature counts": (0.20, 0.20),
            "row memory": (-0.01, -0.30, 0.25, 0.40, 0.37),
            "constant": (-0.11,),
        },
        True: {
            "arow": (0.21,),
            "arow*": (0.13,),
            "history": (0.35, 0.11, 0.59, -0.19),
            "row memory": (0.03, 0.04, 0.18, 0.24, 0.02),
            "constant": (-0.47,),
        },
    },
)

_ACCURATE = Composition(
    ("arow", "arow idf", "history", "feature counts", "row memory", "extra trees"),
    counted=("arow", "arow idf", "extra trees"),
    own=0.003,
    first={
        False: {
            "arow": (1.5,),
            "arow*": (-0.3,),
            "arow idf": (0.0,),
            "history": (0.0, -0.10, 0.09, -0.2),
            "feature counts": (0.1, 0.2),
            "row memory": (-0.02, -0.30, 0.2, 0.37, 0.31),
            "extra trees": (0.44,),
            "extra trees*": (0.19,),
            "constant": (-0.2,),
        },
        True: {
            "arow": (0.11,),
            "arow idf": (0.11,),
            "history": (0.28, 0.07, 0.51, -0.22),
            "row memory": (0.03, 0.0, 0.17, 0.22, 0.01),
            "extra trees": (0.08,),
            "extra trees*": (0.19,),
            "constant": (-0.49,),
        },
    },
)

PRESETS = {
    # One linear model per label, what labels did lately, the last few rows, and counts of labels per feature.
    "fast": Preset(_FAST),
    # The same with a memory of 32,768 rows in place of the last few.
    "balanced": Preset(_BALANCED),
    # With a second linear model and 30 extra trees: what still helps, at some ten times the cost.
    "accurate": Preset(_ACCURATE),
    # Neves, Lourenço, Cano & Marreiros, ECAI 2025: one MLHAT per cluster of the plain ODAC tree, no decision layer.
    "paper": Preset(
        None, learner="MLHAT", clusterer={"rule": "odac", "delta": 0.1, "half_life": math.inf}, decision=0.5
    ),
    # The parameter `learner` alone, one per cluster.
    "none": Preset(None),
}
