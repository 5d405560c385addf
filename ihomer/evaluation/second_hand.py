"""A first start in half the time: while this process compiles what a stream needs first, another compiles the rest.

Compiling is Python's work and one process does it on one core. The other process compiles what is called last for a row
(baselines, metrics, hierarchy, monitors, decision) and leaves it in the cache, where this one finds it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

#: Rows to compile with: enough for the hierarchy to split and merge.
_ROWS = 640


@contextmanager
def second_hand() -> Iterator[None]:
    """Let another process help to compile while the body runs, if nothing is compiled and there is a second core."""
    from streams.jit import is_cold

    if not is_cold() or (os.cpu_count() or 1) < 2:
        yield
        return
    quiet = subprocess.DEVNULL
    # The very same modules, wherever they stand: another copy would compile into another cache.
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    helper = subprocess.Popen(  # noqa: S603 (this interpreter, this module)
        [sys.executable, "-P", "-m", __name__],
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        yield
    finally:
        helper.kill()
        helper.wait()


def compile_last() -> None:
    """Run what is called last for a row on a few rows made up of arrays."""
    from ihomer.decision import make_decision
    from ihomer.drift.monitors import Monitors
    from ihomer.evaluation.baselines import baselines
    from ihomer.evaluation.metrics import Metrics
    from ihomer.hierarchy.tree import ClusterTree
    from ihomer.probabilities import Whole
    from ihomer.rows import Rows
    from streams.batch import COMPLETE, Batch
    from streams.vocabulary import Vocabulary

    n = _ROWS
    held = np.tile(np.array([0, 1, 2, 3], np.int32), n // 2)
    indptr, none = np.arange(0, 2 * n + 1, 2), np.zeros(0, np.int32)
    no_features = np.zeros(n + 1, np.int64)
    status = np.full(n, COMPLETE, np.uint8)
    batch = Batch(
        Vocabulary(), Vocabulary(range(4)), no_features, none, np.zeros(0, np.float32), indptr, held, status
    )
    rows = Rows(
        no_features, none, np.zeros(0, np.float32), indptr, held, status, no_features, none,
        np.full(n + 1, 4, np.int32), 0, 4,
    )  # fmt: skip
    for baseline in baselines().values():
        Metrics(window=10, fading=0.9).update(batch, baseline.predict_learn_many(batch))
    p = np.full((n, 4), 0.4, np.float32)
    sets = make_decision("example_f1").block(p, rows, learn=True)
    Whole(p).top(rows.limits, 5)
    tree = ClusterTree()
    tree.add_labels(4)
    for start in range(0, n, 64):
        block = rows.slice(start, start + 64)
        tree.learn_rows(block.label_indptr, held, block.status, block.known_indptr, none)
        tree.restructure()
    Monitors(0.002).block(Whole(p), rows, tree.cluster_of, tree.cluster_sizes, sets)


if __name__ == "__main__":
    compile_last()
