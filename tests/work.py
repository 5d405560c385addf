"""Counts of work, for tests of what something costs: clocks say something else on every machine, these do not.

`lines` counts the lines of Python that run. Kernels count where they are not compiled: in a process of its own
(`uncompiled`), or as `py_func`. `allocated` counts bytes: what numpy does to whole arrays makes arrays.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

_ROOT = Path(__file__).parent.parent

#: Intrinsics have no Python of their own.
_PLAIN = """
import numpy as np
import ihomer.kernels.fastmath as fastmath
fastmath.fast_log, fastmath.fast_exp = np.log, np.exp
np.seterr(all="ignore")
"""


def lines(work):
    """Return how many lines of Python a call runs."""
    n = 0

    def count(_frame, event, _argument):
        nonlocal n
        n += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return n


def allocated(work):
    """Return how many bytes a call asks for, at least: how far beyond before, from one call of a function to the next."""
    total, held = 0, 0

    def note(_frame, _event, _argument):
        nonlocal total, held
        now, peak = tracemalloc.get_traced_memory()
        total += max(0, peak - held)
        tracemalloc.reset_peak()
        held = now

    before = sys.getprofile()
    tracemalloc.start()
    sys.setprofile(note)
    try:
        work()
        note(None, None, None)
    finally:
        sys.setprofile(before)
        tracemalloc.stop()
    return total


def uncompiled(script, *arguments):
    """Run a script in a process where kernels are plain Python; return what it printed."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-W", "ignore", "-c", _PLAIN + script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
