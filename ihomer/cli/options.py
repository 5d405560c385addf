"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ihomer.evaluation.learners import CATALOGUE

if TYPE_CHECKING:
    from streams.stream import Stream

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("auto", "svmlight", "arff", "csv", "jsonl", "parquet")


def stream_options(command: F) -> F:
    """Add STREAM and the options that say how to read it."""
    return click.argument("stream", metavar="STREAM")(reading_options(command))


def reading_options(command: F) -> F:
    """Add the options that say how to read a stream."""
    for option in reversed(
        (
            click.option("--format", "format_", type=click.Choice(FORMATS), default="auto",
                         help="Format of the file; told by its name and content if not given."),
            click.option("--label-columns", metavar="COLUMNS",
                         help="CSV, Parquet: the label columns (names, patterns such as 'y_*', a range), "
                         "or one column of label lists."),
            click.option("--limit", metavar="N", type=click.IntRange(min=0), help="Read the first N instances only."),
            click.option("--shuffle", metavar="SEED", type=click.IntRange(min=0),
                         help="In the order numpy.random.default_rng(SEED).permutation(n); files only."),
            click.option("--on-error", type=click.Choice(("raise", "skip")), default="raise",
                         help="At a bad row: stop, or leave it out and list it at the end.", show_default=True),
            click.option("--max-errors", metavar="N", type=click.IntRange(min=0),
                         help="With --on-error skip: stop if more than N rows are bad."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def model_options(command: F) -> F:
    """Add the options that say which model to run."""
    for option in reversed(
        (
            click.option("--model", metavar="MODEL", default="ihomer", show_default=True,
                         help=f"{', '.join(CATALOGUE)} (see ihomer models); a .toml file; or module:object."),
            click.option("--set", "settings", metavar="KEY=VALUE", multiple=True,
                         help="A parameter of the model; may be given several times."),
            click.option("--seed", metavar="SEED", type=int, default=7, show_default=True,
                         help="Seed of the model."),
            click.option("--load", metavar="CHECKPOINT", type=click.Path(exists=True, dir_okay=False),
                         help="Go on with the model of a checkpoint."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def allow_pickle(command: F) -> F:
    """Add the option that lets checkpoints hold what only pickle can store."""
    return click.option(
        "--allow-pickle",
        is_flag=True,
        help="Let checkpoints hold pickled objects (river learners). Loading one runs code: trust its source.",
    )(command)


def quiet(command: F) -> F:
    """Add the option that switches progress off."""
    return click.option("-q", "--quiet", is_flag=True, help="No progress.")(command)


def opened(
    stream: str,
    format_: str,
    label_columns: str | None,
    limit: int | None,
    shuffle: int | None,
    on_error: str,
    max_errors: int | None,
) -> Stream:
    """Return the stream that the options of `stream_options` describe: shuffled first, then cut."""
    from streams.open import open_stream
    from streams.views import limited, shuffled

    found = open_stream(
        stream, format=format_, label_columns=label_columns, on_error=on_error, max_errors=max_errors
    )
    if shuffle is not None:
        found = shuffled(found, shuffle)
    return found if limit is None else limited(found, limit)


def chosen(
    model: str, settings: tuple[str, ...], seed: int, load: str | None, *, allow_pickle: bool
) -> tuple[Any, str, int | None]:
    """Return the model that the options of `model_options` describe, its name, and its seed, if it has one."""
    from ihomer.evaluation.catalogue import make_model, parse_setting

    if load is not None:
        source = click.get_current_context().get_parameter_source
        if settings or source("model") is not _DEFAULT or source("seed") is not _DEFAULT:
            raise click.UsageError("--load brings its own model: give neither --model nor --set nor --seed")
        from ihomer.saving import load_any

        loaded = load_any(load, allow_pickle=allow_pickle)
        return loaded, Path(load).name, _seed(loaded, None)
    from ihomer.evaluation.river_model import as_array_model

    try:
        made, name = make_model(model, dict(map(parse_setting, settings)), seed)
        as_array_model(made)
    except (ValueError, TypeError) as error:  # UnknownModelError is a ValueError
        raise click.UsageError(str(error)) from error
    return made, name, _seed(made, seed)


def _seed(model: Any, default: int | None) -> int | None:
    """Return the seed that `model` says it has: a setting or a checkpoint may have brought another one."""
    seed = getattr(model, "seed", None)
    return seed if isinstance(seed, int) else default


_DEFAULT = click.core.ParameterSource.DEFAULT


def tell_bad_rows(stream: Stream) -> None:
    """Say on standard error which rows were left out, if any."""
    from ihomer.evaluation.report import bad_rows

    for line in bad_rows(stream.bad_rows.count, [str(error) for error in stream.bad_rows.first]):
        click.echo(line, err=True)
