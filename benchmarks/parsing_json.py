"""Parsing speed of JSON Lines: MB a second on one core, for the kinds of messages there are.

    python -m benchmarks.parsing_json

Files of `--mb` megabytes are made, then read whole by the stream as any user reads them (`batches()`), three times
after one pass that compiles; the fastest counts, in CPU seconds of the process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from streams.json_lines import JsonLinesStream


def labels(random: np.random.Generator) -> list[str]:
    return [f"label{k}" for k in random.integers(0, 50, 3).tolist()]


def sparse_text(random: np.random.Generator) -> dict[str, Any]:
    """About 50 counts of words out of 20,000, few of them frequent: new names keep coming."""
    words = np.unique((random.random(60) ** 3 * 20_000).astype(int)).tolist()
    return {f"word{k}": count for k, count in zip(words, random.integers(1, 4, len(words)).tolist(), strict=True)}


def numbers(random: np.random.Generator) -> list[float]:
    return [round(v, 6) for v in random.normal(size=50).tolist()]


def dense_numbers(random: np.random.Generator) -> dict[str, Any]:
    """50 numbers by name."""
    return {f"f{j}": v for j, v in enumerate(numbers(random))}


def with_categories(random: np.random.Generator) -> dict[str, Any]:
    """40 numbers by name and 10 categories, which the kernel leaves to the decoder."""
    kinds = [f"kind{k}" for k in random.integers(0, 8, 10).tolist()]
    return dict(list(dense_numbers(random).items())[:40]) | {f"c{j}": kind for j, kind in enumerate(kinds)}


KINDS: dict[str, Callable[[np.random.Generator], object]] = {
    "sparse text (words of 20,000)": sparse_text,
    "50 numbers by name": dense_numbers,
    "vectors of 50 numbers": numbers,
    "40 numbers, 10 categories": with_categories,
}


def messages(x: Callable[[np.random.Generator], object], n_bytes: int) -> Iterator[bytes]:
    """Yield lines of JSON, `n_bytes` in all or a little more."""
    random = np.random.default_rng(0)
    written = number = 0
    while written < n_bytes:
        line = orjson.dumps({"id": number, "x": x(random), "y": labels(random)}) + b"\n"
        written, number = written + len(line), number + 1
        yield line


def measure(path: Path) -> tuple[float, int]:
    """Return the CPU seconds that reading the file takes, and its rows."""
    start = time.process_time()
    rows = sum(len(batch) for batch in JsonLinesStream(path).batches())
    return time.process_time() - start, rows


def rows_of_table(n_bytes: int) -> Iterator[tuple[str, float, int, float]]:
    """Yield kind of message, MB, rows and the fewest CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, x in KINDS.items():
            path = Path(folder) / "rows.jsonl"
            with path.open("wb") as file:
                file.writelines(messages(x, n_bytes))
            measure(path)
            seconds, rows = min(measure(path) for _ in range(3))
            yield f"JSON Lines, {kind}", path.stat().st_size / 1e6, rows, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Parsing speed of JSON Lines")
    parser.add_argument("--mb", type=int, default=30, help="megabytes per kind of message")
    options = parser.parse_args()
    print(f"{'format':<50}{'MB':>6}{'rows':>11}{'MB/s':>8}{'rows/s':>12}")
    for kind, mb, rows, seconds in rows_of_table(options.mb * 1_000_000):
        print(f"{kind:<50}{mb:>6.0f}{rows:>11,}{mb / seconds:>8.0f}{rows / seconds:>12,.0f}", flush=True)


if __name__ == "__main__":
    main()
