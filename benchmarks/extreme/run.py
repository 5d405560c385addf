"""One learner over one stream, in a process of its own: python -m benchmarks.extreme.run SPEC LEARNER LIMIT SECONDS."""

from __future__ import annotations

import gc
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.extreme.learners import LEARNERS
from benchmarks.extreme.protocol import UnfitError
from ihomer.evaluation.metrics import Metrics
from ihomer.evaluation.strata import Strata
from ihomer.evaluation.usage import MB, rss_mb
from streams import open_stream

if TYPE_CHECKING:
    from benchmarks.extreme.protocol import Learner
    from ihomer.predictions import Predictions
    from streams.batch import Batch

#: Rows given to a learner at once; the first batches hold fewer, so that a slow one can be cut soon.
ROWS = 1024
FIRST_ROWS = 16
#: A learner that needs longer than that for a batch is given smaller ones.
_BATCH_SECONDS = 2.0
#: What a table shows of `Metrics`.
SHOWN = ("p_at_1", "p_at_3", "p_at_5", "ndcg_at_5", "psp_at_5", "micro_f1")


def run(spec: str, name: str, limit: int, seconds: float) -> dict[str, Any]:
    """Return what a learner makes of a stream: scores, rows, CPU seconds of it alone, and its size.

    Parameters
    ----------
    spec
        As for `open_stream`.
    name
        Of `LEARNERS`.
    limit
        Most rows.
    seconds
        CPU time after which the learner is cut.

    Raises
    ------
    UnfitError
        If the learner has nothing to do with the stream.
    """
    stream = open_stream(spec)
    _warm(LEARNERS[name](open_stream(spec)), next(stream.batches(min(limit, ROWS))))
    gc.collect()
    before = rss_mb()
    learner = _Measured(LEARNERS[name](stream))
    learner.grown_mb = rss_mb() - before
    strata = Strata()
    metrics = Metrics(stream.labels.copy() if stream.declared_labels else None, observers=[strata])
    rows = 0
    for batch in stream.batches(ROWS):
        start, stop = 0, min(len(batch), limit - rows)
        while start < stop and learner.seconds <= seconds:
            # So few rows at once that a slow learner can be cut in time.
            size = FIRST_ROWS if rows == 0 else max(1, int(_BATCH_SECONDS * rows / max(learner.seconds, 1e-6)))
            piece = batch.slice(start, min(start + size, stop))
            metrics.update(piece, learner.step(piece))
            start += len(piece)
            rows += len(piece)
        if rows == limit or learner.seconds > seconds:
            break
    values = metrics.cumulative()
    return {
        "rows": rows, "seconds": learner.seconds, "cut": learner.seconds > seconds and rows < limit,
        "mb": learner.mb, **{key: values[key] for key in SHOWN},
        **{stratum.name: stratum.micro_recall for stratum in strata.strata()},
    }  # fmt: skip


def _warm(learner: Learner, batch: Batch) -> None:
    """Compile what has to be compiled, by a learner that is not used afterwards."""
    if not hasattr(learner, "prepare"):  # those that take another form are not ours, and compiled
        for start in range(0, len(batch), FIRST_ROWS):
            learner(batch.slice(start, min(start + FIRST_ROWS, len(batch))))
        learner(batch)


class _Measured:
    """A learner with the CPU seconds and the memory that it took so far."""

    def __init__(self, learner: Learner) -> None:
        self._learner = learner
        self.seconds = self.grown_mb = 0.0

    def step(self, batch: Batch) -> Predictions:
        """Let it predict and learn a batch."""
        prepare = getattr(self._learner, "prepare", None)
        rows = batch if prepare is None else prepare(batch)
        held, start = rss_mb(), time.process_time()
        answers = self._learner(rows)
        self.seconds += time.process_time() - start
        self.grown_mb += rss_mb() - held
        return answers

    @property
    def mb(self) -> float:
        """Its size in 10^6 bytes: what it says itself, else by how much the process grew while it was made and at work."""
        n_bytes: float | None = getattr(self._learner, "n_bytes", None)
        return (self.grown_mb * MB if n_bytes is None else n_bytes) / 1e6


if __name__ == "__main__":
    _, spec, name, limit, seconds = sys.argv
    try:
        print(json.dumps(run(spec, name, int(limit), float(seconds))))
    except UnfitError as error:
        print(json.dumps({"unfit": str(error)}))
