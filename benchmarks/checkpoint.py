"""A checkpoint of a model of very many labels: its size, and how long learning waits for it.

    python -m benchmarks.checkpoint [--labels 100000] [--rows 100000]

Learns `synthetic:xmc` with `IHOMER(label_space="many")`, prints what each part takes in memory and in the file, and how long
each step takes: taking down (what learning waits for when checkpoints are written beside it), packing, digest, the disk. Then
the rows a second that are learned alone, and while checkpoints are written one after the other, and whether a model that is
loaded goes on as the other one, bit for bit. Ends with 1 if the file is larger, or the pause longer, than it may be (up to
100,000 labels), or bits differ.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import machine
from ihomer import IHOMER
from ihomer.checkpoint import Taken, dumps
from ihomer.checkpoint.planes import is_packed, pack
from ihomer.saving import KIND, tree_of
from streams import Batch, open_stream

#: What the file may be, and how long learning may wait, at 100,000 labels.
MOST_MB, MOST_MS, LABELS = 40.0, 250.0, 100_000
#: Times that each step is measured; the middle one counts.
TIMES = 5
#: Rows learned alone, beside checkpoints, and after loading.
MORE = 10_000
#: Parts that are at least so large are told, in MB.
TOLD = 0.3


def arrays(tree: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arrays of a tree with where they stand."""
    if isinstance(tree, np.ndarray):
        yield place, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from arrays(value, f"{place}.{key}" if place else str(key))
    elif isinstance(tree, list | tuple):
        for i, value in enumerate(tree):
            yield from arrays(value, f"{place}[{i}]")


def middle(work: Callable[[], object]) -> float:
    """Return the milliseconds of a call, the middle one of several."""
    found = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        found.append(1e3 * (time.perf_counter() - start))
    return sorted(found)[TIMES // 2]


def parts(tree: dict[str, Any]) -> None:
    """Print the largest arrays."""
    print(f"{'part':52}{'kind':>10}{'MB':>8}{'stored':>8}{'share':>8}")
    rows = []
    for place, array in arrays(tree):
        stored = sum(map(len, pack(array))) if is_packed(array) else array.nbytes
        rows.append((stored / 1e6, array.nbytes / 1e6, place.removeprefix("state."), str(array.dtype)))
    for stored_mb, whole_mb, place, kind in sorted(rows, reverse=True):
        if whole_mb >= TOLD:
            print(f"{place:52}{kind:>10}{whole_mb:8.2f}{stored_mb:8.2f}{stored_mb / whole_mb:8.0%}")
    print(f"{'all arrays':62}{sum(row[1] for row in rows):8.2f}{sum(row[0] for row in rows):8.2f}")


def pauses(model: IHOMER, path: Path) -> float:
    """Return the milliseconds that a caller waits when a checkpoint is written beside it, the middle one of several."""
    found = []
    for _ in range(TIMES):
        start = time.perf_counter()
        saving = model.begin_save(path)
        found.append(1e3 * (time.perf_counter() - start))
        saving.wait()
    return sorted(found)[TIMES // 2]


def rate(model: IHOMER, batches: list[Batch]) -> float:
    """Return instances a second."""
    start = time.perf_counter()
    for batch in batches:
        model.predict_learn_many(batch)
    return sum(map(len, batches)) / (time.perf_counter() - start)


def steps(model: IHOMER, path: Path) -> float:
    """Print how long each step takes; return the pause of a checkpoint that is written beside the learning."""
    tree = tree_of(model)
    data = dumps(tree, kind=KIND)
    state = middle(lambda: tree_of(model))
    structure = middle(lambda: Taken(tree, kind=KIND))
    packing = middle(lambda: [pack(array) for _, array in arrays(tree) if is_packed(array)])
    digest = middle(lambda: hashlib.sha256(data).digest())
    whole = middle(lambda: model.save(path))
    print("\nmilliseconds, each the middle of 5")
    for what, ms in (
        ("state: copies of all arrays", state), ("structure", structure), ("packing", packing), ("digest", digest),
        ("disk, fsync and rest", whole - state - structure - packing - digest), ("save, all of it", whole),
    ):  # fmt: skip
        print(f"  {what:30}{ms:8.1f}")
    pause = pauses(model, path)
    print(f"  {'pause, written beside':30}{pause:8.1f}")
    return pause


def beside(model: IHOMER, batches: list[Batch], path: Path) -> tuple[float, int, float]:
    """Return instances a second while one checkpoint after the other is written, how many were, and the longest pause in ms."""
    saving, n, longest = model.begin_save(path), 1, 0.0
    start = time.perf_counter()
    for batch in batches:
        model.predict_learn_many(batch)
        if saving.done:
            saving.wait()
            at = time.perf_counter()
            saving, n = model.begin_save(path), n + 1
            longest = max(longest, 1e3 * (time.perf_counter() - at))
    seconds = time.perf_counter() - start
    saving.wait()
    return sum(map(len, batches)) / seconds, n, longest


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--labels", type=int, default=LABELS)
    parser.add_argument("--rows", type=int, default=100_000)
    asked = parser.parse_args()
    stream = f"synthetic:xmc?labels={asked.labels}&features={2 * asked.labels}&rows={asked.rows + 3 * MORE}"
    model, later = IHOMER(label_space="many"), []
    for batch in open_stream(stream).batches():
        if model.n_instances < asked.rows:
            model.predict_learn_many(batch)
        else:
            later.append(batch)
    third = len(later) // 3
    alone, meanwhile, after = later[:third], later[third : 2 * third], later[2 * third :]
    print(machine())
    said = model._raw_memory_usage / 1e6  # noqa: SLF001
    print(f"{asked.rows:,} rows, {model.n_labels:,} labels and {model.n_features:,} features met, {said:.1f} MB\n")
    parts(tree_of(model))
    with tempfile.TemporaryDirectory(prefix="ihomer-checkpoint-") as directory:
        path = Path(directory, "model.ihomer")
        pause = steps(model, path)
        size = path.stat().st_size / 1e6
        calm = rate(model, alone)
        busy, n, longest = beside(model, meanwhile, path)
        model.save(path)
        back = IHOMER.load(path)
        for one in (model, back):
            rate(one, after)
        same = dumps(tree_of(model), kind=KIND) == dumps(tree_of(back), kind=KIND)
    print(f"\nfile {size:.1f} MB; pause {pause:.0f} ms; goes on bit for bit: {'yes' if same else 'no'}")
    print(f"{calm:,.0f} instances/s alone, {busy:,.0f} beside {n} checkpoints in a row, longest pause {longest:.0f} ms")
    sys.exit(not (same and (asked.labels > LABELS or (size <= MOST_MB and pause <= MOST_MS))))


if __name__ == "__main__":
    main()
