"""`ihomer learn`: a model learns a stream and is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ihomer.cli import options
from ihomer.cli.failures import INTERRUPTED, first_interrupt
from ihomer.cli.progress import Progress


@click.command("learn", short_help="Learn a stream and save the model.")
@options.stream_options
@options.model_options
@click.option("--save", metavar="FILE", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the checkpoint.")  # fmt: skip
@options.allow_pickle
@options.quiet
def command(
    *,
    save: Path,
    quiet: bool,
    allow_pickle: bool,
    model: str,
    settings: tuple[str, ...],
    seed: int,
    load: str | None,
    **reading: Any,
) -> None:
    """Learn STREAM without scoring and save the model to FILE.

    Instances without labels are allowed. Ctrl-C ends the pass early and saves what was learned; so does a bad row or
    any other fault of STREAM.
    """
    from ihomer.cli.reading import Reading
    from ihomer.evaluation.passes import Learning, check_can_be_saved
    from ihomer.evaluation.second_hand import second_hand

    stream = Reading(options.opened(**reading))
    learner, *_ = options.chosen(model, settings, seed, load, allow_pickle=allow_pickle)
    check_can_be_saved(learner, save, allow_pickle=allow_pickle)
    with Progress(stream.name, quiet=quiet) as progress:
        learning = Learning(learner, stream, lambda rows: progress(rows, stream.progress()))

        def stop() -> None:
            stream.stop()  # raises if a read waits: then what it holds is learned, and nothing follows
            learning.stop()

        with second_hand(), first_interrupt(stop):
            rows = learning.run()
    if stream.error is not None and not rows:
        raise stream.error
    learner.save(save, allow_pickle=allow_pickle)
    options.tell_bad_rows(stream)
    so_far = "" if stream.error is None and not stream.stopped else " so far"
    click.echo(f"{rows:,} instances learned{so_far}, saved to {save} ({save.stat().st_size:,} bytes)", err=True)
    if rows and not len(stream.labels):
        click.echo(
            "Warning: not one of them has labels: say which columns are labels (--label-columns; CSV, Parquet) or "
            "what the file is (--format)",
            err=True,
        )
    if stream.error is not None:
        raise stream.error
    if stream.stopped:
        raise click.exceptions.Exit(INTERRUPTED)
