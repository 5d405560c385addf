"""`ihomer evaluate`: the prequential evaluation of a model over a stream."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ihomer.cli import options
from ihomer.cli.failures import INTERRUPTED, first_interrupt, message
from ihomer.cli.progress import Progress

if TYPE_CHECKING:
    from ihomer.evaluation.loop import Prequential
    from ihomer.live.server import LiveServer
    from ihomer.live.watch import Watch

#: Where the live page is if nothing is said: a free port, for this machine alone.
_ANYWHERE = "127.0.0.1:0"


class _Live(click.Command):
    """Lets --live stand without a value also before STREAM: only host:port is taken for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for i, arg in enumerate(args):
            if arg == "--live" and (i + 1 == len(args) or not re.fullmatch(r"\S*:\d{1,5}", args[i + 1])):
                args[i] = f"--live={_ANYWHERE}"
        return super().parse_args(ctx, args)


@click.command("evaluate", cls=_Live, short_help="Predict, score, then learn each instance of a stream.")
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
@click.option("--label-fraction", metavar="P", type=click.FloatRange(0, 1), default=1.0, show_default=True,
              help="Learn the labels of this share of the instances; the others come as unlabelled.")  # fmt: skip
@click.option("--partial", metavar="P", type=click.FloatRange(0, 1), default=1.0, show_default=True,
              help="Of each labelled instance, learn this share of the labels known so far; others are unknown.")  # fmt: skip
@click.option("--mask-seed", metavar="SEED", type=click.IntRange(min=0), default=0, show_default=True,
              help="Seed of what --label-fraction and --partial hide.")  # fmt: skip
@click.option("--save", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a checkpoint at the end.")  # fmt: skip
@options.allow_pickle
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
              help="Write report.html, metrics.csv, events.jsonl, summary.json and pictures there.")  # fmt: skip
@click.option("--live", metavar="[HOST:PORT]",
              help="Serve a live page while it runs; for this machine alone if no place is given.")  # fmt: skip
@click.option("--predictions", is_flag=True, help="With --out: write predictions.jsonl, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON instead of the table.")
@options.quiet
def command(
    *,
    every: int,
    window: int,
    fading: float,
    delay: int,
    label_fraction: float,
    partial: float,
    mask_seed: int,
    save: Path | None,
    out: Path | None,
    live: str | None,
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

    With --delay, --label-fraction and --partial the model and the baselines see less of the labels, or see them
    later; all scores use the full truth. They can be combined.

    Ctrl-C ends the run and shows the result so far; so does a fault in the middle, whose message comes after it.
    """
    if predictions and out is None:
        raise click.UsageError("--predictions writes into the directory of --out: give that, too")

    from ihomer.cli.reading import Reading
    from ihomer.evaluation.loop import Prequential
    from ihomer.evaluation.output import OutputDirectory, command_line, to_json
    from ihomer.evaluation.passes import check_can_be_saved
    from ihomer.evaluation.report import report
    from ihomer.evaluation.second_hand import second_hand
    from ihomer.report.evaluated import Evaluated
    from streams.errors import StreamError

    watch, pages = _watch(live)
    stream = Reading(options.opened(**reading))
    report_of = None if out is None else Evaluated(stream.name, reading["stream"])
    learner, name, own_seed = options.chosen(model, settings, seed, load, allow_pickle=allow_pickle)
    if save is not None:
        check_can_be_saved(learner, save, allow_pickle=allow_pickle)
    faults: list[Exception] = []
    broken = False  # whether the model itself failed
    with ExitStack() as stack:
        files = None if out is None else stack.enter_context(OutputDirectory(out, predictions=predictions))
        if pages is not None:
            stack.enter_context(pages)
            click.echo(f"live at {pages.url}", err=True)
        progress = stack.enter_context(Progress(stream.name, quiet=quiet))

        def looked(run: Prequential) -> None:
            progress(run.instances, run.share, run.metrics.micro_f1())
            for looker in (report_of, watch):
                if looker is not None:
                    looker.look(run)

        def written(write: Callable[..., None]) -> Callable[..., None]:
            """Let the first file that cannot be written end the run, in good order."""

            def call(*what: object) -> None:
                if not faults:
                    try:
                        write(*what)
                    except OSError as error:
                        faults.append(error)
                        run.stop()

            return call

        run = Prequential(
            learner,
            stream,
            every=every,
            window=window,
            fading=fading,
            delay=delay,
            label_fraction=label_fraction,
            partial=partial,
            mask_seed=mask_seed,
            seed=own_seed,
            command=command_line(),
            model_name=name,
            on_rows=None if files is None else written(files.rows),
            on_point=None if files is None else written(files.point),
            progress=looked,
        )

        def stop() -> None:
            stream.stop()  # raises if a read waits: then what it holds is scored, and nothing follows
            run.stop()

        try:
            with second_hand(), first_interrupt(stop):
                result = run.run()
        except Exception as error:
            if not run.instances:
                raise
            result, broken = run.result(), True
            faults.append(error)
        progress.clear()
        if stream.error is not None:
            faults.insert(0, stream.error)
        if faults and not run.instances:
            raise faults[0]
        if stream.stopped:
            result.ended_by(None)
        if faults:
            result.ended_by("; ".join(map(message, faults)))
        elif result.nothing_known and not result.interrupted:
            raise StreamError(
                f"{stream.name}: not one of {result.summary['instances']:,} instances has labels, so nothing can be "
                "scored: say which columns are labels (--label-columns; CSV, Parquet) or what the file is (--format)"
            )
        if files is not None:
            told = {str(fault) for fault in faults}  # a file that failed fails again when it is closed
            rest = files.finish(result, getattr(learner, "events", ()))
            assert report_of is not None
            rest += report_of.write(run, result, files.path)
            faults += [fault for fault in rest if str(fault) not in told]
        if save is not None and not broken:
            try:
                learner.save(save, allow_pickle=allow_pickle)
            except Exception as error:  # noqa: BLE001
                faults.append(error)  # raised once the result is shown
    if as_json:
        click.echo(to_json(result.summary), nl=False)
    else:
        click.echo(report(result, styled=True))
    if save is not None and broken:
        click.echo(f"{save} is not written: the model failed in the middle of an instance", err=True)
    if faults:
        raise faults[0] if len(faults) == 1 else ExceptionGroup("several faults", faults)
    if result.interrupted:
        raise click.exceptions.Exit(INTERRUPTED)


def _watch(live: str | None) -> tuple[Watch | None, LiveServer | None]:
    """Return what brings the evaluation onto the live page, and what serves it; nothing of both if it is not wanted."""
    if live is None:
        return None, None
    from ihomer.live.board import Board
    from ihomer.live.guarded import host_and_port
    from ihomer.live.server import LiveServer
    from ihomer.live.watch import Watch

    place = host_and_port(live)
    if place is None:
        raise click.BadParameter(f"expected HOST:PORT, found {live!r}", param_hint="--live")
    board = Board()
    try:
        return Watch(board), LiveServer(*place, board)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise click.BadParameter(f"{live} cannot be used: {why}", param_hint="--live") from error
