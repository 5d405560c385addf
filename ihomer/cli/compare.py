"""`ihomer compare`: many learners over many streams, and whether the differences mean anything."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ihomer.cli import options
from ihomer.cli.failures import INTERRUPTED, first_interrupt
from ihomer.cli.progress import Progress

if TYPE_CHECKING:
    from ihomer.compare.conduct import Standing


@click.command("compare", short_help="Run learners over streams, and say who is better.")
@click.argument("streams", metavar="STREAM...", nargs=-1, required=True)
@click.option("--models", metavar="A,B,C", default="ihomer,ihomer-fast,linear,trivial", show_default=True,
              help="Learners (see ihomer models; .toml; module:object), or all, ours, global, local, trivial.")  # fmt: skip
@click.option("--metric", metavar="METRIC", default="micro_f1", show_default=True, help="What the table shows.")
@options.reading_options
@click.option("--time-limit", metavar="SECONDS", type=click.FloatRange(min=0, min_open=True),
              help="Cut a learner on a stream after so many CPU seconds of its own.")  # fmt: skip
@click.option("--seeds", metavar="A,B,C", default="7", show_default=True, help="Seeds of learners that take one.")
@click.option("--repeat", metavar="N", type=click.IntRange(min=1), default=1, show_default=True,
              help="Run each cell N times; costs are medians.")  # fmt: skip
@click.option("--jobs", metavar="N", type=click.IntRange(min=1), default=1, show_default=True,
              help="Cells side by side; no score depends on it.")  # fmt: skip
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
              help="Write report.html, comparison.json, scores.csv, rungs.csv; keep finished cells there.")  # fmt: skip
@options.quiet
def command(
    *,
    streams: tuple[str, ...],
    models: str,
    metric: str,
    format_: str,
    label_columns: str | None,
    limit: int | None,
    shuffle: int | None,
    on_error: str,
    max_errors: int | None,
    time_limit: float | None,
    seeds: str,
    repeat: int,
    jobs: int,
    out: Path | None,
    quiet: bool,
) -> None:
    """Predict, score, then learn each instance of every STREAM with every learner, and compare.

    Every learner sees the same rows of a stream in the same order. One that --time-limit cuts is marked with the rows it
    saw; any two learners are compared on the rows that both saw. Mean ranks, Friedman's and Nemenyi's tests follow below
    the table; with --out the report has Wilcoxon's with Holm's correction and the Bayesian signed-rank test, too.

    With --out, finished cells are kept: the same command goes on where it was stopped, and runs anew only what has
    changed. A learner that fails fails in its cell; the others go on, and the exit code is 1.
    """
    from ihomer.compare.conduct import compare
    from ihomer.compare.metrics import check
    from ihomer.compare.source import Source
    from ihomer.compare.table import WIDTH, table
    from ihomer.evaluation.catalogue import UnknownModelError
    from ihomer.evaluation.output import command_line

    sources = [
        Source(spec, format_, label_columns, on_error, max_errors, shuffle, limit) for spec in dict.fromkeys(streams)
    ]
    stopping: list[bool] = []
    with ExitStack() as stack:
        progress = stack.enter_context(Progress("reading", quiet=quiet))

        def show(standing: Standing) -> None:
            done = standing.kept + standing.done
            progress.name = f"{done}/{standing.cells} {standing.what}"[:60]
            progress(standing.rows, standing.share)

        stack.enter_context(first_interrupt(lambda: stopping.append(True)))
        try:
            check(metric)
            found = compare(
                sources,
                models.split(","),
                metric=metric,
                time_limit=time_limit,
                seeds=_numbers(seeds),
                repeat=repeat,
                jobs=jobs,
                out=out,
                command=command_line(),
                progress=show,
                stopped=lambda: bool(stopping),
            )
        except UnknownModelError as error:
            raise click.UsageError(str(error)) from error
    click.echo(table(found, shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH))
    if found.interrupted:
        if out is not None:
            click.echo("The same command goes on from here.", err=True)
        raise click.exceptions.Exit(INTERRUPTED)
    if out is not None:
        found.write(out)
    if failures := found.failures:
        cells = len(found.streams) * len(found.learners)
        raise click.ClickException(f"{len(failures)} of {cells} cells failed: see below the table")


def _numbers(text: str) -> list[int]:
    try:
        return [int(one) for one in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"expected numbers with commas between, found {text!r}", param_hint="--seeds") from None
