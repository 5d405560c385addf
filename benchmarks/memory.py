"""Whether memory is what models say, and stays where it is.

    python -m benchmarks.memory [--presets fast balanced accurate] [--rows 4000] [--features 10000] [--labels 300]
    python -m benchmarks.memory --steady [--rows 2000000] [--labels 50]
    python -m benchmarks.memory --churn labels|names [--presets fast balanced] [--rows N] [--max-bytes N]
    python -m benchmarks.memory --ceiling [--rows 5000000] [--max-bytes 200000000]

The first learns a synthetic sparse stream with every preset, each in a process of its own, kernels warm and the stream in
memory before it begins, and prints `_raw_memory_usage` beside what the resident size has grown by, and the largest parts;
ends with 1 if they differ by more than 10%. With `--steady`: the resident size after a tenth of a long stream with few
features and at its end; ends with 1 if it grew by more than 10%. With `--churn labels`: 1,000,000 rows, one new label every
20 rows, each alive for 4,000: 50,000 labels, 200 alive at any time. With `--churn names`: 2,000,000 rows, each with one
category and one label never seen before. The resident size every 20,000 rows; ends with 1 if after 200,000 rows it is ever
more than 10% from what it was then. With `--ceiling`: labels and features by the million, each met for a while and never
again, where labels are many; ends with 1 if what the model says that it holds, or what the resident size has grown by, is ever
above the ceiling, or the second more than 1.3 times the first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.machine import machine
from benchmarks.memory_ceiling import ceiling
from benchmarks.memory_resident import settled_mb
from ihomer import IHOMER
from ihomer.evaluation.usage import rss_mb
from streams import Batch, Vocabulary, open_stream

#: Presets that are compared, and how far what they say may be from the truth.
PRESETS, CLOSE = ["fast", "balanced", "accurate"], 0.1
#: Non-zeros and labels of a row.
NON_ZEROS, HELD = 60, 4
MB = 1 << 20


def batches(rows: int, features: int, labels: int, seed: int, size: int = 500) -> list[Batch]:
    """Return a sparse stream whose labels hang on its features, in batches of `size`."""
    rng = np.random.default_rng(seed)
    feature_names = Vocabulary([f"f{j}" for j in range(features)])
    label_names = Vocabulary([f"l{k}" for k in range(labels)])
    out = []
    for start in range(0, rows, size):
        n = min(size, rows - start)
        pairs = []
        for _ in range(n):
            ids = np.unique((rng.random(NON_ZEROS) ** 2 * features).astype(np.int64))
            held = {f"l{k}" for k in (rng.choice(ids, HELD) * 7 % labels).tolist()}
            pairs.append(({f"f{j}": 1.0 + j % 3 for j in ids.tolist()}, held))
        out.append(Batch.from_pairs(pairs, feature_names, label_names))
    return out


def measure(preset: str, rows: int, features: int, labels: int) -> dict[str, object]:
    """Learn the stream; return megabytes said and grown, and those of the parts."""
    stream = batches(rows, features, labels, 0)
    warm = IHOMER(preset=preset)
    for batch in batches(300, 200, 20, 1, size=100):
        warm.predict_learn_many(batch)
    del warm
    before = settled_mb()
    model = IHOMER(preset=preset)
    for batch in stream:
        model.predict_learn_many(batch)
    grown = settled_mb() - before
    mixture = model._mixture  # noqa: SLF001
    assert mixture is not None
    parts = {name: expert.n_bytes / MB for name, expert in mixture.old.experts.items()}
    return {"said": model._raw_memory_usage / MB, "grown": grown, "parts": parts}  # noqa: SLF001


def compare(presets: list[str], rows: int, features: int, labels: int) -> bool:
    """Print a line a preset, each measured in a fresh process; return whether all say the truth."""
    print(f"{rows:,} rows, {features:,} features, {labels:,} labels\n")
    print(f"{'preset':12}{'says MB':>10}{'grown MB':>10}{'apart':>8}  largest parts, MB")
    fine = True
    for preset in presets:
        command = [sys.executable, "-m", "benchmarks.memory", "--one", preset]
        command += ["--rows", str(rows), "--features", str(features), "--labels", str(labels)]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        said, grown = answer["said"], answer["grown"]
        parts = sorted(answer["parts"].items(), key=lambda part: -part[1])[:4]
        print(
            f"{preset:12}{said:10.1f}{grown:10.1f}{said / grown - 1:8.1%}  "
            + ", ".join(f"{name} {size:.1f}" for name, size in parts)
        )
        fine &= abs(said / grown - 1) <= CLOSE
    return fine


def steady(rows: int, labels: int) -> bool:
    """Watch the resident size over a long stream; return whether it stays."""
    stream = open_stream(f"synthetic:groups?rows={rows}&labels={labels}&groups=5&features=30&seed=0")
    model = IHOMER()
    start, seen, early = time.perf_counter(), 0, 0.0
    for batch in stream.batches():
        model.predict_learn_many(batch)
        seen += len(batch)
        if not early and seen >= rows // 10:
            early = rss_mb()
            print(f"after {seen:,} instances: resident {early:.1f} MB, model {model._raw_memory_usage / MB:.2f} MB")  # noqa: SLF001
    late = rss_mb()
    rate = seen / (time.perf_counter() - start)
    print(f"after {seen:,} instances: resident {late:.1f} MB, model {model._raw_memory_usage / MB:.2f} MB")  # noqa: SLF001
    print(f"growth {late / early - 1:+.2%}, {rate:,.0f} instances/s, {len(model.events)} events")
    return late <= 1.1 * early


def labels_that_go(rows: int, seed: int = 0) -> Iterator[list[tuple[dict[str, float], set[str]]]]:
    """Yield pairs, 500 at once: every 20 rows a label is born, two of the last 200 hold, two of nine features say which."""
    rng = np.random.default_rng(seed)
    for start in range(0, rows, 500):
        newest = np.arange(start, start + 500) // 20
        held = newest[:, None] - rng.integers(0, 200, (500, 2))
        noise = rng.integers(0, 1000, (500, 7))
        yield [
            ({f"f{j}": 1.0 for j in [*(k * 7919 % 1000 for k in ids), *others]}, {f"l{k}" for k in ids})
            for ids, others in zip(held.tolist(), noise.tolist(), strict=True)
        ]


def names_that_go(rows: int) -> Iterator[list[tuple[dict[str, str], set[str]]]]:
    """Yield pairs, 500 at once: one category and one label that are met nowhere else."""
    for start in range(0, rows, 500):
        yield [({"word": f"w{t}"}, {f"l{t}"}) for t in range(start, start + 500)]


def churn(kind: str, preset: str, rows: int, max_bytes: int) -> bool:
    """Watch the resident size over a stream of names that come and go; return whether it stays from row 200,000 on."""
    model = IHOMER(preset=preset, max_bytes=max_bytes)
    pieces = labels_that_go(rows) if kind == "labels" else names_that_go(rows)
    begun, seen, at_200_000, apart = time.process_time(), 0, 0.0, 0.0
    for piece in pieces:
        model.predict_learn_many(Batch.from_pairs(piece))
        seen += len(piece)
        if seen % 20_000:
            continue
        resident, said = rss_mb(), model._raw_memory_usage / MB  # noqa: SLF001
        if seen == 200_000:
            at_200_000 = resident
        if seen > 200_000:
            apart = max(apart, abs(resident / at_200_000 - 1))
        print(
            f"{preset} {seen:9,} rows: resident {resident:7.1f} MB, model {said:7.1f} MB, {len(model.labels):6,} labels,"
            f" {model.n_features:6,} features, {(time.process_time() - begun) / seen * 1e6:6.0f} us a row",
            flush=True,
        )
    print(f"{preset}: at most {apart:.1%} from what it was after 200,000 rows")
    return apart <= CLOSE


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--presets", nargs="*", default=PRESETS)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--features", type=int, default=10_000)
    parser.add_argument("--labels", type=int)
    parser.add_argument("--steady", action="store_true", help="a long stream instead")
    parser.add_argument("--churn", choices=("labels", "names"), help="a stream of names that come and go instead")
    parser.add_argument("--ceiling", action="store_true", help="labels that arrive all the time instead, below a ceiling")
    parser.add_argument("--max-bytes", type=int, help="the ceiling, for --churn and --ceiling")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.rows, asked.features, asked.labels)))
        return
    print(machine())
    if asked.churn:
        rows = asked.rows or (1_000_000 if asked.churn == "labels" else 2_000_000)
        presets = asked.presets if asked.presets != PRESETS else ["fast", "balanced"]
        fine = [churn(asked.churn, preset, rows, asked.max_bytes or IHOMER().max_bytes) for preset in presets]
        sys.exit(not all(fine))
    if asked.ceiling:
        sys.exit(not ceiling(asked.rows or 5_000_000, asked.max_bytes or 200_000_000))
    if asked.steady:
        sys.exit(not steady(asked.rows or 2_000_000, asked.labels or 50))
    sys.exit(not compare(asked.presets, asked.rows or 4_000, asked.features, asked.labels or 300))


if __name__ == "__main__":
    main()
