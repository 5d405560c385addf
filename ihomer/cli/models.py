"""`ihomer models`: the learners that have a name."""

from __future__ import annotations

import click


@click.command("models", short_help="List the learners that have a name, or tell about one.")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the learners that `--model` knows by name; with NAME, tell its source and its parameters."""
    from ihomer.evaluation.catalogue import UnknownModelError
    from ihomer.evaluation.learner_text import learner_list, learner_text

    try:
        click.echo(learner_list() if name is None else learner_text(name))
    except UnknownModelError as error:
        raise click.UsageError(str(error)) from error
