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
from ihomer.compare.fill import fill
from ihomer.evaluation.learners import CATALOGUE
from ihomer.evaluation.warming import warm_model
from ihomer.report.plain import json_bytes

#: Seconds between two signs of life.
_EVERY: Final = 0.25


def main() -> None:
    """Fill cells until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks for cells
    answers = os.fdopen(os.dup(1), "wb")
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
            _say(answers, {"ended": code})


def _say(answers: IO[bytes], what: dict[str, object]) -> None:
    answers.write(json_bytes(what) + b"\n")
    answers.flush()  # this process may end, or fork, at once


def _fill(task: Task, answers: IO[bytes]) -> None:
    """Fill a cell, answer, and end this process."""
    told = 0.0

    def progress(rows: int) -> None:
        nonlocal told
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            # If nobody waits any more this raises, here and at the end.
            _say(answers, {"rows": rows})

    code = 1
    try:
        _say(answers, {"cell": fill(task, progress)})
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


def _warm(task: Task, warm: set[str]) -> None:
    """Compile what is ours before a clock runs: no learner pays for being the first."""
    learner = CATALOGUE.get(task.learner.spec)
    name = "ihomer" if learner is None else task.learner.spec if learner.family == "ours" else "no-change"
    if name not in warm:
        warm.add(name)
        warm_model(name)


if __name__ == "__main__":
    main()
