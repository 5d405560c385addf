"""The curve of a metric over a stream as an SVG picture, with what happened to the model drawn over it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import orjson

from ihomer.palette import picture_style

#: Pixels: width of the picture, height of the curve's room, margins; height of a lane of marks.
WIDTH, PLOT, LEFT, RIGHT, TOP, BOTTOM = 1000, 300, 92, 24, 70, 34
LANE = 26
#: Marks nearer than this are drawn as one, with their number in the hint.
NEAR = 10.0
#: Events that the hint of one mark tells.
HINTS = 12
#: Lanes from top to bottom: name, class of the marks, kinds of events that are drawn in it.
LANES: Final = (
    ("alarms", "alarm", ("alarm",)),
    ("splits", "split", ("split",)),
    ("merges", "merge", ("merge",)),
    ("experts", "expert", ("expert", "learner", "space")),
    ("labels", "label", ("birth", "retired", "returned", "expired")),
)
_STYLE = picture_style("""
  .page { fill: $page } .title { fill: $ink; font-size: 17px; font-weight: 600 }
  .note { fill: $muted; font-size: 12px } .end { text-anchor: end } .middle { text-anchor: middle }
  .grid { stroke: $line; stroke-width: 1 } .lane { fill: $raised }
  .curve { fill: none; stroke: $accent; stroke-width: 2; stroke-linejoin: round } .dot { fill: $accent }
  .drop { stroke: $alarm; stroke-width: 1; stroke-dasharray: 3 4; opacity: .55 }
  .alarm { fill: $alarm } .split { fill: $split } .merge { fill: $merge } .expert { fill: $expert } .label { fill: $edge }""")


def curves_svg(
    curve: Sequence[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]] = (),
    *,
    title: str = "",
    metric: str = "window_micro_f1",
) -> str:
    """Return a self-contained picture: `metric` over instances, and a lane of marks for each kind of event that happened.

    Dashed lines cross the curve where there were alarms. Hovering over a mark tells what happened there.

    Parameters
    ----------
    curve
        Points in the order of the stream, as in `Result.curve`: `instances` and metrics. A value that is None or not
        finite is a gap.
    events
        Events as `IHOMER.events` tells them.
    title
        Heading; "" for the name of the metric alone.
    metric
        Which value of the points to draw.

    Raises
    ------
    ValueError
        If there are no points, or they do not have the metric.

    Examples
    --------
    >>> points = [{"instances": n, "window_micro_f1": f} for n, f in ((1000, 0.5), (2000, 0.6))]
    >>> picture = curves_svg(points, [{"instance": 1280, "kind": "alarm", "place": "model", "cause": "loss rose"}])
    >>> picture.count('class="alarm"'), "1,280: alarm, model: loss rose" in picture
    (1, True)
    """
    if not curve:
        raise ValueError("there are no points to draw")
    if metric not in curve[0]:
        raise ValueError(f"metric must be one of {', '.join(curve[0])}, found {metric!r}")
    points = [(float(point["instances"]), _number(point[metric])) for point in curve]
    told = [event for event in events if any(event["kind"] in kinds for _, _, kinds in LANES)]
    end = max(points[-1][0], *(event["instance"] for event in told), 1.0) if told else max(points[-1][0], 1.0)
    lanes = [lane for lane in LANES if any(event["kind"] in lane[2] for event in told)]
    low, high, step = _scale([y for _, y in points if y is not None])

    def across(instance: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * instance / end

    def up(value: float) -> float:
        return TOP + PLOT * (high - value) / (high - low)

    bottom = TOP + PLOT
    height = bottom + BOTTOM + LANE * len(lanes) + (14 if lanes else 0)
    name = metric.replace("window_", "windowed ").replace("faded_", "faded ").replace("_f1", "-F1").replace("_", " ")
    heading = escape(title or name)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">',
        f"<title>{heading}</title>",
        f"<style>{_STYLE}\n</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>',
        f'<text class="title" x="24" y="30">{heading}</text>',
        f'<text class="note" x="24" y="50">{escape(name)} over {points[-1][0]:,.0f} instances</text>',
    ]
    digits = 2 if step < 0.1 else 1
    for i in range(round((high - low) / step) + 1):
        value = low + i * step
        y = up(value)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(f'<text class="note end" x="{LEFT - 10}" y="{y + 4:.1f}">{value:.{digits}f}</text>')
    tick = _step(end, 6)
    for i in range(int(end / tick) + 1):
        x = across(i * tick)
        anchor = "end" if x > WIDTH - RIGHT - 30 else "middle"
        parts.append(f'<text class="note {anchor}" x="{x:.1f}" y="{bottom + 20}">{i * tick:,.0f}</text>')
    marks: list[str] = []
    for line, (what, style, kinds) in enumerate(lanes):
        y = bottom + BOTTOM + 10 + LANE * line
        marks.append(
            f'<rect class="lane" x="{LEFT}" y="{y - 9}" width="{WIDTH - LEFT - RIGHT}" height="18" rx="6"/>'
            f'<text class="note end" x="{LEFT - 10}" y="{y + 4}">{what}</text>'
        )
        for x, group in _grouped([(across(event["instance"]), event) for event in told if event["kind"] in kinds]):
            if style == "alarm":
                parts.append(f'<line class="drop" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
            marks.append(_mark(style, x, y, group))
    return "\n".join([*parts, *_lines([(across(x), None if y is None else up(y)) for x, y in points]), *marks, "</svg>"]) + "\n"


def svg_of_directory(path: str | Path, *, title: str = "", metric: str = "window_micro_f1") -> str:
    """Return the picture of what `ihomer evaluate --out DIRECTORY` left: `metrics.csv` and `events.jsonl`.

    Raises
    ------
    OSError
        If a file is not there or cannot be read.
    ValueError
        As `curves_svg`.
    """
    directory = Path(path)
    with (directory / "metrics.csv").open(encoding="utf-8", newline="") as file:
        curve = list(csv.DictReader(file))
    with (directory / "events.jsonl").open("rb") as lines:
        events = [orjson.loads(line) for line in lines]
    return curves_svg(curve, events, title=title or directory.name, metric=metric)


def _number(value: object) -> float | None:
    """Return a value of a curve, or of a field of its CSV file, as a number; None where there is none."""
    if value is None or value == "":
        return None
    number = float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def _step(room: float, n: int) -> float:
    """Return the least of 1, 2, 5 times a power of ten that goes into `room` at most `n` times."""
    power = 10.0 ** math.floor(math.log10(room / n))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit * n >= room)


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lowest and highest value of the axis, whole steps around all values, and the step."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    step = _step(max(high - low, 0.05), 6)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    return low, max(high, low + step), step


def _lines(points: Sequence[tuple[float, float | None]]) -> list[str]:
    """Return the curve: a line for each run of points without a gap, a dot for one that stands alone."""
    runs: list[list[str]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append(f"{x:.1f} {y:.1f}")
    return [
        f'<path class="curve" d="M{"L".join(run)}"/>' if len(run) > 1 else _dot(*run[0].split()) for run in runs if run
    ]


def _dot(x: str, y: str) -> str:
    return f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>'


def _grouped(
    marks: Sequence[tuple[float, Mapping[str, Any]]],
) -> list[tuple[float, list[Mapping[str, Any]]]]:
    """Return marks with those that would cover each other as one, at the place of its first."""
    groups: list[tuple[float, list[Mapping[str, Any]]]] = []
    for x, event in sorted(marks, key=lambda mark: mark[0]):
        if groups and x - groups[-1][0] < NEAR:
            groups[-1][1].append(event)
        else:
            groups.append((x, [event]))
    return groups


def _mark(style: str, x: float, y: float, group: Sequence[Mapping[str, Any]]) -> str:
    """Return one mark: an alarm points up, everything else is a disc; several are larger."""
    size = 4.0 + min(2.5, math.log2(len(group)) / 2)
    told = [f"{event['instance']:,}: {event['kind']}, {event['place']}: {event['cause']}" for event in group[:HINTS]]
    if len(group) > HINTS:
        told.append(f"… {len(group) - HINTS:,} more")
    hint = f"<title>{escape(chr(10).join(told))}</title>"
    if style == "alarm":
        corners = f"{x:.1f},{y - size - 1:.1f} {x - size:.1f},{y + size - 1:.1f} {x + size:.1f},{y + size - 1:.1f}"
        return f'<polygon class="alarm" points="{corners}">{hint}</polygon>'
    return f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}">{hint}</circle>'
