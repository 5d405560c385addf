"""Small random streams for the experts over all labels: rows of all kinds, scaled, in a model's own ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ihomer.door import Door
from ihomer.kernels.inputs import SPARSE
from ihomer.learners.inputs import Inputs
from ihomer.learners.protocol import Views
from ihomer.rows import Rows
from streams import Batch

Pairs = list[tuple[Any, Any]]


def pairs(seed: int, n: int = 60, *, features: int = 14, labels: int = 7, partial: bool = True) -> Pairs:
    """Rows whose labels come in runs and hang on features; if `partial`, some with few or no known labels."""
    rng = np.random.default_rng(seed)
    rows: Pairs = []
    group = 0
    for t in range(n):
        group = int(rng.integers(4)) if rng.random() < 0.5 else group
        here = min(features, 4 + t // 2)
        has = rng.choice(here, rng.integers(0, 5), replace=False)
        x = {int(j): float(rng.normal() + (j % 4 == group)) for j in has}
        if rng.random() < 0.1:
            x[0] = float("nan")
        there = min(labels, 2 + t // 6)
        y: Any = {k for k in range(there) if rng.random() < (0.7 if k % 4 == group else 0.15)}
        kind = rng.random() if partial else 1.0
        if kind < 0.3:
            y = {k: k in y for k in range(there) if rng.random() < 0.5}
        elif kind < 0.4:
            y = None
        rows.append((x, y))
    return rows


def rows_of(stream: Pairs) -> Rows:
    """The rows, scaled as a sparse stream."""
    return Inputs(SPARSE).block(Door().learned(Batch.from_pairs(stream)), learn=True).plain


def views_of(rows: Rows, *, dense: bool = False) -> Views:
    return Views(rows, rows, dense=dense)


def features_of(rows: Rows, i: int) -> dict[int, float]:
    part = slice(rows.indptr[i], rows.indptr[i + 1])
    return dict(zip(rows.indices[part].tolist(), rows.values[part].tolist(), strict=True))


def held_of(rows: Rows, i: int) -> set[int]:
    return set(rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist())


def known_of(rows: Rows, i: int) -> set[int]:
    """The labels whose truth is known in row i."""
    if rows.status[i] == 2:
        return set(range(rows.limits[i + 1]))
    return set(rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist())


def without_new_labels(rows: Rows) -> Rows:
    """The same rows with all labels in the label space from the start."""
    return replace(rows, limits=np.full_like(rows.limits, rows.n_labels))


def rows_from_arrays(ids: np.ndarray, labels: np.ndarray, n_features: int, n_labels: int) -> Rows:
    """Complete rows with one feature of value 1 each, and at most one label (-1: none)."""
    n = len(ids)
    none = np.zeros(n + 1, np.int64)
    held = np.concatenate(([0], np.cumsum(labels >= 0))).astype(np.int64)
    return Rows(
        np.arange(n + 1, dtype=np.int64), ids.astype(np.int32), np.ones(n, np.float32),
        held, labels[labels >= 0].astype(np.int32), np.full(n, 2, np.uint8), none, np.zeros(0, np.int32),
        np.full(n + 1, n_labels, np.int32), n_features, n_labels,
    )  # fmt: skip
