"""Every decision on the same probabilities: what it reaches on each target, and what it costs.

    python -m benchmarks.decisions --data DIR [--only NAME ...] [--limit 3000] [--preset NAME]

Prequential in file order from the first row, with the probabilities of one model; example-F1 of an empty prediction for
an empty set is 1, macro-F1 the mean over the labels met. Times are of deciding and learning alone, kernels compiled.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.machine import machine
from ihomer import IHOMER
from ihomer.blocks import blocks
from ihomer.decision import make_decision
from ihomer.decision.rules import RULES
from ihomer.evaluation.calibration import Calibration
from ihomer.rows import Rows
from streams import open_stream

SETS = ["emotions", "enron", "yeast", "medical", "scene", "birds", "bibtex"]
SCORES = ["micro", "example", "macro", "subset", "Hamming"]


def probabilities(path: Path, limit: int, preset: str) -> tuple[npt.NDArray[np.float32], Rows]:
    """Return the probabilities of the first rows of a stream, each before it was learned, and the rows."""
    model = IHOMER(preset=preset)
    batch = next(iter(open_stream(str(path)).batches(limit)))
    rows = model._door.learned(batch)  # noqa: SLF001
    return model._train(rows).p, rows  # noqa: SLF001


def decide(name: str, p: npt.NDArray[np.float32], rows: Rows) -> tuple[npt.NDArray[np.bool_], float]:
    """Return the predictions of a rule, bool (n, L), in the blocks of a model, and microseconds of CPU time a row."""
    decision = make_decision(name)
    predicted = np.zeros(p.shape, bool)
    seconds = 0.0
    for start, stop in blocks(0, len(rows)):
        block = rows.slice(start, stop)
        q = np.ascontiguousarray(p[start:stop, : block.n_labels])
        begin = time.process_time()
        indptr, ids = decision.block(q, block, learn=True)
        seconds += time.process_time() - begin
        predicted[start + np.repeat(np.arange(stop - start), np.diff(indptr)), ids] = True
    return predicted, seconds / len(rows) * 1e6


def score(predicted: npt.NDArray[np.bool_], rows: Rows) -> list[float]:
    """Return micro-F1, example-F1, macro-F1, subset accuracy and Hamming loss."""
    held = np.zeros(predicted.shape, bool)
    held[np.repeat(np.arange(len(rows)), np.diff(rows.label_indptr)), rows.label_indices] = True
    both, sizes = held & predicted, held.astype(np.int64) + predicted

    def f1(axis: int, empty: float) -> Any:
        total = sizes.sum(axis)
        return np.where(total > 0, 2 * both.sum(axis) / np.maximum(total, 1), empty).mean()

    return [
        float(2 * both.sum() / sizes.sum()),
        float(f1(1, 1.0)),
        float(f1(0, 0.0)),
        float((held == predicted).all(1).mean()),
        float((held != predicted).mean()),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="directory with NAME.svm.xz")
    parser.add_argument("--only", nargs="*", default=SETS)
    parser.add_argument("--limit", type=int, default=3000, help="rows of each stream")
    parser.add_argument("--preset", default="fast", help="whose probabilities")
    args = parser.parse_args()
    streams = {name: probabilities(args.data / f"{name}.svm.xz", args.limit, args.preset) for name in args.only}
    rules = [name for name in RULES if name != "f1"]
    for rule in rules:  # compile
        decide(rule, *next(iter(streams.values())))
    print(f"{machine()}\n")
    print(f"| rule | {' | '.join(SCORES)} | us a row, median, most |")
    print("|---" + "|--:" * (len(SCORES) + 1) + "|")
    details: dict[str, list[str]] = {name: [] for name in streams}
    for rule in rules:
        values, times = [], []
        for name, (p, rows) in streams.items():
            predicted, microseconds = decide(rule, p, rows)
            values.append(score(predicted, rows))
            times.append(microseconds)
            details[name].append(" ".join(f"{v:.3f}".lstrip("0") for v in values[-1][:4]))
        means = " | ".join(f"{v:.4f}" for v in np.mean(values, axis=0))
        print(f"| {rule} | {means} | {np.median(times):.1f}, {max(times):.1f} |")
    print(f"\nmicro example macro subset:\n\n| set | {' | '.join(rules)} | calibration error |")
    print("|---" + "|---" * len(rules) + "|--:|")
    for name, (p, rows) in streams.items():
        calibration = Calibration()
        calibration.update(p, rows)
        print(f"| {name} | {' | '.join(details[name])} | {calibration.error:.4f} |")


if __name__ == "__main__":
    main()
