"""What was looked at in a scenario, and whether it held."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what, whether it held, and what was found."""

    what: str
    held: bool
    found: str


@dataclass(slots=True)
class Checks:
    """All that was looked at in a scenario, and numbers worth telling."""

    checks: list[Check] = field(default_factory=list)
    #: What was measured, in words.
    told: list[str] = field(default_factory=list)
    #: How often a process was killed, a broker stopped, a disk filled.
    blows: int = 0

    def that(self, what: str, held: bool, found: object = "") -> None:
        """Note that `what` was looked at, whether it held, and what was found."""
        self.checks.append(Check(what, bool(held), str(found)))

    def same(self, what: str, found: object, expected: object) -> None:
        """Note whether `found` is what was expected."""
        self.that(what, found == expected, f"found {found!r}, expected {expected!r}")

    def tell(self, what: str) -> None:
        """Note something that was measured."""
        self.told.append(what)

    @property
    def failed(self) -> list[Check]:
        """What did not hold; a scenario that looked at nothing has failed, too."""
        return [check for check in self.checks if not check.held] if self.checks else [Check("looked at nothing", False, "")]
