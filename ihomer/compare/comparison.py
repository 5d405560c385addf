"""What a comparison found: a table of cells that prints, and becomes files, a report and a DataFrame."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ihomer.compare.metrics import check
from ihomer.report.data import Provenance

if TYPE_CHECKING:
    import pandas as pd

    from ihomer.compare.cell import Cell
    from ihomer.report.data import Comparison as Report
    from ihomer.report.data import Run


@dataclass(frozen=True)
class Comparison:
    """Learners on streams, each over the same rows; `str(comparison)` is the table.

    Parameters
    ----------
    streams
        Name -> number of rows, in order.
    learners
        Names, in order.
    cells
        What there is: of a comparison that was interrupted not all.
    metric
        What the table shows.
    provenance
        What was run.
    interrupted
        Whether it was stopped before all cells were filled.

    Examples
    --------
    >>> from ihomer.compare import compare
    >>> found = compare(["yeast"], ["no-change", "majority-set"], limit=100)
    >>> found.rows("yeast", "no-change"), found.failures
    (100, [])
    >>> found.score("yeast", "no-change", rows=16) == found.score("yeast", "no-change")
    False
    """

    streams: Mapping[str, int]
    learners: tuple[str, ...]
    cells: tuple[Cell, ...]
    metric: str = "micro_f1"
    provenance: Provenance = field(default_factory=Provenance)
    interrupted: bool = False

    @cached_property
    def _by_place(self) -> dict[tuple[str, str], list[Cell]]:
        found: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.cells:
            found.setdefault((cell.run.stream, cell.run.learner), []).append(cell)
        return found

    def at(self, stream: str, learner: str) -> list[Cell]:
        """Return the cells of a learner on a stream: one for each seed and repetition."""
        return self._by_place.get((stream, learner), [])

    def rows(self, stream: str, learner: str) -> int:
        """Return how many rows the score of a learner is over, the fewest of its seeds; 0 if one failed."""
        return min((cell.rows for cell in self.at(stream, learner)), default=0)

    def cut(self, stream: str, learner: str) -> bool:
        """Return whether a learner was cut before the end of a stream."""
        return any(cell.run.cut for cell in self.at(stream, learner))

    def error(self, stream: str, learner: str) -> str:
        """Return why a learner failed on a stream; "" if it did not."""
        return next((cell.run.error for cell in self.at(stream, learner) if cell.run.error), "")

    def score(self, stream: str, learner: str, metric: str | None = None, rows: int | None = None) -> float | None:
        """Return a score, the mean over seeds.

        Parameters
        ----------
        stream, learner
            Their names.
        metric
            The one of the table if not said.
        rows
            Over the first so many rows, a rung of the ladder that it reached; all that it saw if not said.

        Returns
        -------
        float or None
            None if there is none.
        """
        metric = self.metric if metric is None else metric
        check(metric)
        over = self.rows(stream, learner) if rows is None else rows
        found = [cell.score(metric, over) for cell in self.at(stream, learner) if not cell.repeat]
        known = [score for score in found if score is not None]
        return math.fsum(known) / len(known) if known and len(known) == len(found) else None

    def cpu_us_a_row(self, stream: str, learner: str) -> float | None:
        """Return CPU microseconds of the learner a row, the median of seeds and repetitions."""
        found = [1e6 * cell.rungs.cpu_seconds[-1] / cell.rows for cell in self.at(stream, learner) if cell.rows]
        return statistics.median(found) if found else None

    @property
    def failures(self) -> list[tuple[str, str, str]]:
        """Stream, learner and message of what failed."""
        places = [(stream, learner) for stream in self.streams for learner in self.learners]
        return [(*place, self.error(*place)) for place in places if self.error(*place)]

    def runs(self) -> tuple[Run, ...]:
        """Return the runs for a report: one for each seed; costs are medians over repetitions."""
        found = []
        for stream in self.streams:
            for learner in self.learners:
                by_seed: dict[int | None, list[Cell]] = {}
                for cell in self.at(stream, learner):
                    by_seed.setdefault(cell.run.seed, []).append(cell)
                found += [_one_run(cells) for cells in by_seed.values()]
        return tuple(found)

    def report(self) -> Report:
        """Return what `ihomer.report.write_report` shows."""
        from ihomer.compare.testing import statistics_of
        from ihomer.report.data import Comparison as Report

        tested = [statistics_of(self, metric, bayes=metric == self.metric) for metric in self._tested()]
        title = f"{len(self.learners)} learners on {len(self.streams)} stream{'s' * (len(self.streams) != 1)}"
        return Report(title, self.runs(), self.provenance, tuple(one for one in tested if one is not None))

    def _tested(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.metric, "micro_f1", "macro_f1", "example_f1", "subset_accuracy")))

    def write(self, directory: str | Path) -> list[Path]:
        """Write `comparison.json`, `scores.csv`, `rungs.csv`, `table.txt`, `report.html` and its pictures; return the files.

        Raises
        ------
        OSError
            If one cannot be written.
        """
        from ihomer.compare.files import write

        return write(self, Path(directory))

    def to_frame(self) -> pd.DataFrame:
        """Return a DataFrame: a row for each run, scores and costs as columns.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        from ihomer.compare.files import score_rows

        return pd.DataFrame(list(score_rows(self)))

    def __str__(self) -> str:
        from ihomer.compare.table import table

        return table(self)


def _one_run(cells: list[Cell]) -> Run:
    """Return the run of cells that differ in their repetition alone."""
    first = cells[0].run
    if len(cells) == 1:
        return first
    names = [name for name in first.costs if all(cell.run.costs.get(name) is not None for cell in cells)]
    costs = {name: statistics.median(float(cell.run.costs[name] or 0) for cell in cells) for name in names}
    rows = min(cell.rows for cell in cells)
    alike = all(cell.score(metric, rows) == cells[0].score(metric, rows) for cell in cells for metric in ("micro_f1", "p_at_1"))
    remark = f"Costs are medians of {len(cells)} repetitions" + ("." if alike else ", whose scores differ.")
    return replace(first, costs={**first.costs, **costs}, remarks=(*first.remarks, remark))
