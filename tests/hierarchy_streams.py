"""Streams of label sets with and without structure, for the tests of the hierarchy."""

from __future__ import annotations

import numpy as np

NOTHING = np.empty(0, np.int32)


def planted(rng, group, rows):
    """Return label sets: each row draws a group; its labels hold with .6, all others with .02."""
    drawn = rng.integers(group.max() + 1, size=rows)
    return [np.flatnonzero(rng.random(len(group)) < np.where(group == g, 0.6, 0.02)) for g in drawn]


def independent(rng, p, rows):
    """Return label sets in which label i holds with probability p[i]."""
    return [np.flatnonzero(rng.random(len(p)) < p) for _ in range(rows)]


def csr(sets):
    """Return label_indptr, label_indices, status, known_indptr, known_indices of complete rows."""
    indptr = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    indices = np.concatenate([NOTHING, *sets]).astype(np.int32)
    return indptr, indices, np.full(len(sets), 2, np.uint8), np.zeros(len(sets) + 1, np.int64), NOTHING.copy()


def feed(tree, sets, step=64):
    """Learn and restructure at every `step` rows; return the changes."""
    changes = []
    for start in range(0, len(sets), step):
        tree.learn_rows(*csr(sets[start : start + step]))
        changes += tree.restructure()
    return changes
