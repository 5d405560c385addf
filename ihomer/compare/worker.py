"""The process that fills cells: it compiles and imports once, and gives each cell a process of its own.

A cell's process is a fork: it begins with everything compiled, its memory is its own to be measured, and what kills it
kills nothing else. Tasks come as lines of JSON on standard input; lines of JSON go back on what was standard output.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from typing import IO, Final

from ihomer.compare.cell import Task
from ihomer.report.plain import json_bytes

#: Seconds between two signs of life.
_EVERY: Final = 0.25


def main() -> None:
    """Fill cells until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks for cells
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what learners print is no answer
    warm: set[str] = set()
    for line in sys.stdin.buffer:
        task = Task.from_plain(json.loads(line))
        _warm(task, warm)
        gc.collect()
        gc.freeze()
        child = os.fork()
        if not child:
            _fill(task, answers)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            answers.write(json_bytes({"ended": code}) + b"\n")


def _fill(task: Task, answers: IO[bytes]) -> None:
    """Fill a cell, answer, and end this process."""
    from ihomer.compare.fill import fill

    told = 0.0

    def progress(rows: int) -> None:
        nonlocal told
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            # If nobody waits any more this raises, here and at the end.
            answers.write(json_bytes({"rows": rows}) + b"\n")

    code = 1
    try:
        answers.write(json_bytes({"cell": fill(task, progress)}) + b"\n")
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _warm(task: Task, warm: set[str]) -> None:
    """Compile what is ours before a clock runs: no learner pays for being the first."""
    from ihomer.evaluation.learners import CATALOGUE
    from ihomer.evaluation.warming import warm_model

    learner = CATALOGUE.get(task.learner.spec)
    name = "ihomer" if learner is None else task.learner.spec if learner.family == "ours" else "no-change"
    if name not in warm:
        warm.add(name)
        warm_model(name)


if __name__ == "__main__":
    main()
