"""Settings from a file, the environment and flags, the later ones first; every value knows where it came from."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ihomer.daemon.checks import as_found
from ihomer.daemon.kinds import TABLE
from ihomer.daemon.problems import Problem, SettingsError
from ihomer.daemon.setting import PREFIX, Setting, by_name
from ihomer.daemon.settings import Limits, Settings
from streams.kafka.settings import ClusterSettings

#: Variables of the project that are no settings of the daemon, and how the names of others begin.
_OTHER_VARIABLES: Final = frozenset({"IHOMER_DATA", "IHOMER_CACHE_DIR", "IHOMER_DEBUG"})
_OTHER_BEGINNINGS: Final = ("IHOMER_TEST_", "IHOMER_REQUIRE_")

DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True)
class Configured:
    """Settings, and where each came from.

    Parameters
    ----------
    settings
        All of them, checked.
    origins
        Setting -> "default", the file, the variable or the flag.
    """

    settings: Settings
    origins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Given:
    """A value that somebody gave: as text (flags, variables), or as it stands in a file."""

    name: str
    value: object
    origin: str
    is_text: bool


def configured(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, tuple[str, object]] | None = None,
) -> Configured:
    """Return the settings that `file`, then `environment`, then `flags` say; what comes later counts.

    Parameters
    ----------
    file
        TOML: settings by name, those of the cluster and the limits in tables ``[cluster]`` and ``[limits]``, the model's
        parameters in ``[parameters]``.
    environment
        Of it, variables that begin with IHOMER_: ``IHOMER_KEEP``, ``IHOMER_CLUSTER_PASSWORD``.
    flags
        Setting -> (how the flag is called, its text). Values that are no text are taken as those of a file.

    Raises
    ------
    SettingsError
        With all that is wrong: unknown settings, values of another kind, required ones that are missing, those out of range.

    Examples
    --------
    >>> made = configured(None, {"IHOMER_TOPIC": "orders", "IHOMER_KEEP": "5"}, {"state": ("--state", "/var/lib/ihomer")})
    >>> made.settings.keep, made.origins["keep"], made.origins["state"], made.origins["seed"]
    (5, 'IHOMER_KEEP', '--state', 'default')
    >>> configured(None, {"IHOMER_KEEEP": "5"}, {"topic": ("TOPIC", "a"), "state": ("--state", "b")})
    Traceback (most recent call last):
    ihomer.daemon.problems.SettingsError: IHOMER_KEEEP: found a variable that no setting has, expected IHOMER_KEEP
    """
    known, found = by_name(Settings), list[Problem]()
    values, origins = dict[str, Any](), dict.fromkeys(known, DEFAULT)
    bad: dict[str, Problem] = {}
    for given in (*_of_file(file, known, found), *_of_environment(environment or {}, known, found), *_of_flags(flags or {})):
        setting = known[given.name]
        bad.pop(given.name, None)  # what comes later counts, also where the earlier value was none
        try:
            value: Any = setting.kind.of_text(str(given.value)) if given.is_text else setting.kind.of_value(given.value)
        except (ValueError, RecursionError):  # the latter: JSON that is nested without end
            bad[given.name] = Problem(given.name, as_found(setting, given.value), setting.kind.what, given.origin)
            continue
        if setting.kind is TABLE and given.name in values:
            values[given.name] = {**values[given.name], **value}
            origins[given.name] += f", {given.origin}"
        else:
            values[given.name], origins[given.name] = value, given.origin
    for name, setting in known.items():
        if setting.required and name not in values and name not in bad:
            bad[name] = Problem(name, "nothing", f"a value: {setting.flag}, {setting.variable}, or `{name} = ...` in a file")
    found += bad.values()
    try:
        # Those that are wrong get a value that is right, so that all others are looked at, too.
        settings = _made({name: value for name, value in values.items() if name not in bad} | _fill(known, bad))
    except SettingsError as error:
        found += [problem for problem in error.with_origins(origins).problems if problem.setting not in bad]
    if found:
        raise SettingsError(found)
    return Configured(settings, origins)


def _made(values: Mapping[str, Any]) -> Settings:
    tables = {"cluster": ClusterSettings, "limits": Limits}
    inner: dict[str, dict[str, Any]] = {table: {} for table in tables}
    outer = {}
    for name, value in values.items():
        table, dot, rest = name.partition(".")
        if dot:
            inner[table][rest] = value
        else:
            outer[name] = value
    return Settings(**outer, **{table: make(**inner[table]) for table, make in tables.items()})


def _fill(known: Mapping[str, Setting], bad: Iterable[str]) -> dict[str, Any]:
    return {name: "-" if known[name].required else known[name].default for name in bad}


def _of_file(file: Path | None, known: Mapping[str, Setting], found: list[Problem]) -> Iterator[_Given]:
    """Yield what a file gives; what no setting has goes to `found`."""
    if file is None:
        return
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        found.append(Problem("--config", f"{str(file)!r} ({error.strerror})", "a file that can be read"))
        return
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        found.append(Problem("--config", f"{str(file)!r} ({reason})", "a TOML file"))
        return
    tables = {name.partition(".")[0] for name in known if "." in name}
    for key, value in content.items():
        if key not in tables:
            entries = {key: value}
        elif isinstance(value, dict):
            entries = {f"{key}.{inner}": entry for inner, entry in value.items()}
        else:
            found.append(Problem(key, type(value).__name__, f"a table: [{key}]", str(file)))
            continue
        for name, entry in entries.items():
            if name in known:
                yield _Given(name, entry, str(file), is_text=False)
            else:
                found.append(Problem(name, "a name that no setting has", _near(name, known), str(file)))


def _of_environment(environment: Mapping[str, str], known: Mapping[str, Setting], found: list[Problem]) -> Iterator[_Given]:
    """Yield what the environment gives; variables that no setting has go to `found`."""
    variables = {setting.variable: name for name, setting in known.items()}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable in _OTHER_VARIABLES or variable.startswith(_OTHER_BEGINNINGS):
            continue
        if variable in variables:
            yield _Given(variables[variable], text, variable, is_text=True)
        else:
            found.append(Problem(variable, "a variable that no setting has", _near(variable, variables)))


def _of_flags(flags: Mapping[str, tuple[str, object]]) -> Iterator[_Given]:
    for name, (origin, value) in flags.items():
        yield _Given(name, value, origin, is_text=isinstance(value, str))


def _near(name: str, known: Iterable[str]) -> str:
    """Return which of the `known` names may have been meant; the last part of a name counts by itself, too."""
    known = list(known)
    inner = [other for other in known if other.rpartition(".")[2] == name.rpartition(".")[2]]
    near = inner or difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return " or ".join(near) or "one of those that `ihomer consume --help` names"
