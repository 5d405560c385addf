"""A result of the prequential loop as the fields of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ihomer.evaluation.result import Result

#: What of a summary is a count, and what a cost; numbers that are neither are scores.
COUNTS: Final = ("instances", "features", "labels", "clusters")
COSTS: Final = ("cpu_seconds", "wall_seconds", "instances_per_second", "peak_rss_mb", "model_cpu_seconds", "model_ram_hours")
#: Numbers among the details that are no scores.
_NO_SCORES: Final = frozenset(
    ("unlabelled_instances", "unknown_cells", "bad_rows", "window", "fading", "delay", "label_fraction", "partial", "mask_seed")
)


def fields_of(result: Result) -> dict[str, Any]:
    """Return the fields of `ihomer.report.data.Run` that a result has."""
    summary, details = result.summary, result.details
    apart = {*COUNTS, *COSTS, "seed", *_NO_SCORES}
    scores = {
        name: value
        for found in (summary, details)
        for name, value in found.items()
        if name not in apart and (value is None or isinstance(value, float)) and name != "command"
    }
    return {
        "stream": result.stream,
        "learner": result.model,
        "seed": summary.get("seed"),
        **{name: summary[name] for name in COUNTS if name in summary},
        "scores": scores,
        "costs": {name: found[name] for found in (summary, details) for name in COSTS if name in found},
        "baselines": summary.get("baselines", {}),
        "curve": columns(result.curve),
        "error": result.error or "",
        "cut": "stopped" if result.interrupted and result.error is None else "",
        "seconds_by_part": details.get("seconds_by_part", {}),
        "remarks": _remarks(summary, details),
    }


def columns(curve: list[dict[str, Any]]) -> dict[str, list[float | None]]:
    """Return points as columns.

    Examples
    --------
    >>> columns([{"instances": 1, "micro_f1": None}, {"instances": 2, "micro_f1": 0.5}])
    {'instances': [1, 2], 'micro_f1': [None, 0.5]}
    """
    return {name: [point.get(name) for point in curve] for name in (curve[0] if curve else ())}


def _remarks(summary: Mapping[str, Any], details: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    if details.get("bad_rows"):
        found.append(f"{details['bad_rows']:,} rows could not be read and were left out.")
    if details.get("unlabelled_instances"):
        n, whole = details["unlabelled_instances"], summary["instances"]
        found.append(f"{n:,} of {whole:,} instances have no labels; they were not scored.")
    if details.get("delay"):
        found.append(f"Labels came {details['delay']:,} instances late.")
    if details.get("label_fraction", 1) < 1:
        found.append(f"The learner saw the labels of {details['label_fraction']:.0%} of the instances.")
    if details.get("partial", 1) < 1:
        found.append(f"Of each labelled instance the learner was told {details['partial']:.0%} of the labels.")
    return tuple(found)
