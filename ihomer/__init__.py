"""Streaming multi-label learning with an online hierarchy of labels (iHOMER)."""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

#: public name -> module it stands in; imported on first use, so that `import ihomer` costs nothing.
_PUBLIC = {
    "IHOMER": "ihomer.model",
    "LabelHierarchy": "ihomer.hierarchy.label_hierarchy",
    "LinearLearner": "ihomer.learners.linear",
    "MLHAT": "ihomer.learners.mlhat",
    "RiverLearner": "ihomer.learners.river_learner",
}

__all__ = ["IHOMER", "MLHAT", "LabelHierarchy", "LinearLearner", "RiverLearner", "__version__"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ihomer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
