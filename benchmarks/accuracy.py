"""Accuracy of the presets beside peers, on the same rows in the same run.

    python -m benchmarks.accuracy --data DIR [--presets fast balanced accurate] [--peers vw river] [--shuffle 0] [--limit N]
        [--published DIR] [--out FILE.json] [--into docs/results.md]

One pass a preset and data set: the model learns once, and the decisions of all targets are made from its probabilities.
Example-F1 counts an empty set predicted for an empty set as 1. Peers: Vowpal Wabbit `--multilabel_oaa`, river's scaled
logistic regression per label (extra `peers`), and the trivial baselines. Prints means, mean ranks among the peers (each
preset alone against them) and among published results (`--published`, a directory of tables: a data set a row, a method
a column), scores of each data set and calibration errors; `--into` writes them into a document, `--out` saves everything.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.document import written_between
from benchmarks.machine import machine
from benchmarks.peers import PEERS
from benchmarks.ranks import published
from ihomer.decision import make_decision
from ihomer.evaluation.baselines import baselines
from ihomer.evaluation.calibration import Calibration
from ihomer.evaluation.metrics import Metrics
from ihomer.evaluation.statistics import Scores, mean_ranks
from ihomer.model import IHOMER
from ihomer.predictions import Predictions, joined
from ihomer.probabilities import Whole
from streams.open import open_stream
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

#: Data set -> learner -> "targets" (target -> metrics), "us" (CPU microseconds a row) and "ece".
Results = dict[str, dict[str, dict[str, Any]]]


def run_model(model: IHOMER, stream: Stream) -> dict[str, Any]:
    """Run over the stream once; return the metrics of the label sets made for every target, and the cost of a row."""
    targets = {target: make_decision(target) for _, target in SCORES.values()}
    scores = {target: Metrics(stream.labels.names[: stream.declared_labels or 0]) for target in targets}
    calibration = Calibration()
    seconds = 0.0
    for batch in stream.batches():
        start = time.process_time()
        pieces = list(model._learned_batch(batch))  # noqa: SLF001
        seconds += time.process_time() - start
        said: dict[str, list[Predictions]] = {target: [] for target in targets}
        for labels, rows, scored in pieces:
            assert isinstance(scored.said, Whole), "labels are few here"
            p = scored.said.p
            calibration.update(p, rows)
            best = scored.said.top(rows.limits, 5)
            for target, decision in targets.items():
                said[target].append(Predictions(labels, *decision.block(p, rows, learn=True), *best))
        for target, parts in said.items():
            scores[target].update(batch, joined(parts))
    return {
        "targets": {target: metrics.cumulative() for target, metrics in scores.items()},
        "us": 1e6 * seconds / max(model.n_instances, 1),
        "ece": calibration.error,
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


def score_of(done: dict[str, Any], score: str) -> float:
    """Return one score of one learner on one data set."""
    key, target = SCORES[score]
    return float(done["targets"][target][key])


def means(results: Results) -> list[str]:
    """Return the means over the data sets: a learner a row."""
    lines = [
        f"| learner | {' | '.join(SCORES)} | one set: {' | '.join(SCORES)} | us a row, median |",
        "|---" + "|--:" * (2 * len(SCORES) + 1) + "|",
    ]
    for learner in next(iter(results.values())):
        runs = [done[learner] for done in results.values()]
        cells = [f"{np.mean([score_of(run, score) for run in runs]):.4f}" for score in SCORES]
        cells += [f"{np.mean([run['targets'][DEFAULT][key] for run in runs]):.4f}" for key, _ in SCORES.values()]
        us = [run["us"] for run in runs if "us" in run]
        lines.append(f"| {learner} | {' | '.join(cells)} | {f'{np.median(us):,.0f}' if us else ''} |")
    return lines


def rank_table(results: Results, presets: list[str], tables: Path | None) -> list[str]:
    """Return the mean ranks of each preset among others, and the others' ranks beside the last preset.

    Parameters
    ----------
    results
        Of a run.
    presets
        Those of its learners that are ours: each is ranked alone against the others.
    tables
        Directory of published tables to rank among; None: among the other learners of the run.
    """
    columns: dict[str, dict[str, float]] = {}
    counts = []
    for score in SCORES:
        others = {
            name: {k: score_of(run, score) for k, run in done.items() if k not in presets}
            for name, done in results.items()
        }
        if tables is not None:
            others = published(tables, score, list(results))
        counts.append(f"{score} {len(others)}")
        ranks: dict[str, float] = {}
        for preset in presets:
            mine = {name: {preset: score_of(results[name][preset], score)} | values for name, values in others.items()}
            both = mean_ranks(Scores.of(mine)).by_learner()
            ranks = {**ranks, preset: both[preset], **{k: v for k, v in both.items() if k not in presets}}
        columns[score] = ranks
    lines = [f"| learner | {' | '.join(SCORES)} |", "|---" + "|--:" * len(SCORES) + "|"]
    learners = sorted(next(iter(columns.values())), key=lambda k: (k not in presets, columns["micro-F1"][k]))
    lines += [f"| {k} | {' | '.join(f'{columns[score][k]:.2f}' for score in SCORES)} |" for k in learners]
    return [*lines, "", f"Data sets: {', '.join(counts)}."]


def by_set(results: Results, score: str) -> list[str]:
    """Return one score of every learner on every data set, then microseconds a row of those that learn."""
    learners = list(next(iter(results.values())))
    timed = [k for k in learners if "us" in next(iter(results.values()))[k]]
    lines = [
        f"| set | {' | '.join(learners)} | us a row: {' | '.join(timed)} |",
        "|---" + "|--:" * (len(learners) + len(timed)) + "|",
    ]
    for name, done in results.items():
        cells = [f"{score_of(done[k], score):.3f}" for k in learners] + [f"{done[k]['us']:,.0f}" for k in timed]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def calibration_errors(results: Results, presets: list[str]) -> list[str]:
    """Return the expected calibration error of every preset on every data set."""
    lines = [f"| expected calibration error | {' | '.join(presets)} |", "|---" + "|--:" * len(presets) + "|"]
    for name, done in results.items():
        lines.append(f"| {name} | {' | '.join(format(done[preset]['ece'], '.4f') for preset in presets)} |")
    return lines


def report(results: Results, presets: list[str], tables: Path | None) -> list[str]:
    """Return everything as lines of Markdown."""
    lines = ["Means over the data sets:", "", *means(results)]
    if presets and len(next(iter(results.values()))) > len(presets):
        lines += ["", "Mean ranks, each preset alone against the others of the run:", ""]
        lines += rank_table(results, presets, None)
    if presets and tables is not None:
        lines += ["", "Mean ranks, each preset alone against the published results:", ""]
        lines += rank_table(results, presets, tables)
    for score in SCORES:
        lines += ["", f"{score}:", "", *by_set(results, score)]
    return [*lines, "", *calibration_errors(results, presets)] if presets else lines


def main() -> None:
    """Run everything that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--presets", nargs="*", default=["fast", "balanced", "accurate"])
    parser.add_argument("--only", nargs="+", default=SETS, help="data sets")
    parser.add_argument("--peers", nargs="*", default=[], choices=list(PEERS), help="peers to run, too")
    parser.add_argument("--shuffle", type=int, help="seed of one permutation of the rows; file order if not given")
    parser.add_argument("--limit", type=int, help="rows of each data set at most")
    parser.add_argument("--published", type=Path, help="directory of published tables to rank among")
    parser.add_argument("--out", type=Path, help="JSON file for everything that was measured")
    parser.add_argument("--into", type=Path, help="document to write the tables into")
    asked = parser.parse_args()
    print(machine())

    def opened(name: str) -> Stream:
        stream: Stream = open_stream(asked.data / f"{name}.svm.xz")
        if asked.shuffle is not None:
            stream = shuffled(stream, asked.shuffle)
        return stream if asked.limit is None else limited(stream, asked.limit)

    results: Results = {}
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
    lines = report(results, asked.presets, asked.published)
    print("\n" + "\n".join(lines))
    if asked.into:
        command = "python -m benchmarks.accuracy"
        command += "" if asked.shuffle is None else f" --shuffle {asked.shuffle}"
        command += "" if asked.only == SETS else f" --only {' '.join(asked.only)}"
        written_between(asked.into, command, [f"Machine: {machine()}.", "", *lines])


if __name__ == "__main__":
    main()
