"""Conducting a comparison: survey the streams, fill the cells that are not there, put all together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ihomer.compare.cell import Cell, Task
from ihomer.compare.comparison import Comparison
from ihomer.compare.contestant import contestants
from ihomer.compare.metrics import check
from ihomer.compare.source import Source, Surveyed, named_apart, survey
from ihomer.compare.store import CellStore
from ihomer.compare.workers import Workers
from ihomer.report.data import Provenance


@dataclass(slots=True)
class Standing:
    """How far a comparison is.

    Parameters
    ----------
    cells, kept, done
        How many there are, were there before, and are filled now.
    what
        What was heard of last.
    rows
        Rows that were learned.
    share
        Of the rows of the cells that had to be filled, 0 to 1; cells that were cut count as whole.
    """

    cells: int
    kept: int = 0
    done: int = 0
    what: str = ""
    rows: int = 0
    share: float = 0.0


def compare(
    streams: Iterable[str | Source],
    models: Iterable[Any] | Mapping[str, Any],
    *,
    metric: str = "micro_f1",
    limit: int | None = None,
    time_limit: float | None = None,
    shuffle: int | None = None,
    seeds: Sequence[int] = (7,),
    repeat: int = 1,
    jobs: int = 1,
    out: str | Path | None = None,
    command: str = "",
    progress: Callable[[Standing], None] = lambda _standing: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Run every learner over every stream: predict, score, then learn each row, the same rows in the same order for all.

    Parameters
    ----------
    streams
        Files, ``yeast``, ``synthetic:NAME?...``, ``kafka:TOPIC?...`` (see `streams.open_stream`), or sources that say how to
        read them.
    models
        Names of learners, files, ``module:object`` (see `ihomer.evaluation.catalogue.make_model`), or groups of them:
        ``all``, ``ours``, ``global``, ``local``, ``trivial``. Or models themselves, ours and river's, called by their
        class; or a mapping, name -> model. A model is cloned, so every cell begins with an untrained one; it has to come
        from a module, since cells are filled in other processes.
    metric
        What the table shows.
    limit, shuffle
        Use the first so many rows, after shuffling with this seed.
    time_limit
        CPU seconds of a learner on a stream, reading and scoring apart, after which it is cut: at the next rung of
        `ihomer.compare.ladder.rungs`. All others have their scores at every rung, too.
    seeds
        Of learners that take one; scores are means over them. A model that is given as an object keeps the seed that it
        has, and takes one if its `seed` is None.
    repeat
        Fill each cell so many times: costs are medians.
    jobs
        Cells that are filled side by side; no score depends on it, seconds do.
    out
        A directory: finished cells are kept in its folder `cells`, and what depends on nothing that has changed is not
        run again: of a model that is an object its parameters, and the files of the classes that it is made of. Nothing
        else is written; see `Comparison.write`.
    command
        For the report: how this was called.
    progress
        Called now and then.
    stopped
        Asked now and then; true ends the comparison with what there is.

    Raises
    ------
    StreamError
        If a stream cannot be read.
    ihomer.evaluation.catalogue.UnknownModelError
        If there is no such learner.
    ValueError
        If something comes twice, or a number is out of its range.
    TypeError
        If something that is no text is no model either, or cannot be copied into another process.
    OSError
        If cells cannot be kept.
    KeyboardInterrupt
        If it is stopped before all streams have been looked at.

    Examples
    --------
    >>> from ihomer.compare import compare
    >>> found = compare(["yeast"], ["no-change", "label-prior"], limit=50)
    >>> print(found)  # doctest: +ELLIPSIS
    micro-F1; * the best
    <BLANKLINE>
                          no-change   label-prior
    yeast 50                ...
    >>> from ihomer import IHOMER
    >>> from river import linear_model, multioutput
    >>> models = {"ours": IHOMER(preset="fast"), "chain": multioutput.ClassifierChain(linear_model.LogisticRegression())}
    >>> found = compare(["yeast"], models, limit=50)
    >>> found.learners, found.rows("yeast", "chain"), found.failures
    (('ours', 'chain'), 50, [])
    """
    check(metric)
    _check_numbers(limit=limit, repeat=repeat, jobs=jobs)
    if time_limit is not None and not time_limit > 0:
        raise ValueError(f"time_limit must be more than 0 seconds, found {time_limit}")
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds must be numbers of which none comes twice, found {list(seeds)}")
    from ihomer.report.machine import now

    started, learners = now(), contestants(models)
    sources = [one if isinstance(one, Source) else Source(str(one), limit=limit, shuffle=shuffle) for one in streams]
    found = named_apart([survey(source, stopped) for source in sources])
    if not found:
        raise ValueError("there is no stream to compare on")
    tasks = [
        Task(stream, learner, seed, again, time_limit)
        for stream in found
        for learner in learners
        for seed in (seeds if learner.seeded else (None,))
        for again in range(repeat)
    ]
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()) if out is None else out)
        cells = _filled(tasks, CellStore(home / "cells"), jobs, progress, stopped)
    first = found[0].source
    options = {
        "rows at most": first.limit,
        "rows shuffled with seed": first.shuffle,
        "CPU seconds at most": time_limit,
        "seeds": ", ".join(map(str, seeds)),
        "repetitions": repeat,
        "side by side": jobs,
    }
    return Comparison(
        {stream.name: stream.rows for stream in found},
        tuple(learner.name for learner in learners),
        tuple(cell for cell in cells if cell is not None),
        metric,
        _provenance(found, started, command, {name: str(value) for name, value in options.items() if value is not None}),
        interrupted=None in cells,
    )


def _check_numbers(**numbers: int | None) -> None:
    for name, value in numbers.items():
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, found {value}")


def _filled(
    tasks: list[Task],
    store: CellStore,
    jobs: int,
    progress: Callable[[Standing], None],
    stopped: Callable[[], bool],
) -> list[Cell | None]:
    """Return the cells of all tasks, in their order; None for those that were not filled before it was stopped."""
    cells: dict[Task, Cell] = {}
    for task in tasks:
        kept = store.get(task)
        if kept is not None and not kept.run.error:  # what failed is tried again: its cause may be gone
            cells[task] = kept
    missing = [task for task in tasks if task not in cells]
    standing = Standing(len(tasks), len(cells))
    total = sum(task.stream.rows for task in missing)
    rows: dict[Task, int] = {}
    shares: dict[Task, int] = {}

    def wait() -> bool:
        progress(standing)
        return not stopped()

    for news in Workers(missing, jobs).news(wait):
        task = news.task
        rows[task] = shares[task] = news.rows
        if news.cell is not None:
            store.put(task, news.cell)
            cells[task] = news.cell
            shares[task] = task.stream.rows
            standing.done += 1
        standing.what = f"{task.stream.name}: {task.learner.name}"
        standing.rows, standing.share = sum(rows.values()), sum(shares.values()) / total
        progress(standing)
    return [cells.get(task) for task in tasks]


def _provenance(found: Sequence[Surveyed], started: str, command: str, options: dict[str, str]) -> Provenance:
    from ihomer.evaluation.usage import versions
    from ihomer.report.machine import fingerprint, machine

    # What is no file may hold in its query what nobody should see.
    sources = tuple(fingerprint(one.name, one.source.spec if Path(one.source.spec).is_file() else one.name) for one in found)
    return Provenance(command, started, versions(), machine(), None, sources, options)
