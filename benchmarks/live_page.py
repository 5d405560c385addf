"""What the live page costs the learner: runs with and without a reader that asks every two seconds, in pairs.

Call: python -m benchmarks.live_page [STREAM] [--labels 100000] [--model fast] [--limit N] [--pairs 5]

Without a STREAM rows are made up, of so many labels that the learner knows before the clock starts. The share of the page is
measured directly: CPU time of the learner's thread in `Watch.look`, and of all other threads. The ratio of the pair says the
same with the noise of the machine. Sizes are those of the largest answers that the reader got.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ihomer.evaluation.catalogue import make_model
from ihomer.evaluation.loop import Prequential
from ihomer.live.board import Board
from ihomer.live.server import LiveServer
from ihomer.live.watch import Watch
from streams import open_stream
from streams.batch import Batch
from streams.stream import ROWS, Stream

#: What made-up rows are like; how many name all labels before the clock starts, and how many follow.
FEATURES, NON_ZEROS, HELD, FIRST, LENGTH = 50, 10, 5, 256, 2_000
#: Rows between two points of the curves: few, so that these are as full as they get.
EVERY = 10
#: Bytes that a model may take: with 100,000 labels that is more than it may if nothing is said.
MODEL_BYTES = 1 << 33
#: A reader of its own process: it asks as the page does, and says how large the answers were.
_READER = """
import sys, time, urllib.request
paths = "", "live.json"
most = dict.fromkeys(paths, 0)
try:
    while True:
        for path in paths:
            most[path] = max(most[path], len(urllib.request.urlopen(sys.argv[1] + path).read()))
        print(*most.values(), flush=True)
        time.sleep(2)
except OSError:
    pass
"""


class Run(NamedTuple):
    """CPU seconds of the process, those of the page; labels of the model; bytes of the page and of its largest numbers."""

    cpu: float
    watching: float
    labels: int
    page: int
    numbers: int


class ManyLabels(Stream):
    """Made-up rows: a few features, a few of very many labels."""

    def __init__(self, n_labels: int, length: int) -> None:
        super().__init__(f"{n_labels:,} labels")
        self.names, self.length = [f"label {i}" for i in range(n_labels)], length

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield the rows, the same each time."""
        rng, length = np.random.default_rng(1), self.length or 0
        for start in range(0, length, rows):
            n = min(rows, length - start)
            held = rng.integers(0, len(self.names), (n, HELD)).tolist()
            pairs = [(_features(rng), {self.names[i] for i in row}) for row in held]
            yield Batch.from_pairs(pairs, self.features, self.labels)

    def first(self) -> Batch:
        """Return rows that name every label once."""
        rng = np.random.default_rng(0)
        return Batch.from_pairs([(_features(rng), set(self.names[i::FIRST])) for i in range(FIRST)])


def _features(rng: np.random.Generator) -> dict[str, float]:
    return {f"feature {i}": 1.0 for i in rng.integers(0, FEATURES, NON_ZEROS).tolist()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stream", nargs="?")
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--model", default="fast")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    _run(asked, live=False)  # compiled, and in the caches
    ratios, shares = [], []
    for pair in range(asked.pairs):
        found = {live: _run(asked, live=live) for live in ((True, False) if pair % 2 else (False, True))}
        without, watched = found[False], found[True]
        ratios.append(watched.cpu / without.cpu - 1)
        shares.append(watched.watching / watched.cpu)
        print(
            f"pair {pair + 1}: {watched.labels:,} labels; CPU {without.cpu:.2f} s without, {watched.cpu:.2f} s with "
            f"({ratios[-1]:+.1%}); watching {watched.watching:.3f} s ({shares[-1]:.2%}); page {watched.page:,} bytes, "
            f"its numbers up to {watched.numbers:,}",
            flush=True,
        )
    print(f"median: ratio {statistics.median(ratios):+.2%}, watching itself {statistics.median(shares):.2%}")


def _run(asked: argparse.Namespace, *, live: bool) -> Run:
    stream: Stream
    if asked.stream is None:
        made = stream = ManyLabels(asked.labels, LENGTH)
        model, _ = make_model(asked.model, {"max_labels": 2 * asked.labels, "max_bytes": MODEL_BYTES})
        model.learn_many(made.first())
    else:
        stream = open_stream(asked.stream)
        model, _ = make_model(asked.model)
    board = Board()
    watch = Watch(board)
    looking = 0.0

    def look(evaluation: Prequential) -> None:
        nonlocal looking
        begun = time.thread_time()
        watch.look(evaluation)
        looking += time.thread_time() - begun

    with LiveServer("127.0.0.1", 0, board) as server:
        reader = None
        if live:
            reader = subprocess.Popen([sys.executable, "-c", _READER, server.url], stdout=subprocess.PIPE, text=True)
        evaluation = Prequential(model, stream, limit=asked.limit, every=EVERY, progress=look if live else None)
        cpu, thread = time.process_time(), time.thread_time()
        evaluation.run()
        cpu, thread = time.process_time() - cpu, time.thread_time() - thread
        if reader is None:
            return Run(cpu, 0.0, model.n_labels, 0, 0)
        reader.terminate()
        page, numbers = map(int, ((reader.communicate()[0] or "0 0").split())[-2:])
        return Run(cpu, looking + cpu - thread, model.n_labels, page, numbers)


if __name__ == "__main__":
    main()
