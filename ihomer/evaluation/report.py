"""The table that an evaluation ends with, for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ihomer.evaluation.measures import HEADLINE

if TYPE_CHECKING:
    from ihomer.evaluation.result import Result

#: How people call the metrics.
TITLES: Final = {
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "example_f1": "example-F1",
    "subset_accuracy": "subset accuracy",
    "hamming_loss": "Hamming loss (less is better)",
    "p_at_1": "P@1",
    "p_at_3": "P@3",
    "p_at_5": "P@5",
}
#: How people call the baselines.
BASELINES: Final = {
    "no_change": "no change",
    "majority_label_set": "majority set",
    "label_prior": "label prior",
}
#: Bad rows shown in full: enough to see what is wrong.
SHOWN_BAD_ROWS: Final = 5

Style = Callable[[str], str]


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m"


def _faint(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m"


def _plain(text: str) -> str:
    return text


def report(result: Result, *, styled: bool = False) -> str:
    """Return the table of `result`: the model beside the baselines, what was run, what it cost, what to know.

    Parameters
    ----------
    result
        What `prequential` returned.
    styled
        With the escape codes of a terminal: the best value of each row bold, the less important faint.
    """
    bold, faint = (_bold, _faint) if styled else (_plain, _plain)
    summary: dict[str, Any] = dict(result.summary)
    details: dict[str, Any] = dict(result.details)
    parts = [
        _heading(result, summary, bold),
        _scores(result.model, summary, bold, faint),
        _averages(details, faint),
        _cost(summary),
        _remarks(result, summary, details),
    ]
    return "\n\n".join(part for part in parts if part)


def _heading(result: Result, summary: Mapping[str, Any], bold: Style) -> str:
    stream = ", ".join(_count(summary[key], key) for key in ("instances", "features", "labels"))
    model = [_count(summary["clusters"], "clusters")] if summary["clusters"] is not None else []
    model += [f"seed {summary['seed']}"] if summary["seed"] is not None else []
    width = max(len(result.stream), len(result.model))
    lines = [f"{bold(result.stream.ljust(width))}  {stream}", f"{bold(result.model.ljust(width))}  {', '.join(model)}"]
    return "\n".join(line.rstrip() for line in lines)


def _scores(model: str, summary: Mapping[str, Any], bold: Style, faint: Style) -> str:
    baselines: Mapping[str, Mapping[str, Any]] = summary["baselines"]
    heads = [model, *(BASELINES.get(name, name) for name in baselines)]
    widths = [max(len(head), 6) for head in heads]
    stub = max(map(len, TITLES.values()))
    lines = [" " * stub + "".join(f"   {head:>{width}}" for head, width in zip(heads, widths, strict=True))]
    for metric in HEADLINE:
        values = [summary[metric], *(found[metric] for found in baselines.values())]
        cells = [f"{_value(value):>{width}}" for value, width in zip(values, widths, strict=True)]
        best = _best(metric, values)
        shown = [bold(cell) if i in best else cell for i, cell in enumerate(cells)]
        title, _, aside = TITLES[metric].partition(" (")
        label = title + (faint(f" ({aside}") if aside else "") + " " * (stub - len(TITLES[metric]))
        lines.append(label + "".join(f"   {cell}" for cell in shown))
    return "\n".join(lines)


def _averages(details: Mapping[str, Any], faint: Style) -> str:
    """Return precision, recall and Jaccard of the model by kind of average."""
    columns = ("precision", "recall", "jaccard")
    lines = [faint(" " * 7 + "".join(f"   {column:>9}" for column in columns))]
    for kind in ("micro", "macro", "example"):
        cells = [_value(details[f"{kind}_{column}"]) if f"{kind}_{column}" in details else "" for column in columns]
        lines.append(f"{kind:<7}" + "".join(f"   {cell:>9}" for cell in cells).rstrip())
    return "\n".join(lines)


def _cost(summary: Mapping[str, Any]) -> str:
    return (
        f"{summary['wall_seconds']:,.2f} s wall, {summary['cpu_seconds']:,.2f} s CPU, "
        f"{_three_digits(summary['instances_per_second'])} instances/s, {summary['peak_rss_mb']:,.0f} MB peak"
    )


def _remarks(result: Result, summary: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    lines = []
    if result.error is not None:
        after = _count(summary["instances"], "instances")
        lines.append(f"Ended by an error after {after}: this is the result so far.\n  {result.error}")
    elif result.interrupted:
        lines.append(f"Stopped after {_count(summary['instances'], 'instances')}: this is the result so far.")
    lines += _reduced(details)
    if details["unlabelled_instances"]:
        lines.append(f"{_count(details['unlabelled_instances'], 'instances')} without labels: predicted, not scored.")
    if details["unknown_cells"]:
        lines.append(f"{_count(details['unknown_cells'], 'unknown cells')} (instance, label) left out of the scores.")
    for name, found in summary["baselines"].items():
        lost = [metric for metric in HEADLINE if 0 in _beaten(metric, [summary[metric], found[metric]])]
        if lost:
            titles = ", ".join(TITLES[metric].partition(" (")[0] for metric in lost)
            lines.append(f"{BASELINES.get(name, name).capitalize()} is better than {result.model} here by {titles}.")
    lines += bad_rows(details["bad_rows"], details["first_bad_rows"])
    return "\n".join(lines)


def _reduced(details: Mapping[str, Any]) -> list[str]:
    """Return lines that say what of the labels the model and the baselines got to see, none if that was all."""
    lines = []
    if details["delay"]:
        lines.append(f"Labels came {_count(details['delay'], 'instances')} late.")
    if details["label_fraction"] < 1:
        lines.append(f"Only a share {details['label_fraction']:g} of the instances came with labels.")
    if details["partial"] < 1:
        lines.append(f"Of each, only a share {details['partial']:g} of the labels known at that moment was told.")
    if details["label_fraction"] < 1 or details["partial"] < 1:
        lines.append(f"(Drawn with seed {details['mask_seed']}, the same for the baselines; scored with the full truth.)")
    return lines


def bad_rows(count: int, first: Sequence[str]) -> list[str]:
    """Return lines that say how many bad rows there were, and the first of them; none if there was none."""
    if not count:
        return []
    shown = first[:SHOWN_BAD_ROWS]
    more = [f"  ... and {count - len(shown):,} more"] if count > len(shown) else []
    return [f"{_count(count, 'bad rows')} left out:", *(f"  {error}" for error in shown), *more]


def _beaten(metric: str, values: Sequence[float | None]) -> set[int]:
    """Return the places of the values that are worse than the best."""
    best = _best(metric, values)
    return {i for i, value in enumerate(values) if value is not None and i not in best}


def _best(metric: str, values: Sequence[float | None]) -> set[int]:
    measured = [value for value in values if value is not None]
    if not measured:
        return set()
    best = min(measured) if metric == "hamming_loss" else max(measured)
    return {i for i, value in enumerate(values) if value == best}


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what[:-1] if n == 1 else what}"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
