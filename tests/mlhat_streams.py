"""Streams for the tests of MLHAT, as `Rows`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ihomer.learners.mlhat_core import MLHATCore
from ihomer.rows import Rows
from tests.naive.mlhat import NaiveMLHAT


@dataclass
class Stream:
    """Rows with the kinds of their features."""

    rows: Rows
    kinds: np.ndarray

    @property
    def columns(self):
        return np.arange(self.rows.n_labels, dtype=np.int32)


def rows_of(xs, truths, status, limits, n_features):
    """Return Rows of dicts feature -> value and label -> bool."""

    def csr(items):
        return np.r_[0, np.cumsum([len(i) for i in items])].astype(np.int64), np.array(
            [k for i in items for k in i], np.int32
        )

    indptr, indices = csr([sorted(x) for x in xs])
    held_indptr, held = csr([sorted(label for label, h in t.items() if h) for t in truths])
    known_indptr, known = csr([sorted(t) if s == 1 else [] for t, s in zip(truths, status, strict=True)])
    values = np.array([x[f] for x in xs for f in sorted(x)], np.float32)
    return Rows(
        indptr, indices, values, held_indptr, held, np.array(status, np.uint8), known_indptr, known,
        np.array(limits, np.int32), n_features, int(limits[-1]),
    )  # fmt: skip


def random_stream(seed, n, *, density=0.3, n_features=8, n_labels=5, all_born=False):
    """Return rows of all kinds: labels born on the way, masks, missing values, indicators, empty rows."""
    rng = np.random.default_rng(seed)
    kinds = (np.arange(n_features) % 4 == 3).astype(np.uint8)
    xs, truths, status, limits = [], [], [], [n_labels if all_born else 1]
    centres = rng.normal(size=n_features)
    for _ in range(n):
        x = {}
        for f in range(n_features):
            if rng.random() < density:
                v = 1.0 if kinds[f] else float(np.float32(rng.normal() + 2 * centres[f]))
                x[f] = float("nan") if rng.random() < 0.05 else v
        limit = limits[-1]
        s = int(rng.choice([0, 1, 2], p=[0.1, 0.2, 0.7]))
        new = limit + 1 if s and limit < n_labels and rng.random() < 0.15 else limit
        score = sum(v for v in x.values() if not np.isnan(v))
        truth = {label: bool(rng.random() < 1 / (1 + np.exp(-score + label))) for label in range(new)}
        if new > limit:
            truth[limit] = True
        if s == 0:
            truth = {}
        if s == 1:
            truth = {label: h for label, h in truth.items() if label >= limit or rng.random() < 0.5}
        xs.append(x), truths.append(truth), status.append(s), limits.append(new)
    return Stream(rows_of(xs, truths, status, limits, n_features), kinds)


def piecewise(n, seed=0):
    """Return dense rows whose labels change sides with feature 0, and all change half way."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3)).astype(np.float32)
    side = np.where(X[:, 0] > 0.2, 1, -1) * np.where(np.arange(n) < n // 2, 1, -1)
    Y = np.stack([side > 0, side * X[:, 1] > 0, side * X[:, 2] > 0.5], 1)
    xs = [{f: float(v) for f, v in enumerate(row)} for row in X]
    truths = [{label: bool(v) for label, v in enumerate(row)} for row in Y]
    return Stream(rows_of(xs, truths, [2] * n, [3] * (n + 1), 3), np.zeros(3, np.uint8))


def core_of(stream, **parameters):
    return MLHATCore(stream.columns, **parameters)


def run(core, stream, start=0, stop=None, step=None):
    """Return what the core says of the rows while it learns them, `step` rows a call."""
    stop = len(stream.rows) if stop is None else stop
    out = np.full((stop - start, stream.rows.n_labels), -1, np.float32)
    for a in range(start, stop, step or max(stop - start, 1)):
        b = min(stop, a + (step or stop))
        core.test_then_train(stream.rows.slice(a, b), stream.kinds, out[a - start : b - start])
    return out


def naive_run(stream, **parameters):
    """Return what the naive twin says, and the twin."""
    rows = stream.rows
    naive = NaiveMLHAT(rows.n_labels, **parameters)
    out = np.zeros((len(rows), rows.n_labels), np.float32)
    for i in range(len(rows)):
        at = slice(rows.indptr[i], rows.indptr[i + 1])
        x = {int(f): float(v) for f, v in zip(rows.indices[at], rows.values[at], strict=True)}
        held = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].tolist()
        known = rows.known_indices[rows.known_indptr[i] : rows.known_indptr[i + 1]].tolist()
        limit, after = int(rows.limits[i]), int(rows.limits[i + 1])
        truth = {label: label in held for label in (range(after) if rows.status[i] == 2 else known)}
        out[i, :limit] = naive.test_then_train(x, truth, bool(rows.status[i] == 2), limit, after)
    return out, naive
