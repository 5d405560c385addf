"""What of a comparison its page shows: all of a small one, a bounded part of a large one, and a sentence about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ihomer.evaluation import measures
from ihomer.evaluation.report import BASELINES, TITLES
from ihomer.report.data import Comparison, Number, Run
from ihomer.report.pictures import pictures_of, ranks_picture

#: Values of all curves together, rows of all label tables, characters of all pictures, events of all runs: a page of a few
#: MB, which opens in well under two seconds.
VALUES, ROWS, CHARACTERS, EVENTS = 400_000, 40_000, 4_000_000, 30_000
#: The most rows of one label table, and points of one curve: more cannot be told apart.
MOST_ROWS, MOST_POINTS, LEAST_POINTS = 2_000, 400, 30
#: Where there is no room for all curves, those of these metrics come.
FEW: Final = ("micro_f1", "macro_f1", "example_f1", "p_at_1")
_FORMS: Final = ("window_", "", "faded_")
_LOWER: Final = ("loss", "brier", "calibration_error")
#: How people call what the table of an evaluation does not show.
_TITLES: Final = {
    **{f"ndcg_at_{k}": f"nDCG@{k}" for k in (1, 3, 5)},
    **{f"psp_at_{k}": f"PSP@{k}" for k in (1, 3, 5)},
    **{f"psndcg_at_{k}": f"PSnDCG@{k}" for k in (1, 3, 5)},
    "micro_jaccard": "micro Jaccard",
    "example_jaccard": "example Jaccard",
    "ranked_brier_score": "ranked Brier score",
    "rare_label_f1": "rare-label F1",
}
#: What of an event the page shows.
_EVENT: Final = ("instance", "kind", "place", "cause", "labels", "n_labels")


def shown(comparison: Comparison) -> dict[str, Any]:
    """Return what goes into the page, as plain values."""
    budget = _Budget(comparison.runs)
    runs = [_run(run, budget) for run in comparison.runs]
    names = dict.fromkeys(name for run in comparison.runs for name in run.scores)
    return {
        "title": comparison.title,
        "runs": runs,
        "metrics": {name: _metric(name) for name in sorted(names, key=_place)},
        "baselines": BASELINES,
        "statistics": [{**asdict(one), "figure": ranks_picture(one)} for one in comparison.statistics],
        "provenance": asdict(comparison.provenance),
        "omitted": budget.told(),
    }


class _Budget:
    """How much each run may bring."""

    def __init__(self, runs: Sequence[Run]) -> None:
        n = max(1, len(runs))
        every = [name for run in runs for name in run.curve]
        metrics = [name for name in dict.fromkeys(every) if name.removeprefix("window_").removeprefix("faded_") in measures.ALL]
        headline = [form + name for form in _FORMS for name in measures.HEADLINE if form + name in metrics]
        few = [form + name for form in _FORMS[:2] for name in FEW if form + name in metrics]
        self.columns = next(
            (columns for columns in (metrics, headline) if VALUES // (n * (len(columns) + 2)) >= 100), few
        )
        self.points = min(MOST_POINTS, max(LEAST_POINTS, VALUES // (n * (len(self.columns) + 2))))
        self.rows = min(MOST_ROWS, max(10, ROWS // n))
        self.events = min(1000, max(20, EVENTS // n))
        self.characters = CHARACTERS
        self.thinned = self.without_pictures = 0
        self.fewer = len(self.columns) < len(metrics)
        self.cut_rows = any(len(run.label_scores) > self.rows for run in runs)

    def told(self) -> list[str]:
        """Return a sentence for each thing that is not there in whole."""
        found = []
        if self.fewer:
            found.append("So many runs leave room for the curves of the main metrics only.")
        if self.thinned:
            found.append(f"Curves show at most {self.points} points each.")
        if self.cut_rows:
            found.append(f"The tables of labels show the {self.rows:,} most frequent ones.")
        if self.without_pictures:
            found.append(f"{self.without_pictures:,} runs are without pictures of their labels: there was no room for all.")
        return found


def _run(run: Run, budget: _Budget) -> dict[str, Any]:
    pictures = pictures_of(run) if budget.characters > 0 else {}
    omitted: dict[str, Any] = {}
    budget.characters -= sum(map(len, pictures.values()))
    if not pictures and budget.characters <= 0:
        budget.without_pictures += 1
        omitted["figures"] = "There was no room for the pictures of all runs; a report of this run alone has them."
    rows = run.label_scores[: budget.rows]
    if len(run.events) > budget.events:
        omitted["events"] = len(run.events)
    curve = _thinned(run.curve, budget)
    return {
        "stream": run.stream,
        "learner": run.learner,
        "seed": run.seed,
        "instances": run.instances,
        "features": run.features,
        "labels": run.labels,
        "clusters": run.clusters,
        "scores": run.scores,
        "costs": run.costs,
        "baselines": run.baselines,
        "curve": curve,
        "events": [_brief(event) for event in _important(run.events, budget.events)],
        "label_scores": {
            key: [_rounded(getattr(row, key)) for row in rows]
            for key in ("name", "rows", "f1", "precision", "recall", "threshold", "alarms")
        }
        if rows
        else {},
        "figures": pictures,
        "cut": run.cut,
        "error": run.error,
        "seconds_by_part": run.seconds_by_part,
        "remarks": run.remarks,
        "omitted": omitted,
    }


def _thinned(curve: Mapping[str, Sequence[Number]], budget: _Budget) -> dict[str, list[Number]]:
    """Return the columns that have room, at places spread over the stream; the last point stays."""
    n = len(curve.get("instances", ()))
    step = -(-n // budget.points) if n else 1
    budget.thinned += step > 1
    places = sorted({*range(step - 1, n, step), n - 1}) if n else []
    columns = ["instances", *budget.columns, "rss_mb"]
    return {name: [_rounded(curve[name][i]) for i in places] for name in columns if name in curve}


def _important(events: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """Return the latest events; what comes and goes all the time (births, retired labels) makes room first."""
    if len(events) <= most:
        return list(events)
    changes = [event for event in events if event["kind"] in ("alarm", "split", "merge", "move", "expert", "learner")]
    rest = [event for event in events if event not in changes] if len(changes) < most else []
    kept = [*changes[-most:], *rest[-max(0, most - len(changes)) :]]
    return sorted(kept, key=lambda event: event["instance"])


def _brief(event: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: event[key] for key in _EVENT if key in event}
    if "labels" in told:
        told["labels"] = [str(name)[:80] for name in told["labels"][:6]]
    return told


def _rounded(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else value


def _metric(name: str) -> dict[str, Any]:
    title = TITLES.get(name) or _TITLES.get(name) or name.replace("_f1", "-F1").replace("_", " ")
    return {
        "title": title.partition(" (")[0],
        "lower": any(word in name for word in _LOWER),
        "headline": name in measures.HEADLINE,
    }


def _place(name: str) -> int:
    return measures.ALL.index(name) if name in measures.ALL else len(measures.ALL)
