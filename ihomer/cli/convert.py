"""`ihomer convert`: a stream from one format to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ihomer.cli import options


@click.command("convert", short_help="Write a stream in another format.")
@options.stream_options
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", metavar="FORMAT", type=click.Choice(options.FORMATS), default="auto",
              help="Format of OUT; told by its name if not given.")  # fmt: skip
def command(*, out: Path, to: str, **reading: Any) -> None:
    """Write the instances of STREAM to OUT, whose name says the format and the compression.

    OUT may be - with --to: standard output.
    """
    from streams.writers import write_stream

    stream = options.opened(**reading)
    rows = write_stream(stream, out, format=to)
    options.tell_bad_rows(stream)
    size = f" ({out.stat().st_size:,} bytes)" if out.is_file() else ""
    click.echo(f"{rows:,} instances written to {out}{size}", err=True)
