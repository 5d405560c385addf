"""Where the time goes: each part of a pass run by itself over the same rows, and the least that any predictor needs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.parsing import plain
from benchmarks.speed_contest import by_number
from ihomer.decision import make_decision
from ihomer.door import Door
from ihomer.model import IHOMER
from ihomer.probabilities import Whole
from streams.batch import Batch
from streams.open import open_stream

#: Runs of each part; the fastest counts.
REPEATS = 3


def least(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the fastest of `REPEATS` runs, after one that compiles."""
    work()
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def floor(batches: Sequence[Batch], n_labels: int) -> float:
    """Return the seconds of one bare pass of scoring: rows times a dense float32 matrix (features, labels).

    No door, no learning, no decision: scipy's compiled product of a CSR matrix, a batch at a time.
    """
    n_features = len(batches[0].features)
    weights = np.random.default_rng(0).standard_normal((n_features, n_labels)).astype(np.float32)
    rows = [sparse.csr_array((np.nan_to_num(b.values), b.indices, b.indptr), (len(b), n_features)) for b in batches]
    return least(lambda: [r @ weights for r in rows])


def parsing(path: Path, rows: int) -> float:
    """Return the seconds to read a compressed file as plain text, per row."""
    with tempfile.TemporaryDirectory() as folder:
        stem = path.name.partition(".")[0]
        text = Path(folder) / f"{stem}.svm"
        text.write_bytes(plain(path))
        (text.parent / f"{stem}.names.json").write_bytes((path.parent / f"{stem}.names.json").read_bytes())
        return least(lambda: [None for _ in open_stream(text).batches()]) / rows


def door_of_batches(batches: Sequence[Batch]) -> float:
    """Return the seconds in which a fresh door turns the streams' ids into the model's own."""

    def work() -> None:
        door = Door()
        for batch in batches:
            door.learned(batch)

    return least(work)


def door_of_dicts(batches: Sequence[Batch]) -> float:
    """Return the seconds in which a fresh door turns dicts into arrays, once to predict and once to learn."""
    rows = [row for batch in batches for row in by_number(batch)]

    def work() -> None:
        door = Door()
        for x, y in rows:
            door.predicted_one(x)
            door.learned_one(x, y)

    return least(work)


def deciding(batches: Sequence[Batch], preset: str) -> float:
    """Return the seconds in which label sets and rankings are made of probabilities that are there."""
    model = IHOMER(preset=preset)
    scored = []
    for batch in batches:
        scored += [(rows, answer.p) for _, rows, answer in model._learned_batch(batch)]  # noqa: SLF001

    def work() -> None:
        decision = make_decision(model.target)
        for rows, p in scored:
            decision.block(p, rows, learn=True)
            Whole(p).top(rows.limits, 5)

    return least(work)
