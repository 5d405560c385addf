"""What is wrong with settings: one problem each, all of them told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Problem(NamedTuple):
    """A setting that is not as it must be.

    Parameters
    ----------
    setting
        Its name, as ``limits.features``.
    found
        What it is, or "nothing"; never a secret.
    expected
        What it must be.
    origin
        Where the value came from: a file, a variable, a flag; empty if that is not known.

    Examples
    --------
    >>> str(Problem("keep", "0", "a whole number of at least 1", "IHOMER_KEEP"))
    'keep (IHOMER_KEEP): found 0, expected a whole number of at least 1'
    """

    setting: str
    found: str
    expected: str
    origin: str = ""

    def __str__(self) -> str:
        origin = f" ({self.origin})" if self.origin else ""
        return f"{self.setting}{origin}: found {self.found}, expected {self.expected}"


class SettingsError(ValueError):
    """Settings that cannot be meant; the message has a line for each problem.

    Parameters
    ----------
    problems
        All that is wrong, at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    def with_origins(self, origins: Mapping[str, str]) -> SettingsError:
        """Return the same error, in which every problem says where the value came from (setting -> origin)."""
        return SettingsError(p._replace(origin=p.origin or origins.get(p.setting, "")) for p in self.problems)
