"""Streams of multi-label instances: batches, vocabularies, readers, generators. Knows nothing of learning."""

from __future__ import annotations

import importlib

#: public name -> module it stands in; imported on first use, so that `import streams` costs nothing.
_PUBLIC = {
    "Batch": "streams.batch",
    "RowError": "streams.errors",
    "Stream": "streams.stream",
    "StreamError": "streams.errors",
    "Vocabulary": "streams.vocabulary",
    "from_arrays": "streams.arrays",
    "open_stream": "streams.open",
}

__all__ = ["Batch", "RowError", "Stream", "StreamError", "Vocabulary", "from_arrays", "open_stream"]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'streams' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
