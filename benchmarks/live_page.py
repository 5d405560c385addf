"""What the live page costs the learner: runs with and without a reader that asks every two seconds, in pairs.

Call: python -m benchmarks.live_page STREAM [--model fast] [--limit N] [--pairs 5]

The share of the page is measured directly: CPU time of the learner's thread in `Watch.look`, and of all other threads. The
ratio of the pair says the same with the noise of the machine.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

from ihomer.evaluation.catalogue import make_model
from ihomer.evaluation.loop import Prequential
from ihomer.live.board import Board
from ihomer.live.server import LiveServer
from ihomer.live.watch import Watch
from streams import open_stream

#: A reader of its own process: it asks as the page does, and says how large the answers were.
_READER = """
import sys, time, urllib.request
most = 0
try:
    while True:
        most = max(most, len(urllib.request.urlopen(sys.argv[1] + "live.json").read()))
        print(most, flush=True)
        time.sleep(2)
except OSError:
    pass
"""


class Run(NamedTuple):
    """CPU seconds of the process, those of the page, and the bytes of the largest answer."""

    cpu: float
    page: float
    answer: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stream")
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
        shares.append(watched.page / watched.cpu)
        print(
            f"pair {pair + 1}: CPU {without.cpu:.2f} s without, {watched.cpu:.2f} s with ({ratios[-1]:+.1%}); "
            f"the page {watched.page:.3f} s ({shares[-1]:.2%}); answers up to {watched.answer:,} bytes",
            flush=True,
        )
    print(f"median: ratio {statistics.median(ratios):+.2%}, the page itself {statistics.median(shares):.2%}")


def _run(asked: argparse.Namespace, *, live: bool) -> Run:
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
        evaluation = Prequential(
            model, open_stream(asked.stream), limit=asked.limit, every=10_000, progress=look if live else None
        )
        cpu, thread = time.process_time(), time.thread_time()
        evaluation.run()
        cpu, thread = time.process_time() - cpu, time.thread_time() - thread
        if reader is None:
            return Run(cpu, 0.0, 0)
        reader.terminate()
        sizes = (reader.communicate()[0] or "0").split()
        return Run(cpu, looking + cpu - thread, int(sizes[-1]))


if __name__ == "__main__":
    main()
