"""False alarms of the monitors where nothing changes, and how soon they find a change.

    python -m benchmarks.false_alarms [--rows 100000] [--seeds 10] [--preset fast] [--data DIR]

Stationary streams, alarms answered as ever: alarms per 100,000 rows for the model, a cluster, the structure of a cluster,
and a label (clusters as they stand at the end). With `--data` also shuffled passes over tmc2007_500.
Change: Groups with 25 labels in 5 groups; after half of the rows labels change places: all at random, those of one group
with those of another, or two labels. Given is after how many rows the first alarm of each kind came (the mean, and in how
many of the runs; monitors are asked every 128 rows), and how many alarms of clusters and labels were wrong: none of the
labels concerned had changed.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer import IHOMER
from streams import open_stream
from streams.batch import Batch
from streams.synthetic import RBF, Groups, Hyperplane, RandomTree
from streams.views import shuffled

KINDS = ("model", "cluster", "structure", "label")


def kind_of(event: dict[str, Any]) -> str:
    return str(event["place"]).split()[0]


def alarms(model: IHOMER) -> list[dict[str, Any]]:
    return [event for event in model.events if event["kind"] == "alarm"]


def passes(path: Path, seed: int, rows: int) -> Iterator[Batch]:
    """Yield shuffled passes over a file until there were so many rows."""
    done = 0
    while done < rows:
        for batch in shuffled(open_stream(path), 1000 * seed + done % 997).batches(1000):
            yield batch
            done += len(batch)


def learned(preset: str, batches: Iterable[Batch]) -> IHOMER:
    model = IHOMER(preset=preset)
    for batch in batches:
        model.learn_many(batch)
    return model


def moved(batches: Iterable[Batch], at: int, place: npt.NDArray[np.int32]) -> Iterator[Batch]:
    """Yield batches in which from row `at` on label place[j] holds where label j would have."""
    done = 0
    for batch in batches:
        rows = np.repeat(np.arange(len(batch)), np.diff(batch.label_indptr))
        labels = place[batch.label_indices]
        yield replace(batch, label_indices=labels[np.lexsort((labels, rows))]) if done >= at else batch
        done += len(batch)


def changes(random: np.random.Generator) -> dict[str, npt.NDArray[np.int32]]:
    """Return where labels go to; label j is of group j mod 5."""
    groups, labels = np.arange(25, dtype=np.int32), np.arange(25, dtype=np.int32)
    groups[0::5], groups[1::5] = np.arange(1, 25, 5), np.arange(0, 25, 5)
    labels[[0, 1]] = 1, 0
    return {"all": random.permutation(25).astype(np.int32), "two groups": groups, "two labels": labels}


def report_changes(preset: str, rows: int, seeds: int) -> None:
    print(f"\nchange at row {rows // 2:,}: rows to the first alarm of each kind, mean (runs of {seeds} that had one)")
    for what in changes(np.random.default_rng(0)):
        delays: dict[str, list[int]] = {kind: [] for kind in KINDS}
        wrong = 0
        for seed in range(seeds):
            place = changes(np.random.default_rng(seed))[what]
            changed = {f"label{j}" for j in np.flatnonzero(place != np.arange(25))}
            stream = Groups(rows=rows, labels=25, features=80, seed=seed).batches(rows // 20)
            model = learned(preset, moved(stream, rows // 2, place))
            seen = [event for event in alarms(model) if event["instance"] > rows // 2]
            for kind in KINDS:
                mine = [event for event in seen if kind_of(event) == kind]
                delays[kind] += [mine[0]["instance"] - rows // 2] if mine else []
                wrong += sum(bool(event["labels"]) and not changed & set(event["labels"]) for event in mine)
        told = "".join(f"  {kind} {np.mean(d) if d else float('nan'):.0f} ({len(d)})" for kind, d in delays.items())
        print(f"{what:12}{told}  wrong {wrong}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--data", type=Path, help="folder with tmc2007_500.svm.xz")
    asked = parser.parse_args()
    rows = asked.rows
    streams = {
        "groups": lambda seed: Groups(rows=rows, labels=25, features=80, seed=seed).batches(1000),
        "rbf": lambda seed: RBF(rows=rows, labels=25, features=30, seed=seed).batches(1000),
        "tree": lambda seed: RandomTree(rows=rows, labels=8, features=30, seed=seed).batches(1000),
        "hyperplane": lambda seed: Hyperplane(rows=rows, labels=25, features=30, seed=seed).batches(1000),
    }
    if asked.data:
        streams["tmc2007_500"] = lambda seed: passes(asked.data / "tmc2007_500.svm.xz", seed, rows)
    report_changes(asked.preset, 10_000, asked.seeds)
    print(f"\nalarms per 100,000 rows, mean of {asked.seeds} seeds of {rows:,} rows (number of them)")
    for name, make in streams.items():
        found: Counter[str] = Counter()
        watched: Counter[str] = Counter()
        for seed in range(asked.seeds):
            model = learned(asked.preset, make(seed))
            found.update(kind_of(event) for event in alarms(model))
            n = model.n_instances / 100_000
            watched.update({"model": n, "cluster": n * len(model.clusters), "label": n * len(model.labels)})
        watched["structure"] = watched["cluster"]
        told = "".join(f"  {kind} {found[kind] / watched[kind]:.4f} ({found[kind]})" for kind in KINDS)
        print(f"{name:12}{told}", flush=True)


if __name__ == "__main__":
    main()
