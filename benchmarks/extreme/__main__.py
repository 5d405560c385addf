"""Learners of very many labels beside one another: python -m benchmarks.extreme --data DIR."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from benchmarks.extreme.learners import LEARNERS
from benchmarks.machine import machine
from streams import open_stream

#: Real streams with very many labels, or dense in them.
REAL = ("lastfm_tagging", "bibtex", "rcv1sub1", "corel5k", "seq_go", "cellcycle_go", "stackex_cooking")
#: What a table shows: its heading, the result, how it is written.
COLUMNS = (
    ("P@1", "p_at_1", ".3f"), ("P@3", "p_at_3", ".3f"), ("P@5", "p_at_5", ".3f"), ("nDCG@5", "ndcg_at_5", ".3f"),
    ("PSP@5", "psp_at_5", ".3f"), ("micro-F1", "micro_f1", ".3f"),
    ("recall: head", "head", ".3f"), ("torso", "torso", ".3f"), ("tail", "tail", ".3f"),
    ("instances/s", "speed", ",.0f"), ("MB", "mb", ",.1f"),
)  # fmt: skip
#: Seconds of wall time for each of a learner's own, for reading, scoring and compiling, before it is given up.
_PATIENCE, _STARTING = 4, 180


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where NAME.svm.xz stand.")
@click.option("--streams", default=",".join(REAL), show_default=True, help="Real streams, separated by commas.")
@click.option("--labels", default="1000,10000,100000,1000000", show_default=True, help="Synthetic ones: how many labels.")
@click.option("--share", default="10", show_default=True, help="Synthetic ones: labels that share a pool of features.")
@click.option("--rows", default=100_000, show_default=True, help="Rows of synthetic streams.")
@click.option("--learners", default=",".join(LEARNERS), show_default=True, help="Which, separated by commas.")
@click.option("--limit", default=1 << 31, help="Most rows of any stream.")
@click.option("--seconds", default=120.0, show_default=True, help="CPU seconds after which a learner is cut.")
def main(
    data: Path | None, streams: str, labels: str, share: str, rows: int, learners: str, limit: int, seconds: float
) -> None:
    """Print a Markdown table of every stream: each learner predicts each row, is scored, then learns it.

    Instances/s are of one core and the learner's CPU time alone. MB (10^6 bytes) are what the learner says of itself,
    or by how much its process grew. PSP@5 has A = .55, B = 1.5 and the counts before the row. Head, torso and tail are
    the first 20%, the next 30% and the rest of the labels that held so far, by how often. A learner that was cut is
    marked with the rows that it saw: its scores are of those.
    """
    names = [name for name in learners.split(",") if name]
    if unknown := [name for name in names if name not in LEARNERS]:
        raise click.BadParameter(f"no learner {unknown[0]!r}, expected {', '.join(LEARNERS)}", param_hint="--learners")
    specs = {name: str(data / f"{name}.svm.xz") for name in streams.split(",") if name} if data else {}
    for n_labels in (int(n) for n in labels.split(",") if n):
        for shared in (int(s) for s in share.split(",")):
            title = f"synthetic, {n_labels:,} labels, {shared} share a pool"
            specs[title] = f"synthetic:xmc?labels={n_labels}&share={shared}&rows={rows}"
    print(machine())
    for title, spec in specs.items():
        stream = open_stream(spec)
        n = min(limit, stream.length or limit)
        print(f"\n**{title}**: {n:,} rows, {stream.declared_labels:,} labels, {len(stream.features):,} features\n")
        print("| learner | " + " | ".join(heading for heading, _, _ in COLUMNS) + " |")
        print("|---|" + "---:|" * len(COLUMNS))
        for name in names:
            print(line_of(name, result_of(spec, name, n, seconds)), flush=True)


def result_of(spec: str, name: str, limit: int, seconds: float) -> dict[str, Any]:
    """Return the result of a learner in a process of its own, or why there is none."""
    command = [sys.executable, "-m", "benchmarks.extreme.run", spec, name, str(limit), str(seconds)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE * seconds + _STARTING, check=False
        )
    except subprocess.TimeoutExpired:
        return {"unfit": f"not done after {_PATIENCE * seconds + _STARTING:,.0f} s"}
    if done.returncode:
        return {"unfit": f"failed: {(done.stderr.strip().splitlines() or [str(done.returncode)])[-1]}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def line_of(name: str, result: dict[str, Any]) -> str:
    """Return a line of the table."""
    if "unfit" in result:
        return f"| {name} | {result['unfit']} |" + " |" * (len(COLUMNS) - 1)
    result["speed"] = result["rows"] / result["seconds"] if result["seconds"] else math.inf
    cut = f", cut after {result['rows']:,} rows" if result["cut"] else ""
    return f"| {name}{cut} | " + " | ".join(format(result[key], form) for _, key, form in COLUMNS) + " |"


if __name__ == "__main__":
    main()
