"""Shares of votes as scores."""

from __future__ import annotations

import numpy as np

from streams.jit import jit

#: Shares are cut at .01 and .99, and their log-odds are shrunk: rows that are similar have similar labels, not the
#: same.
LEAST, SHRINK, SHIFT = np.float32(0.01), np.float32(0.7), np.float32(0.5)
LOWEST = np.float32(SHRINK * np.log(LEAST / (1 - LEAST)) + SHIFT)
HIGHEST = np.float32(2 * SHIFT - LOWEST)


@jit
def soft(share):  # type: ignore[no-untyped-def]
    """Return .7 log(p / (1 - p)) + .5 of a share p of the votes, cut to .01..0.99; most labels have none, and no logarithm."""
    if share <= LEAST:
        return LOWEST
    if share >= np.float32(1) - LEAST:
        return HIGHEST
    return SHRINK * np.log(share / (np.float32(1) - share)) + SHIFT
