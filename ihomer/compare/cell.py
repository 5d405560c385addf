"""A cell: what came of one learner on one stream, with its scores at every rung of the ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ihomer.compare.contestant import Contestant
from ihomer.compare.digest import code_digest, key_of
from ihomer.compare.source import Source, Surveyed
from ihomer.report.data import Number, Run


@dataclass(frozen=True, slots=True)
class Task:
    """A cell that is to be filled.

    Parameters
    ----------
    stream
        The rows.
    learner
        Who learns them.
    seed
        Of the learner; None if it takes none.
    repeat
        Number of the repetition, from 0.
    time_limit
        CPU seconds of the learner after which the run is cut at the next rung; None: never.
    """

    stream: Surveyed
    learner: Contestant
    seed: int | None = None
    repeat: int = 0
    time_limit: float | None = None

    def key(self) -> str:
        """Return the digest of all that what comes out depends on."""
        from ihomer.evaluation.usage import versions

        return key_of(
            {
                "rows": self.stream.digest,
                "learner": [self.learner.spec, self.learner.code],
                "names": [self.stream.name, self.learner.name],
                "seed": self.seed,
                "repeat": self.repeat,
                "time_limit": self.time_limit,
                "versions": versions(),
                "code": code_digest(),
            }
        )

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Task:
        """Return what `to_plain` was made of."""
        stream = dict(plain["stream"])
        return cls(
            Surveyed(**{**stream, "source": Source(**stream["source"])}),
            Contestant(**plain["learner"]),
            plain["seed"],
            plain["repeat"],
            plain["time_limit"],
        )


@dataclass(frozen=True, slots=True)
class Rungs:
    """Scores over the first rows, at each rung that was reached.

    Parameters
    ----------
    rows
        The rungs, ascending.
    digests
        Of the rows up to each: cells that saw the same rows have the same.
    cpu_seconds
        Of the learner alone, up to each.
    scores
        Metric -> value at each.
    """

    rows: Sequence[int] = ()
    digests: Sequence[str] = ()
    cpu_seconds: Sequence[float] = ()
    scores: Mapping[str, Sequence[Number]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of a task.

    Parameters
    ----------
    run
        As the report shows it.
    repeat
        Number of the repetition.
    rungs
        The scores on the way.
    """

    run: Run
    repeat: int = 0
    rungs: Rungs = field(default_factory=Rungs)

    @property
    def rows(self) -> int:
        """How many rows its scores are over; 0 for a cell that failed."""
        return self.rungs.rows[-1] if self.rungs.rows and not self.run.error else 0

    def score(self, metric: str, rows: int | None = None) -> float | None:
        """Return a score over the first rows, all that it saw if not said; None if it has none there."""
        rows = self.rows if rows is None else rows
        if not rows or rows > self.rows or rows not in self.rungs.rows or metric not in self.rungs.scores:
            return None
        return self.rungs.scores[metric][self.rungs.rows.index(rows)]


def failed(task: Task, why: str) -> Cell:
    """Return the cell of a task that came to nothing."""
    return Cell(Run(task.stream.name, task.learner.name, task.seed, error=why), task.repeat)
