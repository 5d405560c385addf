"""What of a comparison its page shows: all of a small one, a bounded part of a large one, and a sentence about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ihomer.evaluation import measures
from ihomer.evaluation.report import BASELINES, TITLES
from ihomer.report.data import Comparison, Run
from ihomer.report.pictures import pictures_of, ranks_picture
from ihomer.report.room import BESIDE, PAGE, Budget, rounded

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
#: Characters of a name.
_NAME: Final = 80


def shown(comparison: Comparison) -> dict[str, Any]:
    """Return what goes into the page, as plain values."""
    runs, single = comparison.runs, len(comparison.runs) == 1
    budget = Budget(runs, PAGE)
    names = sorted(dict.fromkeys(name for run in runs for name in run.scores), key=_place)
    drawn = _drawn(comparison)
    left_out = budget.told()
    if len(drawn) < len(runs):
        left_out.append(
            f"{len(runs) - len(drawn):,} runs are without pictures of their labels: there was no room for all. "
            "The folder figures has those of the first runs as files."
        )
    if left_out:
        left_out.append(_ELSEWHERE[single])
    return {
        "title": comparison.title,
        "runs": [_run(run, budget, names, drawn.get(i), single=single) for i, run in enumerate(runs)],
        "measured": names,
        "metrics": {name: _metric(name) for name in names},
        "baselines": BASELINES,
        "statistics": [{**asdict(one), "figure": ranks_picture(one)} for one in comparison.statistics],
        "provenance": asdict(comparison.provenance),
        "omitted": left_out,
    }


#: Where the rest is, of many runs and of a single one.
_ELSEWHERE: Final = {
    False: "Beside this page comparison.json has more of each run, and the folder cells of ihomer compare all of it, a file "
    "each. The same command with fewer streams or learners and the same --out takes them from there, and has room for more.",
    True: "The files beside this page have all of it.",
}


def _drawn(comparison: Comparison) -> dict[int, dict[str, str]]:
    """Return the pictures of as many runs as there is room for: of learners that group labels first, one after the other."""
    runs, learners, found = comparison.runs, comparison.learners, {}
    left = PAGE.characters
    for i in sorted(range(len(runs)), key=lambda i: (runs[i].hierarchy is None, learners.index(runs[i].learner), i)):
        if left <= 0 and len(runs) > 1:
            break
        found[i] = pictures_of(runs[i])
        left -= sum(len(text) + 5 * text.count("<") for text in found[i].values())  # what may not stand in a script is longer
    return found


def _run(
    run: Run, budget: Budget, names: Sequence[str], pictures: dict[str, str] | None, *, single: bool
) -> dict[str, Any]:
    """Return a run; what the page tells of a single one alone is left out of many."""
    rows = budget.label_scores(run)
    beside = BESIDE if single else ("instances",)
    omitted: dict[str, Any] = {}
    if pictures is None:
        omitted["figures"] = True
    events = budget.latest(run)
    if len(events) < len(run.events):
        omitted["events"] = len(run.events)
    return {
        "stream": run.stream,
        "learner": run.learner,
        "seed": run.seed,
        "instances": run.instances,
        "labels": run.labels,
        "scores": [rounded(run.scores.get(name)) for name in names],
        "costs": run.costs,
        "baselines": {name: {key: rounded(value) for key, value in found.items()} for name, found in run.baselines.items()}
        if single
        else {},
        "curve": {name: values for name, values in budget.curve(run).items() if name in beside or name not in BESIDE},
        "events": [_brief(event) for event in events],
        "label_scores": {
            key: [getattr(row, key)[:_NAME] if key == "name" else getattr(row, key) for row in rows]
            for key in ("name", "rows", "f1", "precision", "recall", "threshold", "alarms")
        }
        if rows
        else {},
        "figures": pictures or {},
        "cut": run.cut,
        "error": run.error,
        "seconds_by_part": run.seconds_by_part if single else {},
        "remarks": run.remarks,
        "omitted": omitted,
    }


def _brief(event: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: event[key] for key in _EVENT if key in event}
    if "labels" in told:
        told["labels"] = [str(name)[:_NAME] for name in told["labels"][:6]]
    return told


def _metric(name: str) -> dict[str, Any]:
    title = TITLES.get(name) or _TITLES.get(name) or name.replace("_f1", "-F1").replace("_", " ")
    return {
        "title": title.partition(" (")[0],
        "lower": any(word in name for word in _LOWER),
        "headline": name in measures.HEADLINE,
    }


def _place(name: str) -> int:
    return measures.ALL.index(name) if name in measures.ALL else len(measures.ALL)
