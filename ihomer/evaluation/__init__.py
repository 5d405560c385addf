"""Honest measurement: the prequential loop, its metrics, the trivial baselines, and what is reported."""

from __future__ import annotations

import importlib

#: public name -> module it stands in; imported on first use.
_PUBLIC = {
    "Calibration": "ihomer.evaluation.calibration",
    "Confidence": "ihomer.evaluation.confidence",
    "Metrics": "ihomer.evaluation.metrics",
    "Prequential": "ihomer.evaluation.loop",
    "Result": "ihomer.evaluation.result",
    "RiverModel": "ihomer.evaluation.river_model",
    "Strata": "ihomer.evaluation.strata",
    "prequential": "ihomer.evaluation.loop",
}

__all__ = ["Calibration", "Confidence", "Metrics", "Prequential", "Result", "RiverModel", "Strata", "prequential"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ihomer.evaluation' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
