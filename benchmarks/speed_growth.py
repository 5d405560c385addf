"""How the time of an instance grows with rows, non-zeros and labels: synthetic streams, a fitted exponent for each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.speed_table import exponent, steepest, table
from ihomer.model import IHOMER
from streams.batch import COMPLETE, Batch
from streams.vocabulary_range import RangeVocabulary

#: What is measured; what stays while one of them grows.
ROWS, NON_ZEROS, LABELS = (1_000, 10_000, 100_000), (10, 30, 100, 300, 1_000), (10, 100, 1_000, 10_000)
NON_ZEROS_FIXED, LABELS_FIXED, FEATURES, HELD = 30, 20, 2_000, 3
#: CPU seconds to measure at least, and rows at least: enough for the clock and for the parts that work every 64 rows.
SECONDS, LEAST_ROWS = 0.5, 512
#: Rows a batch: few, so that the scores of 10,000 labels stay small.
BATCH = 256
#: Rows to begin with, which name every label and do not count.
FIRST = 256


def rows(rng: np.random.Generator, n: int, n_labels: int, non_zeros: int, held: int) -> Batch:
    """Return `n` made-up rows: `non_zeros` of 2,000 features, and `held` labels that some of them make likely."""
    ids = np.sort(np.argsort(rng.random((n, FEATURES)), axis=1)[:, :non_zeros], axis=1).astype(np.int32)
    drawn = (ids[:, :1].astype(np.int64) * 7 + rng.integers(0, max(2, n_labels // 10), (n, held))) % n_labels
    drawn.sort(axis=1)
    fresh = np.ones(drawn.shape, bool)
    fresh[:, 1:] = drawn[:, 1:] != drawn[:, :-1]
    return _batch(ids, drawn[fresh].astype(np.int32), fresh.sum(axis=1), n_labels)


def first_rows(rng: np.random.Generator, n_labels: int, non_zeros: int) -> Batch:
    """Return rows that name every label once, so that all are there from then on."""
    ids = np.sort(np.argsort(rng.random((FIRST, FEATURES)), axis=1)[:, :non_zeros], axis=1).astype(np.int32)
    parts = np.array_split(np.arange(n_labels, dtype=np.int32), FIRST)
    return _batch(ids, np.concatenate(parts), np.array([len(part) for part in parts]), n_labels)


def _batch(ids: np.ndarray, labels: np.ndarray, sizes: np.ndarray, n_labels: int) -> Batch:
    n, non_zeros = ids.shape
    return Batch(
        RangeVocabulary(FEATURES),
        RangeVocabulary(n_labels),
        np.arange(n + 1, dtype=np.int64) * non_zeros,
        ids.ravel(),
        np.ones(ids.size, np.float32),
        np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))),
        labels,
        np.full(n, COMPLETE, np.uint8),
    )


def seconds_a_row(preset: str, n_labels: int, non_zeros: int) -> float:
    """Return CPU seconds an instance, once all labels are there."""
    rng = np.random.default_rng(0)
    model = IHOMER(preset=preset)
    model.learn_many(first_rows(rng, n_labels, non_zeros))
    best = np.inf
    seconds, n = 0.0, 0
    while seconds < SECONDS or n < LEAST_ROWS:
        batch = rows(rng, BATCH, n_labels, non_zeros, HELD)
        start = time.process_time()
        model.predict_learn_many(batch)
        spent = time.process_time() - start
        seconds += spent
        best = min(best, spent / BATCH)
        n += BATCH
    return float(best)


def seconds_over_rows(preset: str) -> Iterator[float]:
    """Yield CPU seconds an instance over the rows up to each of `ROWS`, from the one before."""
    rng = np.random.default_rng(0)
    model = IHOMER(preset=preset)
    model.learn_many(first_rows(rng, LABELS_FIXED, NON_ZEROS_FIXED))
    done = 0
    for stop in ROWS:
        seconds, n = 0.0, stop - done
        while done < stop:
            batch = rows(rng, min(1_000, stop - done), LABELS_FIXED, NON_ZEROS_FIXED, HELD)
            start = time.process_time()
            model.predict_learn_many(batch)
            seconds += time.process_time() - start
            done += len(batch)
        yield seconds / n


def growth(preset: str) -> list[dict[str, object]]:
    """Return of rows, non-zeros and labels the sizes, microseconds an instance, and the exponents."""
    seconds_a_row(preset, LABELS_FIXED, NON_ZEROS_FIXED)  # compiles
    measured: list[tuple[str, Sequence[int], list[float]]] = [
        ("rows", ROWS, list(seconds_over_rows(preset))),
        ("non-zeros", NON_ZEROS, [seconds_a_row(preset, LABELS_FIXED, n) for n in NON_ZEROS]),
        ("labels", LABELS, [seconds_a_row(preset, n, NON_ZEROS_FIXED) for n in LABELS]),
    ]
    return [
        {
            "preset": preset,
            "grows": what,
            "sizes": list(sizes),
            "us": [1e6 * s for s in seconds],
            "exponent": exponent(sizes, seconds),
            "steepest": steepest(sizes, seconds),
        }
        for what, sizes, seconds in measured
    ]


def growth_table(found: list[dict[str, object]]) -> str:
    """Return the growth as a table."""
    lines = []
    for one in found:
        sizes, us = one["sizes"], one["us"]
        assert isinstance(sizes, list)
        assert isinstance(us, list)
        curve = ", ".join(f"{size:,}: {u:,.1f}" for size, u in zip(sizes, us, strict=True))
        lines.append([one["preset"], one["grows"], one["exponent"], one["steepest"], curve])
    return table(["preset", "grows", "exponent", "steepest step", "us an instance at"], lines)
