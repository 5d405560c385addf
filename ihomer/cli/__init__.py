"""The command line: `ihomer COMMAND ...`, a file per command, loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from ihomer.cli.failures import told

_COMMANDS = (
    "evaluate", "compare", "learn", "predict", "explain", "inspect", "models", "convert", "consume", "produce", "tail", "warm",
)  # fmt: skip


class _Lazy(click.Group):
    """A group whose commands stand in modules of their names; failures end in a message, not in a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"ihomer.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        if sys.stderr is None:
            # Closed by the caller. Left so, messages would come out on standard output, or in whatever file is opened
            # next under its number.
            sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with told():
            return super().invoke(ctx)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done; 1 bad input, or failed (the message is on standard error; IHOMER_DEBUG=1 adds the "
    "traceback); 2 the command line is wrong; 3 Kafka cannot be reached, there is no such topic, or access is refused; "
    "130 stopped by Ctrl-C.",
)
@click.version_option(package_name="ihomer", message="ihomer %(version)s")
def main() -> None:
    """Streaming multi-label learning: predict, score and learn one instance after the other."""
    # Compiling makes millions of small objects that live long: looking through them for garbage, again and again, is a
    # tenth of a first start. What is garbage is still found, less often.
    gc.set_threshold(100_000, 50, 50)
