"""`ihomer evaluate`: the prequential evaluation of a model over a stream."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from ihomer.cli import options
from ihomer.cli.failures import INTERRUPTED, first_interrupt
from ihomer.cli.progress import Progress


@click.command("evaluate", short_help="Predict, score, then learn each instance of a stream.")
@options.stream_options
@options.model_options
@click.option("--every", metavar="N", type=click.IntRange(min=1), default=1000, show_default=True,
              help="Instances between two rows of metrics.csv.")  # fmt: skip
@click.option("--window", metavar="N", type=click.IntRange(min=1), default=1000, show_default=True,
              help="Instances of the windowed metrics.")  # fmt: skip
@click.option("--fading", metavar="F", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.999,
              show_default=True, help="Factor of the faded metrics per instance.")  # fmt: skip
@click.option("--delay", metavar="N", type=click.IntRange(min=0), default=0, show_default=True,
              help="Learn each instance N instances late.")  # fmt: skip
@click.option("--save", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a checkpoint at the end.")  # fmt: skip
@options.allow_pickle
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
              help="Write metrics.csv, events.jsonl and summary.json there.")  # fmt: skip
@click.option("--predictions", is_flag=True, help="With --out: write predictions.jsonl, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of the table.")
@options.quiet
def command(
    *,
    every: int,
    window: int,
    fading: float,
    delay: int,
    save: Path | None,
    out: Path | None,
    predictions: bool,
    as_json: bool,
    quiet: bool,
    allow_pickle: bool,
    model: str,
    settings: tuple[str, ...],
    seed: int,
    load: str | None,
    **reading: Any,
) -> None:
    """Predict, score, then learn each instance of STREAM, and show how good that was.

    STREAM is a file (ARFF, svmlight, CSV, JSON Lines, Parquet; plain, .gz, .bz2 or .xz), - for standard input,
    yeast (real data that are always there), or synthetic:NAME. The table shows the model beside three trivial
    baselines in the same pass: the previous label set (no change), the most frequent one (majority set), and
    each label that holds in more than half of the instances (label prior).

    Ctrl-C ends the run and shows the result so far.
    """
    if predictions and out is None:
        raise click.UsageError("--predictions writes into the directory of --out: give that, too")

    from ihomer.evaluation.output import OutputDirectory, command_line, to_json
    from ihomer.evaluation.passes import check_can_be_saved
    from ihomer.evaluation.prequential import Prequential
    from ihomer.evaluation.report import report
    from ihomer.evaluation.second_hand import second_hand

    stream = options.opened(**reading)
    learner, name = options.chosen(model, settings, seed, load, allow_pickle=allow_pickle)
    if save is not None:
        check_can_be_saved(learner, save, allow_pickle=allow_pickle)
    with ExitStack() as stack:
        files = None if out is None else stack.enter_context(OutputDirectory(out, predictions=predictions))
        progress = stack.enter_context(Progress(stream.name, quiet=quiet))
        run = Prequential(
            learner,
            stream,
            every=every,
            window=window,
            fading=fading,
            delay=delay,
            seed=seed,
            command=command_line(),
            model_name=name,
            on_rows=None if files is None else files.rows,
            on_point=None if files is None else files.point,
            progress=lambda run: progress(run.instances, run.share, run.metrics.micro_f1()),
        )
        with second_hand(), first_interrupt(run.stop):
            result = run.run()
        progress.clear()
        if files is not None:
            files.finish(result, getattr(learner, "events", ()))
        if save is not None:
            learner.save(save, allow_pickle=allow_pickle)
    if as_json:
        click.echo(to_json(result.summary), nl=False)
    else:
        click.echo(report(result, styled=True))
    if result.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)
