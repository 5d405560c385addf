"""Rows of labels with probabilities that know something of them, for the tests of decisions."""

from __future__ import annotations

import numpy as np

from ihomer.door import Door
from ihomer.rows import Rows
from streams import Batch


def rows_of(labels: list[object]) -> Rows:
    return Door().learned(Batch.from_pairs([({}, y) for y in labels]))


def random_labels(seed: int, n: int = 60, n_labels: int = 6, partial: bool = True) -> list[object]:
    """Label sets around a few favourites; complete, partial and unlabelled rows."""
    rng = np.random.default_rng(seed)
    favourites = [set(rng.choice(n_labels, rng.integers(0, 4), replace=False).tolist()) for _ in range(5)]
    labels: list[object] = []
    for _ in range(n):
        held = favourites[rng.integers(5)] ^ ({int(rng.integers(n_labels))} if rng.random() < 0.3 else set())
        kind = rng.random() if partial else 0
        known = {k: k in held for k in range(n_labels) if rng.random() < 0.6}
        labels.append(set(held) if kind < 0.7 else known if kind < 0.95 else None)
    return labels


def probabilities(seed: int, rows: Rows) -> np.ndarray:
    """Probabilities, 0 for labels that there are not when the row is predicted."""
    rng = np.random.default_rng(seed + 1)
    p = rng.normal(-1, 1.5, (len(rows), rows.n_labels))
    for i in range(len(rows)):
        p[i, rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]]] += 2
    p = (1 / (1 + np.exp(-p))).astype(np.float32)
    p[np.arange(rows.n_labels) >= rows.limits[:-1, None]] = 0
    return p


def truth(rows: Rows, i: int) -> tuple[set[int], set[int] | None]:
    """The labels that hold in a row, and those known (None: all)."""
    held = set(rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist())
    if rows.status[i] == 2:
        return held, None
    return held, set(rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist())


def as_sets(sets: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    indptr, ids = sets
    return [ids[indptr[i] : indptr[i + 1]].tolist() for i in range(len(indptr) - 1)]
