"""Streams of all kinds for the tests of known changes, and every change with usual parameters."""

from __future__ import annotations

import numpy as np

from streams import Batch, open_stream
from streams.concatenate import concatenate
from streams.drift import (
    DecoupledLabels,
    EmergingLabels,
    PermutedFeatures,
    PermutedLabels,
    RenamedFeatures,
    RenamedLabels,
    ReweightedLabels,
    ScaledFeatures,
    ShiftedFeatures,
    SplitLabels,
    VanishingLabels,
)
from streams.stream import ROWS, Stream
from streams.views import limited

LABEL_CHANGES = {
    "permuted": PermutedLabels,
    "vanishing": VanishingLabels,
    "renamed": RenamedLabels,
    "split": SplitLabels,
    "decoupled": DecoupledLabels,
}
CHANGES = {
    **LABEL_CHANGES,
    "emerging": EmergingLabels,
    "reweighted": lambda stream, when, **more: ReweightedLabels(stream, when, held=0.3, **more),
    "features": PermutedFeatures,
    "shifted": lambda stream, when, **more: ShiftedFeatures(stream, when, by=1.5, **more),
    "scaled": lambda stream, when, **more: ScaledFeatures(stream, when, by=0.5, **more),
    "renamed_features": RenamedFeatures,
}


class Rows(Stream):
    """Rows given as pairs; declares nothing."""

    def __init__(self, pairs):
        super().__init__("rows")
        self.length = len(pairs)
        self._pairs = pairs

    def batches(self, rows=ROWS):
        for start in range(0, self.length, rows):
            yield Batch.from_pairs(self._pairs[start : start + rows], self.features, self.labels)


def mixed_pairs(n=1400, seed=0):
    """Numbers, categories, missing values; complete, partial and unlabelled rows."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(n):
        x = {f"n{j}": float(rng.normal()) for j in rng.choice(8, 4, replace=False)}
        x["colour"] = ["red", "green", "blue"][rng.integers(3)]
        if rng.random() < 0.1:
            x["n0"] = None
        held = {f"l{j}" for j in range(6) if rng.random() < 0.1 * (j + 1)}
        kind = rng.random()
        y = held
        if kind < 0.2:
            y = {f"l{j}": f"l{j}" in held for j in range(6) if rng.random() < 0.6}
        elif kind < 0.3:
            y = None
        pairs.append((x, y))
    return pairs


MIXED = mixed_pairs()
SOURCES = {
    "sparse": lambda: open_stream("synthetic:groups?rows=1400&features=20&labels=8&seed=1"),
    "dense": lambda: open_stream("synthetic:meta_hyperplane?rows=1400&features=12&labels=8&seed=1"),
    "mixed": lambda: Rows(MIXED),
    "yeast": lambda: limited(open_stream("yeast"), 1250),
}


def whole(stream, rows=ROWS):
    batch = concatenate(list(stream.batches(rows)))
    batch.check()
    return batch


def arrays(batch):
    """All that a batch holds, as bytes and names."""
    parts = [batch.indptr, batch.indices, batch.values, batch.label_indptr, batch.label_indices, batch.status]
    parts += [p for p in (batch.known_indptr, batch.known_indices, batch.dense, batch.dense_ids) if p is not None]
    return [part.tobytes() for part in parts]


def pairs(batch):
    """All rows as dicts; NaN-free, as missing values are None."""
    return list(batch.pairs())


def occurrences(batch):
    """How often each label holds, by name."""
    count = np.bincount(batch.label_indices, minlength=len(batch.labels))
    return {batch.labels.name(j): int(c) for j, c in enumerate(count) if c}
