"""Comparisons: many learners over many streams, each over the same rows, and what the differences mean."""

from __future__ import annotations

import importlib

#: public name -> module it stands in; imported on first use.
_PUBLIC = {
    "Comparison": "ihomer.compare.comparison",
    "compare": "ihomer.compare.conduct",
}

__all__ = ["Comparison", "compare"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ihomer.compare' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
