"""Accuracy of the presets beside peers, on the same rows in the same run.

    python -m benchmarks.accuracy --data DIR [--presets fast balanced accurate] [--peers vw river] [--shuffle 0] [--limit N]

One pass a preset and data set: the model learns once, and the decisions of all targets are made from its probabilities.
Example-F1 counts an empty set predicted for an empty set as 1. Peers: Vowpal Wabbit `--multilabel_oaa`, river's scaled
logistic regression per label (extra `peers`), and the trivial baselines. Prints a table per metric; `--out` saves
everything as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from benchmarks.peers import PEERS
from ihomer import IHOMER
from ihomer.decision import make_decision
from ihomer.decision.ranking import top_labels
from ihomer.evaluation.baselines import baselines
from ihomer.evaluation.metrics import Metrics
from ihomer.predictions import Predictions
from streams import open_stream
from streams.stream import Stream
from streams.views import limited, shuffled

SETS = [
    "flags", "emotions", "birds", "yeast", "scene", "medical", "enron", "langlog", "stackex_chess", "tmc2007_500",
    "d20ng", "corel5k", "bibtex", "imdb",
]  # fmt: skip
#: Column of the tables -> (key of the metrics, target that its label sets are made for).
SCORES = {
    "micro-F1": ("micro_f1", "micro_f1"),
    "example-F1": ("example_f1", "example_f1"),
    "macro-F1": ("macro_f1", "macro_f1"),
    "subset acc.": ("subset_accuracy", "subset_accuracy"),
}
DEFAULT = "example_f1"


def run_model(model: IHOMER, stream: Stream) -> dict[str, Any]:
    """Run over the stream once; return the metrics of the label sets made for every target, and the cost of a row."""
    targets = {target: make_decision(target) for _, target in SCORES.values()}
    scores = {target: Metrics(stream.labels.names[: stream.declared_labels or 0]) for target in targets}
    seconds = 0.0
    for batch in stream.batches():
        start = time.process_time()
        rows, scored = model._learned_batch(batch)  # noqa: SLF001
        seconds += time.process_time() - start
        best = top_labels(scored.p, rows.limits, 5)
        for target, decision in targets.items():
            sets = decision.block(scored.p, rows, learn=True)
            scores[target].update(batch, Predictions(model._door.labels, *sets, *best))  # noqa: SLF001
    return {
        "targets": {target: metrics.cumulative() for target, metrics in scores.items()},
        "us": 1e6 * seconds / max(model.n_instances, 1),
    }


def run_trivial(stream: Stream) -> dict[str, Any]:
    """Return the metrics of the trivial baselines."""
    done = {}
    for name, baseline in baselines().items():
        metrics = Metrics(stream.labels.names[: stream.declared_labels or 0])
        for batch in stream.batches():
            metrics.update(batch, baseline.predict_learn_many(batch))
        done[name] = metrics.cumulative()
    return done


def table(results: dict[str, dict[str, Any]], names: list[str]) -> list[str]:
    """Return the means over the data sets as lines: a learner a row."""
    lines = [f"{'':26}" + "".join(f"{score:>13}" for score in SCORES) + f"{'one set: micro':>16}{'us a row':>10}"]
    for learner in next(iter(results.values())):
        cells = []
        for key, target in SCORES.values():
            values = [results[name][learner]["targets"].get(target, {}).get(key, np.nan) for name in names]
            cells.append(f"{np.mean(values):13.4f}")
        one = np.mean([results[name][learner]["targets"][DEFAULT]["micro_f1"] for name in names])
        cost = np.median([results[name][learner].get("us", np.nan) for name in names])
        lines.append(f"{learner:26}" + "".join(cells) + f"{one:16.4f}{cost:10.1f}")
    return lines


def main() -> None:
    """Run everything that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--presets", nargs="*", default=["fast", "balanced", "accurate"])
    parser.add_argument("--only", nargs="+", default=SETS, help="data sets")
    parser.add_argument("--peers", nargs="*", default=[], choices=list(PEERS), help="peers to run, too")
    parser.add_argument("--shuffle", type=int, help="seed of one permutation of the rows; file order if not given")
    parser.add_argument("--limit", type=int, help="rows of each data set at most")
    parser.add_argument("--out", type=Path, help="JSON file for everything that was measured")
    asked = parser.parse_args()
    print(machine())

    def opened(name: str) -> Stream:
        stream: Stream = open_stream(asked.data / f"{name}.svm.xz")
        if asked.shuffle is not None:
            stream = shuffled(stream, asked.shuffle)
        return stream if asked.limit is None else limited(stream, asked.limit)

    results: dict[str, dict[str, Any]] = {}
    for name in asked.only:
        done = {preset: run_model(IHOMER(preset=preset), opened(name)) for preset in asked.presets}
        same = dict.fromkeys(target for _, target in SCORES.values())
        for peer, metrics in run_trivial(opened(name)).items():
            done[peer] = {"targets": dict.fromkeys(same, metrics)}
        for peer in asked.peers:
            metrics, us = PEERS[peer](opened(name))
            done[peer] = {"targets": dict.fromkeys(same, metrics), "us": us}
        results[name] = done
        shown = (f"{k} {v['targets']['micro_f1']['micro_f1']:.3f} ({v.get('us', 0):.0f} us)" for k, v in done.items())
        print(f"{name:15}", ", ".join(shown), flush=True)
        if asked.out:
            asked.out.write_text(json.dumps({"machine": machine(), "results": results}, indent=1))
    print()
    print("\n".join(table(results, asked.only)))


if __name__ == "__main__":
    main()
