"""`ihomer consume`: the daemon that learns from Kafka."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ihomer.daemon.exit_codes import ExitCode
from ihomer.daemon.kinds import TABLE, TRUTH
from ihomer.daemon.problems import SettingsError
from ihomer.daemon.setting import Setting, settings_of
from ihomer.daemon.settings import Settings

if TYPE_CHECKING:
    from ihomer.daemon.configure import Configured

F = TypeVar("F", bound=Callable[..., Any])

#: How parameters come into the function below: click takes no dots.
_DOT = "__"


def _has_flag(setting: Setting) -> bool:
    """Return whether there is a flag: not for what everybody could read in the list of processes, nor for the argument."""
    return not setting.secret and setting.name != "topic" and setting.kind is not TABLE


def _flags(command: F) -> F:
    """Add a flag for every setting, with what the dataclass says of it."""
    for setting in reversed(settings_of(Settings)):
        if _has_flag(setting):
            command = _flag(setting)(command)
    return command


def _flag(setting: Setting) -> Callable[[F], F]:
    name, text = setting.name.replace(".", _DOT), setting.meaning + _default(setting)
    if setting.kind is TRUTH:
        return click.option(f"{setting.flag}/--no-{setting.flag[2:]}", name, default=None, help=text)
    # Always text: it is read as that of variables is, and all that is wrong is told together.
    return click.option(setting.flag, name, metavar=setting.kind.metavar, help=text)


def _default(setting: Setting) -> str:
    if setting.required or setting.default is None or setting.default == "":
        return ""
    return f"  [default: {str(setting.default).lower() if setting.kind is TRUTH else setting.default}]"


def _exit_codes() -> str:
    return "Exit codes: " + "; ".join(f"{int(code)} {code.meaning}" for code in ExitCode) + "."


@click.command("consume", short_help="Learn from a Kafka topic, for months.", epilog=_exit_codes())
@click.argument("topic", required=False)
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path),
              help="Settings in TOML; variables and flags count more.")  # fmt: skip
@click.option("--check", is_flag=True, help="Print the configuration, say what is wrong with it, and end.")
@click.option("--set", "parameters", metavar="KEY=VALUE", multiple=True,
              help="A parameter of the model; may be given several times.")  # fmt: skip
@_flags
def command(*, topic: str | None, config: Path | None, check: bool, parameters: tuple[str, ...], **given: Any) -> None:
    """Read instances from TOPIC of a Kafka cluster, predict, then learn each one, and publish what was predicted.

    Settings come from a TOML file (--config), from variables such as IHOMER_STATE and IHOMER_CLUSTER_PASSWORD, and from flags;
    the later count more. Passwords have no flags, since everybody could read them in the list of processes.

    SIGTERM and Ctrl-C end it in order: what was learned is saved, what was predicted is published. A second one ends it
    at once.
    """
    from ihomer.daemon.configure import configured
    from ihomer.daemon.logs import logged
    from ihomer.daemon.shown import shown_text
    from ihomer.daemon.surroundings import surrounding_problems

    try:
        made = configured(config, os.environ, _said(topic, parameters, given))
        if check:
            click.echo(shown_text(made))
        if problems := surrounding_problems(made.settings):
            raise SettingsError(problems).with_origins(made.origins)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"Error: {problem}", err=True)
        raise click.exceptions.Exit(ExitCode.CONFIGURATION) from None
    if check:
        return
    with logged(made.settings.log, made.settings.secrets):
        code = _run(made)
    raise click.exceptions.Exit(code)


def _said(topic: str | None, parameters: tuple[str, ...], given: dict[str, str | bool | None]) -> dict[str, tuple[str, object]]:
    """Return what was said on the command line: setting -> (how that is called, its value)."""
    flags = {setting.name: setting.flag for setting in settings_of(Settings)}
    said: dict[str, tuple[str, object]] = {}
    for key, value in given.items():
        name = key.replace(_DOT, ".")
        if value is not None:
            said[name] = f"--no-{flags[name][2:]}" if value is False else flags[name], value
    if topic is not None:
        said["topic"] = flags["topic"], topic
    if parameters:
        from ihomer.evaluation.catalogue import parse_setting

        try:
            said["parameters"] = "--set", dict(map(parse_setting, parameters))
        except ValueError as error:
            raise click.UsageError(f"--set: {error}") from error
    return said


def _run(made: Configured) -> int:
    """Print the configuration, run the daemon, and return the exit code."""
    from ihomer.daemon.run import run
    from ihomer.daemon.shown import shown_text, shown_values

    log = logging.getLogger("ihomer.daemon")
    settings = made.settings
    if settings.log == "json":
        log.info("settings", extra={"event": "configuration", "settings": shown_values(settings)})
    else:
        click.echo(shown_text(made), err=True)
    try:
        return run(settings)
    except SettingsError as error:  # what only turns out when it is used: a port that is taken
        for problem in error.with_origins(made.origins).problems:
            log.error(str(problem), extra={"event": "configuration"})  # noqa: TRY400
        return ExitCode.CONFIGURATION
    except Exception:
        log.exception("failed", extra={"event": "failed"})
        return ExitCode.FAILED
