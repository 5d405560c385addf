"""The reliability diagram: whether of what is said to hold with probability p a share p does hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ihomer.report.figures.frame import framed

if TYPE_CHECKING:
    from ihomer.report.data import Bin

#: Pixels: side of the square, margins, height of the bars of counts below it.
SIDE, LEFT, TOP, RIGHT, COUNTS = 300, 56, 18, 18, 60
_STYLE: Final = """
  .even { stroke: $edge; stroke-width: 1.2; stroke-dasharray: 4 4 } .gap { fill: $alarm; opacity: .16 }
  .curve { fill: none; stroke: $accent; stroke-width: 2 } .dot { fill: $accent; stroke: $page; stroke-width: 1.5 }
  .count { fill: $edge } """


def reliability_svg(bins: Sequence[Bin]) -> str:
    """Return the diagram: shares that hold over mean scores, and below it how many cells stand behind each point.

    Examples
    --------
    >>> from ihomer.report.data import Bin
    >>> "expected calibration error 0.10" in reliability_svg([Bin(10, 0.2, 0.3), Bin(30, 0.8, 0.7)])
    True

    Raises
    ------
    ValueError
        If no bin has a cell.
    """
    told = sorted((one for one in bins if one.cells), key=lambda one: one.mean)
    if not told:
        raise ValueError("there is no bin with a cell to draw")
    total = sum(one.cells for one in told)
    error = sum(one.cells * abs(one.mean - one.share) for one in told) / total
    most = max(one.cells for one in told)

    def x(p: float) -> float:
        return LEFT + SIDE * p

    def y(p: float) -> float:
        return TOP + SIDE * (1 - p)

    parts = []
    for i in range(6):
        p = i / 5
        parts += [
            f'<path class="grid" d="M{x(0):g} {y(p):g}H{x(1):g}M{x(p):g} {y(0):g}V{y(1):g}"/>',
            f'<text class="note end" x="{LEFT - 8}" y="{y(p) + 4:g}">{p:.1f}</text>',
            f'<text class="note middle" x="{x(p):g}" y="{TOP + SIDE + COUNTS + 26}">{p:.1f}</text>',
        ]
    parts.append(f'<path class="even" d="M{x(0):g} {y(0):g}L{x(1):g} {y(1):g}"/>')
    width = max(3.0, 0.6 * SIDE / max(len(told), 15))
    floor = TOP + SIDE + 12 + COUNTS - 8
    for one in told:
        high = 4 + (COUNTS - 16) * math.log1p(one.cells) / math.log1p(most)
        low, up = sorted((y(one.mean), y(one.share)))
        at = f'x="{x(one.mean) - width / 2:.1f}" width="{width:.1f}"'
        said = f"<title>mean score {one.mean:.3f}, {one.share:.3f} hold, {one.cells:,} cells</title>"
        parts += [
            f'<rect class="gap" {at} y="{low:.1f}" height="{up - low:.1f}"/>',
            f'<rect class="count" {at} y="{floor - high:.1f}" height="{high:.1f}">{said}</rect>',
        ]
    line = "L".join(f"{x(one.mean):.1f} {y(one.share):.1f}" for one in told)
    parts.append(f'<path class="curve" d="M{line}"/>')
    parts += [
        f'<circle class="dot" cx="{x(one.mean):.1f}" cy="{y(one.share):.1f}" r="4.5">'
        f"<title>mean score {one.mean:.3f}, {one.share:.3f} hold, {one.cells:,} cells</title></circle>"
        for one in told
    ]
    bottom = TOP + SIDE + COUNTS
    parts += [
        f'<text class="note middle" x="{x(0.5):g}" y="{bottom + 48}">mean score</text>',
        f'<text class="note middle" transform="translate(14 {y(0.5):g}) rotate(-90)">share that holds</text>',
        f'<text class="note end" x="{LEFT - 8}" y="{floor:g}">cells</text>',
    ]
    said = "; ".join(f"at score {one.mean:.2f} {one.share:.2f} hold ({one.cells:,} cells)" for one in told)
    description = f"{total:,} cells, expected calibration error {error:.4f}. {said}."
    return framed(LEFT + SIDE + RIGHT, bottom + 60, "Reliability diagram", description, _STYLE, parts)
