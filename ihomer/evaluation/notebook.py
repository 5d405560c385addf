"""A result as notebooks show it: the scores beside the baselines, and the curve."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ihomer.evaluation.measures import HEADLINE
from ihomer.evaluation.report import BASELINES, TITLES

if TYPE_CHECKING:
    from ihomer.evaluation.result import Result

_CELL = "padding: .25em 0 .25em 1.6em; text-align: right; font-variant-numeric: tabular-nums"


def html(result: Result) -> str:
    """Return the scores as a table, and the curve below it if there is one."""
    summary: dict[str, Any] = result.summary
    baselines: dict[str, Any] = summary.get("baselines", {})
    heads = [result.model, *(BASELINES.get(name, name) for name in baselines)]
    what = f"{summary['instances']:,} instances, {summary['labels']:,} labels"
    row = "".join(f'<th style="{_CELL}">{escape(head)}</th>' for head in heads)
    lines = [
        f"<p><b>{escape(result.model)}</b> on {escape(result.stream)}: {what}</p>",
        f"<table><thead><tr><th></th>{row}</tr></thead><tbody>",
    ]
    for metric in HEADLINE:
        values = [summary.get(metric), *(baselines[name].get(metric) for name in baselines)]
        cells = "".join(f'<td style="{_CELL}">{"" if value is None else f"{value:.4f}"}</td>' for value in values)
        lines.append(f'<tr><th style="text-align: left">{escape(TITLES[metric])}</th>{cells}</tr>')
    lines.append("</tbody></table>")
    if len(result.curve) > 1:
        lines.append(result.plot())
    return "\n".join(lines)
