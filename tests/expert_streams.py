"""Random streams for the shared experts: features and labels that appear late, partial rows, rows without labels."""

from __future__ import annotations

import numpy as np

from ihomer.blocks import blocks
from ihomer.door import Door
from ihomer.kernels.inputs import DENSE, SPARSE
from ihomer.learners.inputs import Inputs
from ihomer.learners.protocol import SharedExpert, Views
from ihomer.rows import Rows
from streams import Batch

Pairs = list[tuple[object, object]]


def random_pairs(seed: int, n: int, *, partial: float = 0.3, features: int = 14, labels: int = 6) -> Pairs:
    """Rows whose labels depend on their features; the later, the more features and labels there are.

    No two rows are in the same direction: rounding decides nothing.
    """
    rng = np.random.default_rng(seed)
    pairs: Pairs = []
    for t in range(n):
        d, n_labels = 3 + (features - 3) * (t + 1) // n, 2 + (labels - 2) * (t + 1) // n
        n_features = int(rng.integers(2, min(d, 8) + 1)) if rng.random() < 0.95 else 0
        x = {int(j): float(rng.uniform(0.5, 3)) for j in rng.choice(d, n_features, replace=False)}
        held = {j % n_labels for j in x if rng.random() < 0.6}
        known = {k: k in held for k in range(n_labels) if rng.random() < 0.6}
        kind = rng.random()
        pairs.append((x, held if kind >= partial else known if kind >= partial / 4 else None))
    return pairs


def views_of(pairs: Pairs, *, dense: bool) -> Views:
    """The stream, scaled."""
    return Inputs(DENSE if dense else SPARSE).block(Door().learned(Batch.from_pairs(pairs)), learn=True)


def cut(views: Views, start: int, stop: int) -> Views:
    return Views(views.plain.slice(start, stop), views.idf.slice(start, stop), views.dense)


def run(expert: SharedExpert, views: Views, start: int = 0, stop: int | None = None, *, most: int = 64) -> np.ndarray:
    """Learn the rows start..stop - 1 in blocks of `most` rows that cross no boundary; return all scores."""
    stop = len(views.plain) if stop is None else stop
    out = np.zeros((expert.n_scores, stop - start, views.plain.limits[stop]), np.float32)
    for low, high in blocks(start, stop - start):
        for first in range(start + low, start + high, most):
            last = min(first + most, start + high)
            scores = expert.block(cut(views, first, last), learn=True)
            out[:, first - start : last - start, : scores.shape[2]] = scores
    return out


def dicts(rows: Rows) -> list[dict[int, float]]:
    spans = [slice(*rows.indptr[i : i + 2]) for i in range(len(rows))]
    return [dict(zip(rows.indices[s].tolist(), rows.values[s].tolist(), strict=True)) for s in spans]


def truths(rows: Rows, i: int) -> tuple[set[int], set[int] | None]:
    held = set(rows.label_indices[slice(*rows.label_indptr[i : i + 2])].tolist())
    known = set(rows.known_indices[slice(*rows.known_indptr[i : i + 2])].tolist())
    return held, None if rows.status[i] == 2 else known


def new_labels(rows: Rows, i: int) -> range:
    return range(int(rows.limits[i]), int(rows.limits[i + 1]))
