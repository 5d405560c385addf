"""The critical-difference diagram (Demsar 2006) as an SVG picture: mean ranks on a line, bars over learners that are alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from ihomer.evaluation.statistics.ranks import MeanRanks, counted

#: Pixels: length of the line of ranks, margin, height of a learner's line, of a bar, of a character of the 14 px font.
AXIS, MARGIN, LINE, BAR, CHARACTER = 520, 16, 26, 13, 9.0
#: Pixels between texts, room of a mean rank, and what a learner's line goes on beyond the axis at least.
GAP, NUMBER, REACH = 8, 38, 24
#: Beyond so many learners only every second, fifth, ... rank has its number.
NUMBERS: Final = 20

# As a picture of its own it brings its colours; inside a page (where the root is another) it takes those of the page.
_STYLE: Final = """
  .critical-difference { font: 14px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
  svg:root { color: #1c2733; background: #ffffff }
  @media (prefers-color-scheme: dark) { svg:root { color: #e6edf3; background: #12181f } }"""


def critical_difference_svg(
    ranks: MeanRanks, groups: Sequence[Sequence[str]], *, distance: float | None = None, title: str = ""
) -> str:
    """Return the diagram: the best learners on the left, the others on the right, from the top inwards.

    Everything is drawn in `currentColor`. A bar goes over a group from its best to its worst member with a dot at each
    member: a learner whose line crosses a bar without a dot differs from somebody in the group.

    Parameters
    ----------
    ranks
        Mean ranks.
    groups
        Groups of learners of which no two differ, as `Nemenyi.groups` and `WilcoxonHolm.groups`.
    distance
        The critical difference, drawn to scale above the line. None: there is none.
    title
        Said above the diagram. Empty: nothing.

    Examples
    --------
    >>> from ihomer.evaluation.statistics import Scores, critical_difference_svg, nemenyi
    >>> test = nemenyi(Scores.of({f"set {i}": {"ours": 0.7, "theirs": 0.6, "old": 0.5} for i in range(9)}))
    >>> picture = critical_difference_svg(test.ranks, test.groups, distance=test.critical_difference)
    >>> picture.startswith("<svg"), picture.count("currentColor") > 0
    (True, True)
    """
    ordered = ranks.best_first()
    k = len(ordered)
    name_room = REACH + 2 * GAP + NUMBER + CHARACTER * max(len(name) for name, _ in ordered)
    width = math.ceil(AXIS + 2 * (name_room + MARGIN))
    left = (width - AXIS) / 2

    def x(rank: float) -> float:
        return left + AXIS * (rank - 1) / max(1, k - 1)

    by_learner = dict(ordered)
    bars = _stacked([sorted(group, key=by_learner.__getitem__) for group in groups], by_learner)
    top = MARGIN + (26 if title else 0) + (30 if distance is not None else 0) + 22
    first_line = top + 16 + BAR * len(bars) + 14
    lines = math.ceil(k / 2)
    height = math.ceil(first_line + LINE * (lines - 1) + 12 + MARGIN)

    said = "; ".join(f"{name} {rank:.2f}" for name, rank in ordered)
    alike = "; ".join(", ".join(group) for group in groups) or "none"
    size = f'viewBox="0 0 {width} {height}" width="{width}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="critical-difference" {size} role="img" fill="currentColor">',
        f"<title>{escape(title or 'Mean ranks')}</title>",
        f"<desc>Mean ranks {escape(counted(ranks.datasets, ranks.left_out))}: {escape(said)}. Alike: {escape(alike)}.</desc>",
        f"<style>{_STYLE}\n</style>",
    ]
    if title:
        parts.append(f'<text x="{MARGIN}" y="{MARGIN + 14}" font-weight="600" font-size="16">{escape(title)}</text>')
    if distance is not None:
        parts += _distance(left, top - 34, AXIS * min(distance, k - 1) / max(1, k - 1), distance)
    parts += _axis(x, k, top)
    for row, bar_row in enumerate(bars):
        y = top + 16 + BAR * row
        for group in bar_row:
            parts += _bar([x(by_learner[name]) for name in group], y)
    for i, (name, rank) in enumerate(ordered):
        on_left = i < lines
        y = first_line + LINE * (i if on_left else k - 1 - i)
        end = left - REACH if on_left else left + AXIS + REACH
        parts += _learner(name, rank, x(rank), top, y, end, on_left=on_left)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _stacked(groups: list[list[str]], ranks: dict[str, float]) -> list[list[list[str]]]:
    """Return the groups in rows of a picture, those that do not touch in one row; the groups of the best come first."""
    rows: list[list[list[str]]] = []
    for group in sorted(groups, key=lambda group: (ranks[group[0]], ranks[group[-1]])):
        for row in rows:
            if ranks[row[-1][-1]] < ranks[group[0]]:
                row.append(group)
                break
        else:
            rows.append([group])
    return rows


def _distance(x: float, y: float, length: float, distance: float) -> list[str]:
    return [
        f'<path d="M{x:.1f} {y - 5:.1f}v10m0 -5h{length:.1f}m0 -5v10" fill="none" stroke="currentColor" stroke-width="2"/>',
        f'<text x="{x + length + GAP:.1f}" y="{y + 5:.1f}">critical difference {distance:.2f}</text>',
    ]


def _axis(x: Callable[[float], float], k: int, y: float) -> list[str]:
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100) if k <= NUMBERS * step or step == 100)
    parts = [f'<path d="M{x(1):.1f} {y}H{x(max(k, 2)):.1f}" stroke="currentColor" stroke-width="2" stroke-linecap="square"/>']
    for rank in range(1, max(k, 2) + 1):
        numbered = rank == 1 or rank % every == 0
        parts.append(f'<path d="M{x(rank):.1f} {y}v-{8 if numbered else 4}" stroke="currentColor" stroke-width="2"/>')
        if numbered:
            parts.append(f'<text x="{x(rank):.1f}" y="{y - 11}" text-anchor="middle" font-size="13">{rank}</text>')
    return parts


def _bar(places: list[float], y: float) -> list[str]:
    bar = f'<path d="M{places[0]:.1f} {y}H{places[-1]:.1f}" stroke="currentColor" stroke-width="4"/>'
    return [bar, *(f'<circle cx="{place:.1f}" cy="{y}" r="4.5"/>' for place in places)]


def _learner(name: str, rank: float, x: float, top: float, y: float, end: float, *, on_left: bool) -> list[str]:
    side, anchor = (-1, "end") if on_left else (1, "start")
    near, far = end + side * GAP, end + side * (2 * GAP + NUMBER)
    return [
        f'<path d="M{x:.1f} {top}V{y}H{end:.1f}" fill="none" stroke="currentColor" stroke-width="1.3" opacity=".6"/>',
        f'<text x="{near:.1f}" y="{y + 5}" text-anchor="{anchor}" opacity=".7">{rank:.2f}</text>',
        f'<text x="{far:.1f}" y="{y + 5}" text-anchor="{anchor}">{escape(name)}</text>',
    ]
