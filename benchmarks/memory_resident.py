"""The resident size of this process, without what is free."""

from __future__ import annotations

import ctypes
import gc

from ihomer.evaluation.usage import rss_mb


def settled_mb() -> float:
    """Return the resident size once all that is free was given back to the system (where its library can be told to)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return rss_mb()
