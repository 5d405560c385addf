"""What the live page costs the learner: pairs of runs with and without a reader that asks every two seconds.

    python -m benchmarks.live_page STREAM [--model fast] [--limit N] [--pairs 5]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stream")
    parser.add_argument("--model", default="fast")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    _run(asked, live=False)  # compiled, and in the caches
    ratios = []
    for pair in range(asked.pairs):
        found = {}
        for live in (True, False) if pair % 2 else (False, True):
            found[live] = _run(asked, live=live)
        ratios.append(found[True][0] / found[False][0])
        print(
            f"pair {pair + 1}: CPU {found[False][0]:.2f} s without, {found[True][0]:.2f} s with ({ratios[-1] - 1:+.1%}); "
            f"wall {found[False][1]:.2f} s, {found[True][1]:.2f} s; answers up to {found[True][2]:,} bytes"
        )
    print(f"median {statistics.median(ratios) - 1:+.2%} CPU over {len(ratios)} pairs")


def _run(asked: argparse.Namespace, *, live: bool) -> tuple[float, float, int]:
    """Return the CPU seconds of this process, wall seconds, and the size of the largest answer."""
    model, _ = make_model(asked.model)
    board = Board()
    watch = Watch(board)
    with LiveServer("127.0.0.1", 0, board) as server:
        reader = None
        if live:
            command = [sys.executable, "-c", _READER, server.url]
            reader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        evaluation = Prequential(
            model, open_stream(asked.stream), limit=asked.limit, every=10_000, progress=watch.look if live else None
        )
        cpu, wall = time.process_time(), time.perf_counter()
        evaluation.run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if reader is None:
            return cpu, wall, 0
        reader.terminate()
        lines = (reader.communicate()[0] or "0").split()
        return cpu, wall, int(lines[-1])


if __name__ == "__main__":
    main()
