"""Speed of the presets beside Vowpal Wabbit, on the same rows in the same run; test, then train, decision included.

    python -m benchmarks.speed --data DIR [--out FILE.json] [--only enron ...] [--sets] [--growth] [--command]

Three parts, all of them if none is named: *sets* (each learner over each data set, in turn, the fastest of `--repeats`
runs, in CPU seconds of the process, compiled code loaded before), *growth* with rows, non-zeros and labels, and the whole
*command*. What counts for each learner stands in `benchmarks.speed_contest`; dicts go over the first `--dict-rows` rows
only, and are compared with Vowpal Wabbit on these. `--out` saves everything as JSON. Needs the extra `peers`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks import speed_parts as parts
from benchmarks.machine import machine
from benchmarks.speed_command import command, command_table
from benchmarks.speed_contest import CONTESTANTS, Run, contest
from benchmarks.speed_growth import growth, growth_table
from benchmarks.speed_table import geometric_mean, table
from ihomer.evaluation.metrics import Metrics
from streams.batch import Batch
from streams.open import open_stream

SETS = ["enron", "tmc2007_500", "bibtex", "d20ng", "corel5k", "rcv1sub1"]
#: Rows a batch.
ROWS = 1000
#: What counts, below the table.
LEGEND = """\
CPU seconds of the whole process: predict a row, then learn it, label set included; the fastest of the runs, in turn.
arrays      predict_learn_many of batches of 1,000 rows that were read before.
dicts       predict_one, then learn_one of {int: float} and a set, made before; the first rows only (the label sets are
            those of arrays, bit for bit).
vw, text    Workspace.predict of a line of text, then .learn of it with labels; the lines were made before, parsing counts.
vw, parsed  the same of examples that were parsed before: nothing but predicting, learning and the calls counts.
A cell is a non-zero times a label that the set declares; micro-F1 is over all rows run, from the first."""
PARTS = """\
Microseconds a row, each part by itself, and shares of `fast`. floor: rows times a matrix of weights, nothing else;
parsing: from plain text to batches; door: from a stream's ids to the model's; dicts to arrays: both doors of a row."""
#: Ratio that tables give -> who is compared with whom.
RATIOS = {
    "fast, arrays / vw, text": ("fast, arrays", "vw, text"),
    "fast, arrays / vw, parsed": ("fast, arrays", "vw, parsed"),
    "fast, dicts / vw, text": ("fast, dicts", "vw, text"),
    "balanced, arrays / vw, text": ("balanced, arrays", "vw, text"),
}


def measured(name: str, data: Path, learners: list[str], repeats: int, dict_rows: int) -> dict[str, Any]:
    """Return all that is measured on one data set."""
    path = data / f"{name}.svm.xz"
    stream = open_stream(path)
    batches = list(stream.batches(ROWS))
    n_labels = stream.declared_labels or 0
    n_short = max(1, min(len(batches), dict_rows // ROWS))
    runs = contest(learners, batches, n_labels, repeats, n_short)
    found = {learner: of_run(run, batches, n_labels) for learner, run in runs.items()}
    rows, short = sum(map(len, batches)), batches[:n_short]
    n_dicts = sum(map(len, short))
    return {
        "rows": rows,
        "non_zeros": sum(len(batch.indices) for batch in batches) / rows,
        "labels": n_labels,
        "learners": found,
        "faster": {what: faster(*(runs[one] for one in pair)) for what, pair in RATIOS.items() if {*pair} <= runs.keys()},
        "us_by_part": {
            "floor": 1e6 * parts.floor(batches, n_labels) / rows,
            "parsing": 1e6 * parts.parsing(path, rows),
            "door, arrays": 1e6 * parts.door_of_batches(batches) / rows,
            "door, dicts": 1e6 * parts.door_of_dicts(short) / n_dicts,
            "deciding": 1e6 * parts.deciding(batches, "fast") / rows,
        },
    }


def of_run(run: Run, batches: list[Batch], n_labels: int) -> dict[str, float]:
    """Return the cost and the score of one run, which may be over the first batches only."""
    done = batches[: len(run.seconds)]
    metrics = Metrics(done[0].labels.first(n_labels))
    for batch, predictions in zip(done, run.predictions, strict=True):
        metrics.update(batch, predictions)
    rows, seconds = sum(map(len, done)), sum(run.seconds)
    cells = sum(len(batch.indices) for batch in done) * n_labels
    return {
        "rows": rows,
        "cpu_seconds": seconds,
        "instances_per_second": rows / seconds,
        "us": 1e6 * seconds / rows,
        "ns_per_cell": 1e9 * seconds / cells,
        "micro_f1": metrics.cumulative()["micro_f1"],
    }


def faster(ours: Run, theirs: Run) -> float:
    """Return how many times as fast the first run is as the second, over the rows that both went over."""
    n = min(len(ours.seconds), len(theirs.seconds))
    return sum(theirs.seconds[:n]) / sum(ours.seconds[:n])


def sets_table(found: dict[str, dict[str, Any]]) -> str:
    """Return cost and score: a line for each data set and learner."""
    lines = []
    for name, one in found.items():
        sizes: list[object] = [name, one["rows"], float(one["non_zeros"]), one["labels"]]
        for learner, run in one["learners"].items():
            places = ("rows", "cpu_seconds", "instances_per_second", "us", "ns_per_cell", "micro_f1")
            lines.append([*sizes, learner, *(run[place] for place in places)])
            sizes = [" ", None, None, None]
    head = ["set", "rows", "non-zeros", "labels", "learner", "rows run", "CPU s", "rows/s", "us a row", "ns a cell", "micro-F1"]
    return table(head, lines)


def ratios_table(found: dict[str, dict[str, Any]]) -> str:
    """Return how many times as fast we are on each data set, and the geometric means."""
    lines = []
    for what in RATIOS:
        values = [one["faster"][what] for one in found.values() if what in one["faster"]]
        if values:
            lines.append([what, *values, geometric_mean(values), min(values)])
    return table(["times as fast", *found, "geometric mean", "least"], lines)


def parts_table(found: dict[str, dict[str, Any]]) -> str:
    """Return where the time of `fast` goes: microseconds a row, and shares of its whole time."""
    lines = []
    for name, one in found.items():
        by_part, runs = one["us_by_part"], one["learners"]
        arrays, dicts = (runs.get(f"fast, {way}", {}).get("us", float("nan")) for way in ("arrays", "dicts"))
        door, deciding = by_part["door, arrays"], by_part["deciding"]
        learning = arrays - door - deciding
        shares = [f"{100 * us / arrays:.0f}%" for us in (door, learning, deciding)]
        share_of_dicts = f"{100 * by_part['door, dicts'] / dicts:.0f}%"
        lines.append([name, by_part["floor"], by_part["parsing"], arrays, *shares, dicts, share_of_dicts])
    head = [
        "set", "floor", "parsing", "fast, arrays", "door", "learning", "deciding", "fast, dicts", "dicts to arrays",
    ]  # fmt: skip
    return table(head, lines)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="JSON file for everything that was measured")
    parser.add_argument("--only", nargs="+", default=SETS, help="data sets")
    parser.add_argument("--learners", nargs="+", default=list(CONTESTANTS), choices=list(CONTESTANTS), metavar="LEARNER")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each learner, of which the fastest counts")
    parser.add_argument("--dict-rows", type=int, default=4000, help="rows that go through dicts")
    for part in ("sets", "growth", "command"):
        parser.add_argument(f"--{part}", action="store_true", help=f"measure {part}")
    asked = parser.parse_args()
    everything = not (asked.sets or asked.growth or asked.command)
    results: dict[str, Any] = {"machine": machine(), "sets": {}}
    print(results["machine"])

    def save() -> None:
        if asked.out:
            asked.out.write_text(json.dumps(results, indent=1))

    if asked.sets or everything:
        for name in asked.only:
            results["sets"][name] = measured(name, asked.data, asked.learners, asked.repeats, asked.dict_rows)
            save()
        print(f"\n{sets_table(results['sets'])}\n\n{LEGEND}\n\n{ratios_table(results['sets'])}")
        print(f"\n{PARTS}\n\n{parts_table(results['sets'])}", flush=True)
    if asked.growth or everything:
        results["growth"] = growth("fast")
        save()
        print(f"\n{growth_table(results['growth'])}", flush=True)
    if asked.command or everything:
        results["command"] = command(asked.data)
        save()
        print(f"\n{command_table(results['command'])}")


if __name__ == "__main__":
    main()
