"""Slow, obvious twins of `streams.kernels.rows`."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

FINE, INFINITE, REPEATED = 0, 1, 2


def sort_row(ids, values):
    """Return ids ascending, values along with them, and a repeated id or -1."""
    pairs = sorted(zip(ids, values, strict=True), key=lambda pair: pair[0])
    repeated = [a[0] for a, b in pairwise(pairs) if a[0] == b[0]]
    return [k for k, _ in pairs], [v for _, v in pairs], repeated[0] if repeated else -1


def tidy_rows(rows):
    """Return the tidy rows (lists of id and float32) and the verdicts of `rows` (lists of id and float64)."""
    tidy, verdicts = [], []
    for row in rows:
        with np.errstate(over="ignore"):
            cells = [(k, np.float32(v)) for k, v in row]
        cells = [(k, v) for k, v in cells if v != 0]
        ids = [k for k, _ in cells]
        if any(math.isinf(v) for _, v in cells):
            verdict = INFINITE
        elif len(set(ids)) < len(ids):
            verdict = REPEATED
        else:
            verdict = FINE
        tidy.append(sorted(cells, key=lambda cell: cell[0]) if verdict == FINE else [])
        verdicts.append(verdict)
    return tidy, verdicts
