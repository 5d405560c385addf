"""One setting at a time: name, kind, default and meaning, read from the dataclasses and nowhere else.

Flags, variables, files, checks, what is printed and the table in the documentation all come from this list.
"""

from __future__ import annotations

import dataclasses
import operator
import re
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass

from ihomer.daemon.kinds import Kind, kind_of

#: What the names of environment variables begin with.
PREFIX = "IHOMER_"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Parameters
    ----------
    name
        Its name, with that of its table: ``limits.features``.
    kind, optional
        What it holds, and whether None is allowed, too.
    default
        What it is if nobody says anything; `dataclasses.MISSING` if somebody must.
    meaning
        For people, from the docstring.
    secret
        Whether its value is never shown: what is left out of the dataclass's repr.
    """

    name: str
    kind: Kind
    optional: bool
    default: object
    meaning: str
    secret: bool

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is MISSING

    @property
    def variable(self) -> str:
        """The environment variable: ``IHOMER_LIMITS_FEATURES``."""
        return PREFIX + self.name.replace(".", "_").upper()

    @property
    def flag(self) -> str:
        """The flag: ``--limits-features``; how the cluster is reached needs no such prefix, and the topic is an argument."""
        if self.name == "topic":
            return "TOPIC"
        return "--" + self.name.removeprefix("cluster.").replace(".", "-").replace("_", "-")

    def of(self, settings: object) -> typing.Any:
        """Return the value that `settings` have."""
        return operator.attrgetter(self.name)(settings)


def settings_of(cls: type, prefix: str = "") -> tuple[Setting, ...]:
    """Return the settings of a dataclass and of those in its fields, in order.

    Examples
    --------
    >>> from ihomer.daemon.settings import Limits
    >>> limit = settings_of(Limits, "limits.")[0]
    >>> limit.name, limit.default, limit.variable, limit.flag
    ('limits.message_bytes', 1048576, 'IHOMER_LIMITS_MESSAGE_BYTES', '--limits-message-bytes')
    >>> limit.meaning
    'The largest message that is taken.'
    """
    annotations, meanings = typing.get_type_hints(cls), _meanings(cls.__doc__ or "")
    found: list[Setting] = []
    for field in dataclasses.fields(cls):
        annotation = annotations[field.name]
        if dataclasses.is_dataclass(annotation):
            assert isinstance(annotation, type)
            found += settings_of(annotation, f"{prefix}{field.name}.")
            continue
        default = field.default if field.default_factory is MISSING else field.default_factory()
        kind, optional = kind_of(annotation)
        meaning = meanings.get(field.name, "")
        found.append(Setting(prefix + field.name, kind, optional, default, meaning, secret=not field.repr))
    return tuple(found)


def by_name(cls: type) -> Mapping[str, Setting]:
    """Return the settings of a dataclass by their names."""
    return {setting.name: setting for setting in settings_of(cls)}


def _meanings(docstring: str) -> dict[str, str]:
    """Return what the section "Parameters" says of each name; "a, b" above a text gives it to both."""
    _, _, section = docstring.partition("Parameters\n")
    found: dict[str, str] = {}
    for names, text in re.findall(r"^ {4}(\w[\w, ]*)\n((?: {8,}.*\n)+)", section, re.MULTILINE):
        meaning = " ".join(text.split()).replace("``", "")
        found |= dict.fromkeys(names.split(", "), meaning)
    return found
