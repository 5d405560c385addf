"""`ihomer predict`: predictions of a saved model as JSON Lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ihomer.cli import options
from ihomer.cli.progress import Progress


@click.command("predict", short_help="Predict a stream with a saved model.")
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.stream_options
@click.option("--top", metavar="K", type=click.IntRange(min=0), default=5, show_default=True,
              help="Labels in the ranking of each instance.")  # fmt: skip
@options.allow_pickle
@options.quiet
def command(*, checkpoint: Path, top: int, allow_pickle: bool, quiet: bool, **reading: Any) -> None:
    """Predict each instance of STREAM with the model in CHECKPOINT; nothing is learned.

    Prints a JSON object per line: "row" (its number in the stream, from 0), "id" and "t" if it has them,
    "predicted" (the predicted labels), "top" (the best labels with their probabilities).
    """
    from ihomer.evaluation.passes import predicted_lines
    from ihomer.saving import load_any

    model = load_any(checkpoint, allow_pickle=allow_pickle)
    stream = options.opened(**reading)
    out = sys.stdout.buffer
    # A bar would run through lines that come out on the same terminal.
    with Progress(stream.name, quiet=quiet or out.isatty()) as progress:
        for rows, lines in predicted_lines(model, stream, top):
            out.write(lines)
            progress(rows, stream.progress())
        out.flush()
    options.tell_bad_rows(stream)
