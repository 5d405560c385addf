"""The whole command: `ihomer evaluate` beside the learning in it, and beside Vowpal Wabbit's driver on ten times the rows.

Wall seconds as a user waits for them: start of Python, imports, reading, learning, metrics, baselines and the table at the
end. Each command runs a few times, in turn; the fastest counts. CPU seconds stand beside them for machines that others use.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.parsing import plain, svmlight
from benchmarks.speed_parts import least
from benchmarks.speed_table import table
from ihomer.model import IHOMER
from streams.open import open_stream

#: The set of the benchmark, how often it stands in the long file, and runs of each command.
NAME, TIMES, RUNS = "tmc2007_500", 10, 3
TO_LEARNING, TO_VW = "ratio: (whole - one row) / learning", "ratio to Vowpal Wabbit"


def seconds(*commands: list[str]) -> list[tuple[float, float]]:
    """Return wall and CPU seconds of each command, the least of `RUNS`, in turn, after one run each that warms caches."""
    best = [(float("inf"), float("inf"))] * len(commands)
    for run in range(RUNS + 1):
        for i, command in enumerate(commands):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            if run:
                best[i] = min(best[i][0], wall), min(best[i][1], cpu)
    return best


def vw_file(rows: bytes) -> bytes:
    r"""Return rows `l1,l2 f:v f:v` as Vowpal Wabbit's text.

    Examples
    --------
    >>> vw_file(b"1,2 3:1\n")
    b'1,2 | 3:1\n'
    """
    return b"".join(line.replace(b" ", b" | ", 1) for line in rows.splitlines(keepends=True))


def command(data: Path) -> dict[str, list[float]]:
    """Return what was run -> wall seconds and CPU seconds, and the two ratios by either clock."""
    path = data / f"{NAME}.svm.xz"
    evaluate = [sys.executable, "-m", "ihomer", "evaluate", "--model", "fast"]
    whole, start = seconds([*evaluate, str(path)], [*evaluate, "--limit", "1", str(path)])
    stream = open_stream(path)
    batches = list(stream.batches())

    def learn() -> None:
        model = IHOMER(preset="fast")
        for batch in batches:
            model.predict_learn_many(batch)

    learning = least(learn)
    text = plain(path)
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / f"{NAME}.svm", Path(folder) / f"{NAME}.vw"
        _, _, rows = text.partition(b"\n")
        with ours.open("wb") as file:
            file.writelines(svmlight(text, TIMES * len(rows)))
        (ours.parent / f"{NAME}.names.json").write_bytes((data / f"{NAME}.names.json").read_bytes())
        theirs.write_bytes(vw_file(rows) * TIMES)
        driver = [sys.executable, "-m", "vowpalwabbit", "-d", str(theirs), "--multilabel_oaa", str(stream.declared_labels)]
        long, vw = seconds([*evaluate, str(ours)], driver)
    return {
        f"ihomer evaluate {NAME}.svm.xz --model fast": list(whole),
        "the same with --limit 1": list(start),
        "learning alone, in arrays": [learning, learning],
        TO_LEARNING: [(a - b) / learning for a, b in zip(whole, start, strict=True)],
        f"ihomer evaluate, {TIMES} times the rows as plain text": list(long),
        "python -m vowpalwabbit -d FILE --multilabel_oaa L": list(vw),
        TO_VW: [a / b for a, b in zip(long, vw, strict=True)],
    }


def command_table(found: dict[str, list[float]]) -> str:
    """Return what was found as a table, with the targets."""
    wanted = {TO_LEARNING: "at most 3", TO_VW: "at most 2"}
    return table(["command", "wall s", "CPU s", "wanted"], [[what, *two, wanted.get(what, "")] for what, two in found.items()])
