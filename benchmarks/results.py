"""Every data set through `ihomer evaluate`: the tables of docs/results.md.

    python -m benchmarks.results --data DIR [--models ihomer] [--only NAME ...] [--out docs/results.md]

Every run is a process of its own, whole stream, file order, defaults; a run that fails ends everything.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.document import written_between
from benchmarks.machine import machine

SCORES = ["micro_f1", "macro_f1", "example_f1", "subset_accuracy", "hamming_loss", "p_at_1", "p_at_5"]
HEADS = ["micro-F1", "macro-F1", "example-F1", "subset acc.", "Hamming", "P@1", "P@5"]


def evaluate(path: Path, model: str) -> dict[str, Any]:
    """Run `ihomer evaluate` on one file and return its summary."""
    command = [sys.executable, "-m", "ihomer", "evaluate", str(path), "--model", model, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def streams_in(directory: Path) -> list[Path]:
    """Return all streams of the directory: the data sets, then the original files."""
    originals = [p for p in sorted((directory / "original").glob("*")) if ".arff" in p.suffixes]
    return sorted(directory.glob("*.svm.xz")) + originals


def table(summaries: dict[str, dict[str, Any]]) -> list[str]:
    """Return the table of all streams as lines of Markdown."""
    lines = [
        "| stream | instances | features | labels | clusters | " + " | ".join(HEADS) + " | no-change micro-F1 "
        "| label prior micro-F1 | instances/s | peak MB |",
        "|---" + "|--:" * (len(HEADS) + 8) + "|",
    ]
    for name, s in summaries.items():
        cells = [f"{s[key]:,}" for key in ("instances", "features", "labels", "clusters")]
        cells += [f"{s[key]:.3f}" for key in SCORES]
        cells += [f"{s['baselines'][b]['micro_f1']:.3f}" for b in ("no_change", "label_prior")]
        cells += [f"{s['instances_per_second']:,.0f}", f"{s['peak_rss_mb']:,.0f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    means = [f"{sum(s[key] for s in summaries.values()) / len(summaries):.3f}" for key in SCORES]
    lines.append("| mean | | | | | " + " | ".join(means) + " | | | | |")
    return lines


def main() -> None:
    """Run everything and write the tables between the marks of the document."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="directory with the data sets (NAME.svm.xz)")
    parser.add_argument("--models", nargs="+", default=["ihomer"])
    parser.add_argument("--only", nargs="+", help="names of streams, without suffixes")
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    asked = parser.parse_args()

    text = [f"Machine: {machine()}.", ""]
    for model in asked.models:
        summaries = {}
        for path in streams_in(asked.data):
            name = path.name.removesuffix(".svm.xz")
            if asked.only and name not in asked.only:
                continue
            summaries[name] = evaluate(path, model)
            print(model, name, *(f"{key}={summaries[name][key]:.3f}" for key in SCORES[:4]), flush=True)
        text += [f"### `--model {model}`", "", *table(summaries), ""]
    written_between(asked.out, "python -m benchmarks.results", text[:-1])


if __name__ == "__main__":
    main()
