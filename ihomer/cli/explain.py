"""`ihomer explain`: why a saved model gives a label its probability."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ihomer.cli import options


@click.command("explain", short_help="Say why a label is predicted, or not.")
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.stream_options
@click.option("--label", metavar="LABEL", required=True, help="The label, predicted or not.")
@click.option("--top", metavar="K", type=click.IntRange(min=1), default=5, show_default=True,
              help="Features, rows and tests of a kind that are told; the rest is summed.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="A JSON object per line.")
@options.allow_pickle
def command(*, checkpoint: Path, label: str, top: int, as_json: bool, allow_pickle: bool, **reading: Any) -> None:
    """Say what each expert of the model in CHECKPOINT adds to the probability of a label, and on what evidence.

    For every instance of STREAM (- is standard input); nothing is learned.
    """
    from ihomer.evaluation.explaining import explanations
    from ihomer.saving import load_any

    model = load_any(checkpoint, allow_pickle=allow_pickle)
    stream = options.opened(**reading)
    for row, explanation in explanations(model, stream, label, top):
        if as_json:
            click.echo(explanation.to_json())
            continue
        if row:
            click.echo()
        click.echo(f"row {row:,}\n{explanation}")
    options.tell_bad_rows(stream)
