"""Reports: one file that shows what was run, what came of it, and what happened on the way."""

from __future__ import annotations

import importlib

#: public name -> module it stands in; imported on first use.
_PUBLIC = {
    "Comparison": "ihomer.report.data",
    "Provenance": "ihomer.report.data",
    "Recorder": "ihomer.report.recorder",
    "Run": "ihomer.report.data",
    "Statistics": "ihomer.report.data",
    "write_report": "ihomer.report.write",
}

__all__ = ["Comparison", "Provenance", "Recorder", "Run", "Statistics", "write_report"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'ihomer.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
