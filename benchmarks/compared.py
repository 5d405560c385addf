"""All learners on all data sets, in one comparison: tables for docs/results.md, and the report beside them.

    python -m benchmarks.compared --data DIR --out DIR2 [--time-limit 5] [--models all] [--only NAME ...] [--jobs 1]
        [--published DIR3] [--into docs/results.md] [--report docs/comparison.html]

What is finished in DIR2 is kept: the same command goes on where it was stopped. Weak places of the first learner come first.
"""

from __future__ import annotations

import argparse
import csv
import math
import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.document import written_between
from benchmarks.machine import machine
from ihomer.compare import compare
from ihomer.compare.testing import both, ranked, statistics_of
from ihomer.evaluation.learners import CATALOGUE
from ihomer.evaluation.statistics import nemenyi

if TYPE_CHECKING:
    from ihomer.compare.comparison import Comparison

RANKED = {"micro_f1": "micro-F1", "example_f1": "example-F1", "macro_f1": "macro-F1", "subset_accuracy": "subset acc."}
#: Who saw fewer rows than this of a stream, and not all, is no rival on it: the first rows are anybody's.
ENOUGH = 1000
#: Names of data sets and learners in the published tables.
PUBLISHED_DATA = {"flags": "Flags", "emotions": "Emotions", "yeast": "Yeast", "scene": "Scene"}
PUBLISHED_LEARNERS = {
    "mlht": "MLHT", "mlhtps": "MLHTPS", "isoupt": "iSOUPT", "mlbels": "MLBELS", "mlhat": "MLHAT", "knn": "KNN", "nb": "NB",
    "amr": "AMR", "ht": "HT", "hat": "HAT", "efdt": "EFDT", "sgt": "SGT", "mt": "MT", "arf": "ARF", "amf": "AMF",
    "abalr": "ABALR", "abolr": "ABOLR",
}  # fmt: skip


def of_learners(found: Comparison) -> list[str]:
    """Return a line for each learner: mean ranks, how the first stands against it, costs, how often it was cut."""
    first = found.learners[0]
    ranks: dict[str, dict[str, float]] = {}
    for metric in RANKED:
        scores = ranked(found, metric)
        ranks[metric] = {} if scores is None else dict(nemenyi(scores).ranks.by_learner())
    tested = statistics_of(found, "micro_f1")
    pairs = {} if tested is None else {pair.second: pair for pair in tested.pairs if pair.first == first}
    heads = " | ".join(f"rank, {name}" for name in RANKED.values())
    against = f"{first} wins, ties, losses, micro-F1 | p (Holm) | P(it is better by .01, level, worse)"
    lines = [
        f"| learner | {heads} | {against} | CPU us a row, median | cut on |",
        "|---" + "|--:" * len(RANKED) + "|:-:|--:|:-:|--:|--:|",
    ]
    for learner in sorted(found.learners, key=lambda learner: ranks["micro_f1"].get(learner, math.inf)):
        cells = [f"{ranks[metric][learner]:.2f}" if learner in ranks[metric] else "" for metric in RANKED]
        pair = pairs.get(learner)
        if pair is None:
            cells += ["", "", ""]
        else:
            cells += [f"{pair.wins}, {pair.ties}, {pair.losses}", "" if pair.adjusted is None else f"{pair.adjusted:.2g}"]
            cells += [", ".join("" if p is None else f"{p:.3f}" for p in (pair.better, pair.alike, pair.worse))]
        costs = [us for stream in found.streams if (us := found.cpu_us_a_row(stream, learner)) is not None]
        cut = sum(found.cut(stream, learner) for stream in found.streams)
        lines.append(f"| {learner} | {' | '.join(cells)} | {statistics.median(costs):,.0f} | {cut or ''} |")
    return lines


def of_streams(found: Comparison) -> list[str]:
    """Return a line for each stream: the first learner beside the best of the others, where it is worst first."""
    first = found.learners[0]
    others = [learner for learner in found.learners if learner not in CATALOGUE or CATALOGUE[learner].family != "ours"]
    rows = []
    for stream in found.streams:
        cells, worst = [], math.inf
        for metric in RANKED:
            seen = {a: min(found.rows(stream, first), found.rows(stream, a)) for a in others}
            enough = [a for a in others if seen[a] >= min(ENOUGH, found.streams[stream])]
            pairs = {a: pair for a in enough if (pair := both(found, stream, first, a, metric))}
            best = max(pairs, key=lambda a: pairs[a][1] - pairs[a][0])
            mine, theirs = pairs[best]
            cut = "" if seen[best] == found.streams[stream] else f" @{seen[best]:,}"
            cells.append(f"{mine:.3f} | {best} {theirs:.3f}{cut}")
            worst = min(worst, mine - theirs) if metric in ("micro_f1", "example_f1") else worst
        rows.append((worst, f"| {stream} | {found.streams[stream]:,} | {' | '.join(cells)} |"))
    heads = " | ".join(f"{name} | best other" for name in RANKED.values())
    return [f"| stream | rows | {heads} |", "|---|--:" + "|--:|---" * len(RANKED) + "|", *(line for _, line in sorted(rows))]


def of_published(found: Comparison, directory: Path) -> list[str]:
    """Return micro-F1 here beside the published one; differences over .03 are marked."""
    with (directory / "micro_f1.csv").open() as file:
        told = {line["Dataset"]: line for line in csv.DictReader(file)}
    streams = [stream for stream in found.streams if stream in PUBLISHED_DATA]
    lines = [f"| learner | {' | '.join(streams)} |", "|---" + "|--:" * len(streams) + "|"]
    for learner in (learner for learner in PUBLISHED_LEARNERS if learner in found.learners):
        cells = []
        for stream in streams:
            mine = found.score(stream, learner, "micro_f1")
            theirs = float(told[PUBLISHED_DATA[stream]][PUBLISHED_LEARNERS[learner]])
            if mine is None or found.cut(stream, learner):
                cells.append(f"cut / {theirs:.3f}")
            else:
                cells.append(f"{mine:.3f} / {theirs:.3f}{' *' * (abs(mine - theirs) > 0.03)}")
        lines.append(f"| {learner} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Compare, and write the tables between the marks of the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with the data sets (NAME.svm.xz)")
    parser.add_argument("--out", type=Path, required=True, help="where the comparison is kept")
    parser.add_argument("--time-limit", type=float, help="CPU seconds of a learner on a stream")
    parser.add_argument("--models", default="all")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these data sets alone")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--published", type=Path, help="directory with the published tables: compare with them instead")
    parser.add_argument("--into", type=Path, help="the document")
    parser.add_argument("--report", type=Path, help="copy the report there")
    options = parser.parse_args()
    paths = [p for p in sorted(options.data.glob("*.svm.xz")) if not options.only or p.name.split(".")[0] in options.only]
    found = compare(
        [str(path) for path in paths], options.models.split(","), time_limit=options.time_limit, jobs=options.jobs,
        out=options.out, command=f"python -m benchmarks.compared --models {options.models} --time-limit {options.time_limit}",
    )  # fmt: skip
    found.write(options.out)
    lines = [f"Machine: {machine()}.", ""]
    if options.published is None:
        lines += [*of_learners(found), "", *of_streams(found)]
    else:
        lines += of_published(found, options.published)
    print("\n".join(lines))
    if options.into:
        what = "benchmarks.compared" + (" --published" if options.published else "")
        written_between(options.into, f"python -m {what}", lines)
    if options.report:
        shutil.copyfile(options.out / "report.html", options.report)


if __name__ == "__main__":
    main()
