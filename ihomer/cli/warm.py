"""`ihomer warm`: compile ahead."""

from __future__ import annotations

import click


@click.command("warm", short_help="Compile everything ahead.")
def command() -> None:
    """Compile everything ahead, so that the first run does not have to."""
    from ihomer.evaluation.warming import warm

    total = 0.0
    for what, seconds in warm():
        click.echo(f"{seconds:6.1f} s  {what}")
        total += seconds
    click.echo(f"{total:6.1f} s  in all")
