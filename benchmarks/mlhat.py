"""MLHAT against the published code: micro-F1 over the whole stream, and rows a second on one core.

    python -m benchmarks.mlhat --data DIR [--only NAME ...]

One tree over all labels, prequential in file order from the first row, a label predicted where its probability is
over one half. The published code was run on the same rows with its default parameters.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import machine
from ihomer.learners.mlhat_core import MLHATCore
from ihomer.rows import Rows
from streams import open_stream

#: name -> rows (None: all), micro-F1 and rows a second of the published code.
PUBLISHED: dict[str, tuple[int | None, float, float]] = {
    "flags": (None, 0.640, 731),
    "emotions": (None, 0.486, 164),
    "yeast": (None, 0.614, 152),
    "birds": (None, 0.199, 35),
    "scene": (None, 0.941, 93),
    "medical": (None, 0.609, 3.1),
    "enron": (1295, 0.436, 2.2),
    "tmc2007_500": (3849, 0.583, 12.8),
}


def read(path: Path, limit: int | None) -> Rows:
    """Return the first rows of a stream (all of them if `limit` is None), all declared labels born."""
    stream = open_stream(str(path))
    batch = next(iter(stream.batches(limit or 1_000_000)))
    assert batch.dense is None
    n, n_labels = len(batch), len(stream.labels)
    return Rows(
        indptr=batch.indptr,
        indices=batch.indices,
        values=batch.values,
        label_indptr=batch.label_indptr,
        label_indices=batch.label_indices,
        status=batch.status,
        known_indptr=np.zeros(n + 1, np.int64),
        known_indices=np.zeros(0, np.int32),
        limits=np.full(n + 1, n_labels, np.int32),
        n_features=len(stream.features),
        n_labels=n_labels,
    )


def micro_f1(rows: Rows, p: np.ndarray) -> float:
    """Return 2 tp / (predicted + true) over all rows and labels."""
    truth = np.zeros(p.shape, bool)
    truth[np.repeat(np.arange(len(rows)), np.diff(rows.label_indptr)), rows.label_indices] = True
    predicted = p > 0.5
    return float(2 * (truth & predicted).sum() / (truth.sum() + predicted.sum()))


def run(rows: Rows) -> tuple[float, float, MLHATCore]:
    """Return micro-F1, CPU seconds of predicting and learning, and the tree."""
    core = MLHATCore(np.arange(rows.n_labels, dtype=np.int32))
    p = np.zeros((len(rows), rows.n_labels), np.float32)
    begin = time.process_time()
    core.test_then_train(rows, np.zeros(rows.n_features, np.uint8), p)
    return micro_f1(rows, p), time.process_time() - begin, core


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="directory with NAME.svm.xz")
    parser.add_argument("--only", nargs="*", choices=[*PUBLISHED], default=[*PUBLISHED])
    args = parser.parse_args()
    print(machine())
    begin = time.perf_counter()
    run(read(args.data / "emotions.svm.xz", 300))  # long enough for a test of splits: all kernels are compiled
    print(f"first run, compilation included if the cache is cold: {time.perf_counter() - begin:.1f} s\n")
    print("| set | rows | micro-F1 | published | rows/s | times published | nodes | MB |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in args.only:
        limit, f1, rate = PUBLISHED[name]
        rows = read(args.data / f"{name}.svm.xz", limit)
        score, seconds, core = run(rows)
        speed = len(rows) / seconds
        print(
            f"| {name} | {len(rows)} | {score:.3f} | {f1:.3f} | {speed:,.0f} | {speed / rate:,.0f} "
            f"| {core.summary['nodes']} | {core.n_bytes / 1e6:.1f} |"
        )


if __name__ == "__main__":
    main()
