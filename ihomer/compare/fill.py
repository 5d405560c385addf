"""Filling a cell: one learner runs over one stream, and its scores are noted at every rung."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ihomer.compare.cell import Cell, Rungs, Task, failed
from ihomer.compare.digest import RowsDigest
from ihomer.compare.ladder import Laddered
from ihomer.evaluation.kappa import kappas
from ihomer.evaluation.loop import Prequential
from ihomer.evaluation.usage import rss_mb
from ihomer.report.recorder import Recorder

if TYPE_CHECKING:
    from ihomer.report.data import Number

#: Points of the curve of a run, and the window of its windowed scores: a tenth of the stream within bounds.
POINTS = 100
LEAST_WINDOW, MOST_WINDOW = 100, 1000
#: Warnings of a learner that are told.
_WARNINGS = 3


def fill(task: Task, progress: Callable[[int], None] = lambda _rows: None) -> Cell:
    """Return the cell of a task; whatever a learner raises makes a cell that failed.

    Parameters
    ----------
    task
        What to run.
    progress
        Called with the rows so far after each block.

    Examples
    --------
    >>> from ihomer.compare.contestant import contestants
    >>> from ihomer.compare.source import Source, survey
    >>> (learner,) = contestants(["no-change"])
    >>> cell = fill(Task(survey(Source("yeast", limit=100)), learner))
    >>> cell.rows, cell.run.cut, cell.rungs.rows[-3:]
    (100, '', (76, 91, 100))
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("default")
        try:
            cell = _filled(task, progress)
        except Exception as error:  # noqa: BLE001 (a learner may raise anything; the other cells go on)
            cell = failed(task, f"{type(error).__name__}: {error}")
    told = list(dict.fromkeys(f"{one.category.__name__}: {one.message}" for one in heard))[:_WARNINGS]
    return replace(cell, run=replace(cell.run, remarks=(*cell.run.remarks, *told))) if told else cell


def _filled(task: Task, progress: Callable[[int], None]) -> Cell:
    rows = task.stream.rows
    model = task.learner.make(task.seed)
    before = rss_mb()
    recorder, notes = Recorder(), _Notes(rows)
    cut = ""

    def look(run: Prequential) -> None:
        nonlocal cut
        recorder.look(run)
        if run.instances in notes.ladder:
            notes.add(run)
            limit = task.time_limit
            if limit is not None and run.instances < rows and run.cost.cost().cpu_seconds >= limit:
                cut = f"time limit of {limit:g} s"
                run.stop()
        progress(run.instances)

    run = Prequential(
        model,
        Laddered(task.stream.source.open(), rows),
        every=max(1, rows // POINTS),
        window=min(MOST_WINDOW, max(LEAST_WINDOW, rows // 10)),
        seed=task.seed,
        model_name=task.learner.name,
        on_rows=lambda batch, _: notes.digest.add(batch),
        progress=look,
    )
    result = run.run()
    digest = notes.digest
    if not cut and (digest.rows, digest.hex()) != (rows, task.stream.digest):
        raise ValueError(f"the stream has changed while it was compared: {digest.rows:,} rows, {rows:,} before, or others")
    found = recorder.run_of(run, result, stream=task.stream.name, cut=cut)
    growth = max(0.0, result.summary["peak_rss_mb"] - before)  # type: ignore[operator]
    curve = {name: [_rounded(value) for value in values] for name, values in found.curve.items()}
    found = replace(found, curve=curve, costs={**found.costs, "growth_mb": round(growth, 3)})
    return Cell(found, task.repeat, notes.rungs())


def _rounded(value: Number) -> Number:
    """Return a value of a curve as exact as anybody can see it: there are a million of them in a large comparison."""
    return round(value, 6) if isinstance(value, float) else value


class _Notes:
    """What is noted at the rungs."""

    def __init__(self, rows: int) -> None:
        from ihomer.compare.ladder import rungs

        self.ladder = frozenset(rungs(rows))
        self.digest = RowsDigest()
        self._rows: list[int] = []
        self._digests: list[str] = []
        self._seconds: list[float] = []
        self._scores: dict[str, list[Number]] = {}

    def add(self, run: Prequential) -> None:
        self._rows.append(run.instances)
        self._digests.append(self.digest.hex())
        self._seconds.append(round(run.cost.cost().cpu_seconds, 6))
        values = run.metrics.cumulative()
        values |= run.strata.values() | run.confidence.values()
        values |= kappas(values, run.baselines["no_change"][1].cumulative())
        for name, value in values.items():
            self._scores.setdefault(name, []).append(None if math.isnan(value) else value)

    def rungs(self) -> Rungs:
        return Rungs(tuple(self._rows), tuple(self._digests), tuple(self._seconds), self._scores)
