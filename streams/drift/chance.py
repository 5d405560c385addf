"""Random numbers by place: the same for the same seed, row and column, whatever was drawn before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_ODD = np.array(0x9E3779B97F4A7C15, np.uint64)
_M1, _M2 = np.array(0xBF58476D1CE4E5B9, np.uint64), np.array(0x94D049BB133111EB, np.uint64)


def uniform(seed: int, salt: int, *places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return a uniform number in [0, 1) for each combination of the entries of `places`.

    Steele, Lea & Flood, Fast splittable pseudorandom number generators (OOPSLA 2014): the finaliser of SplitMix64,
    applied once for every number that tells the place.

    Examples
    --------
    >>> rows = np.arange(1000)
    >>> u = uniform(7, 0, rows)
    >>> bool((u[500:] == uniform(7, 0, rows[500:])).all()), bool(0.47 < u.mean() < 0.53)
    (True, True)
    """
    bits = np.zeros(1, np.uint64)
    for place in (np.array([seed], np.int64), np.array([salt], np.int64), *places):
        bits = _mixed((bits ^ place.astype(np.uint64)) + _ODD)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    bits = (bits ^ (bits >> np.uint64(30))) * _M1
    bits = (bits ^ (bits >> np.uint64(27))) * _M2
    return bits ^ (bits >> np.uint64(31))
