"""`ihomer inspect`: what is in a checkpoint."""

from __future__ import annotations

from pathlib import Path

import click

from ihomer.cli import options


@click.command("inspect", short_help="Show what is in a checkpoint.")
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with all labels and events.")
@click.option("--events", "only_events", is_flag=True, help="Only the events, as JSON Lines.")
@options.allow_pickle
def command(*, checkpoint: Path, as_json: bool, only_events: bool, allow_pickle: bool) -> None:
    """Show the model in CHECKPOINT: settings, labels, clusters drawn as a tree, sizes in bytes, events."""
    from ihomer.evaluation.inspection import events_of, inspected, inspection
    from ihomer.evaluation.output import json_line, to_json

    if only_events:
        for event in events_of(checkpoint, allow_pickle=allow_pickle):
            click.echo(json_line(event), nl=False)
        return
    found, drawing = inspected(checkpoint, allow_pickle=allow_pickle)
    click.echo(to_json(found) if as_json else inspection(checkpoint.name, found, drawing), nl=not as_json)
