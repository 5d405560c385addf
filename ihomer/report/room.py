"""How much of a large comparison there is room for: each run gets its share, and what is left out is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from ihomer.evaluation import measures
from ihomer.report.data import Bin, Comparison, LabelScore, Number, Run


class Room(NamedTuple):
    """Room for all runs together: values of curves, rows of label tables, events, characters of pictures."""

    values: int
    rows: int
    events: int
    characters: int


#: A page of at most 8 MB for 1,500 runs, which opens in well under two seconds; and the file of numbers beside it.
PAGE: Final = Room(values=250_000, rows=18_000, events=6_000, characters=1_600_000)
FILE: Final = Room(values=600_000, rows=60_000, events=12_000, characters=0)
#: The most rows of one label table, events, and points of one curve: more cannot be told apart. The least of each.
MOST_ROWS, MOST_EVENTS, MOST_POINTS = 2_000, 1_000, 400
LEAST_ROWS, LEAST_EVENTS, LEAST_POINTS = 10, 4, 20
#: Points of a curve that are worth more than a further metric.
_ENOUGH: Final = 100
#: Where there is no room for all curves, those of these metrics come.
FEW: Final = ("micro_f1", "macro_f1", "example_f1", "p_at_1")
_FORMS: Final = ("window_", "", "faded_")
#: Columns of a curve that are no metrics, and those of them that are counts.
BESIDE: Final = ("instances", "labels", "clusters", "cpu_seconds", "rss_mb")
_COUNTS: Final = ("instances", "labels", "clusters")
#: Events that come first where there is no room for all: those that are marked in curves.
_CHANGES: Final = ("alarm", "split", "merge", "move", "expert", "learner", "space")


class Budget:
    """What one of many runs may bring.

    Parameters
    ----------
    runs
        All of them.
    room
        For all of them.
    """

    def __init__(self, runs: Sequence[Run], room: Room) -> None:
        n = max(1, len(runs))
        every = dict.fromkeys(name for run in runs for name in run.curve)
        metrics = [name for name in every if name.removeprefix("window_").removeprefix("faded_") in measures.ALL]
        headline = [form + name for form in _FORMS for name in measures.HEADLINE if form + name in metrics]
        few = [form + name for form in _FORMS[:2] for name in FEW if form + name in metrics]

        def points(columns: Sequence[str]) -> int:
            return room.values // (n * (len(columns) + 2))

        #: Columns of metrics, points of a curve, rows of a label table, events.
        self.columns = next((columns for columns in (metrics, headline) if points(columns) >= _ENOUGH), few)
        self.points = min(MOST_POINTS, max(LEAST_POINTS, points(self.columns)))
        self.rows = _share(room.rows, [len(run.label_scores) for run in runs], LEAST_ROWS, MOST_ROWS)
        self.events = _share(room.events, [len(run.events) for run in runs], LEAST_EVENTS, MOST_EVENTS)
        self._fewer = len(self.columns) < len(metrics)
        self._thinned = any(len(run.curve.get("instances", ())) > self.points for run in runs)
        self._cut_rows = any(len(run.label_scores) > self.rows for run in runs)
        self._cut_events = any(len(run.events) > self.events for run in runs)

    def told(self) -> list[str]:
        """Return a sentence for each thing that is not there in whole."""
        found = []
        if self._fewer:
            found.append("So many runs leave room for the curves of the main metrics only.")
        if self._thinned:
            found.append(f"Curves show at most {self.points} points each.")
        if self._cut_rows:
            found.append(f"The tables of labels show the {self.rows:,} most frequent ones.")
        if self._cut_events:
            found.append(f"Of each run the latest {self.events:,} events are told.")
        return found

    def curve(self, run: Run) -> dict[str, list[Number]]:
        """Return the columns that have room, at places spread over the stream; the last point stays."""
        n = len(run.curve.get("instances", ()))
        step = -(-n // self.points) if n else 1
        places = sorted({*range(step - 1, n, step), n - 1}) if n else []
        columns = [name for name in (*BESIDE, *self.columns) if name in run.curve]
        return {name: _brief([run.curve[name][i] for i in places], name) for name in columns}

    def label_scores(self, run: Run) -> tuple[LabelScore, ...]:
        """Return the most frequent labels."""
        return tuple(
            replace(
                row,
                **{name: rounded(getattr(row, name)) for name in ("f1", "precision", "recall", "threshold")},
            )
            for row in run.label_scores[: self.rows]
        )

    def latest(self, run: Run) -> tuple[Mapping[str, Any], ...]:
        """Return the latest events; what comes and goes all the time (births, retired labels) makes room first."""
        events, most = run.events, self.events
        if len(events) <= most:
            return tuple(events)
        changes = [event for event in events if event["kind"] in _CHANGES]
        rest = [event for event in events if event not in changes] if len(changes) < most else []
        kept = [*changes[-most:], *rest[len(rest) - max(0, most - len(changes)) :]]
        return tuple(sorted(kept, key=lambda event: event["instance"]))


def bounded(comparison: Comparison, room: Room) -> Comparison:
    """Return a comparison for which there is room; scores and costs are whole, the rest is as exact as a page shows it."""
    budget = Budget(comparison.runs, room)
    runs = tuple(
        replace(
            run,
            curve=budget.curve(run),
            events=budget.latest(run),
            label_scores=budget.label_scores(run),
            bins=tuple(Bin(one.cells, round(one.mean, 5), round(one.share, 5)) for one in run.bins),
        )
        for run in comparison.runs
    )
    return replace(comparison, runs=runs)


def rounded(value: Any) -> Any:
    """Return a number with five digits behind the point; whatever else as it is."""
    return round(value, 5) if isinstance(value, float) else value


def _share(room: int, wanted: Sequence[int], least: int, most: int) -> int:
    """Return what each may take, as much as there is room for: those who want less leave theirs to the others."""
    left, share = room, most
    for i, one in enumerate(sorted(wanted)):
        share = left // (len(wanted) - i)
        if one > share:
            break
        left -= one
    else:
        share = most
    return max(least, min(most, share))


def _brief(values: Sequence[Number], name: str) -> list[Number]:
    """Return values of a curve with four digits that count, as pages show them; counts whole."""
    if name in _COUNTS:
        return [None if value is None else int(value) for value in values]
    return [None if value is None else float(f"{value:.4g}") for value in values]
