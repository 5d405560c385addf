"""Which labels or features a change concerns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def choose(among: npt.NDArray[np.int64], fraction: float, least: int, seed: int, what: str) -> npt.NDArray[np.int64]:
    """Return a share of `among`, at least `least`, in a random order that `seed` decides.

    Raises
    ------
    ValueError
        If `fraction` is not above 0 and at most 1, or there are not enough.

    Examples
    --------
    >>> choose(np.arange(10), 0.25, 2, 0, "labels").tolist()
    [4, 6, 2]
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"{what}: fraction must be above 0 and at most 1, found {fraction}")
    if len(np.unique(among)) < len(among):
        raise ValueError(f"{what} must be given once each")
    if len(among) < least:
        raise ValueError(f"{what}: at least {least} needed, found {len(among)}")
    n = max(least, int(fraction * len(among) + 0.5))
    return np.random.default_rng(seed).permutation(among)[:n]
