"""The heat map of label similarity: who holds together with whom, in the order of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from ihomer.report.figures.frame import clean, framed, shortened

#: Pixels: a cell, the room of names, of the heading of clusters; shades, and characters of a name.
CELL, NAMES, HEAD, SHADES, CHARACTERS = 13, 168, 14, 8, 24
#: Pairs that the description names.
NAMED: Final = 3


def heat_map_svg(names: Sequence[str], clusters: Sequence[int], jaccard: Sequence[Sequence[float]]) -> str:
    """Return the map; a square is drawn around the labels of each cluster.

    Parameters
    ----------
    names, clusters
        n labels and the cluster of each, those of one cluster together.
    jaccard
        n x n, 0..1.

    Raises
    ------
    ValueError
        If there are no labels, or the matrix has another shape.
    """
    n = len(names)
    if not n or len(jaccard) != n or any(len(row) != n for row in jaccard) or len(clusters) != n:
        raise ValueError(f"expected {n} labels with their clusters and a square, found {len(clusters)} and {len(jaccard)} rows")
    most = max((jaccard[i][j] for i in range(n) for j in range(n) if i != j), default=0.0)
    shades: list[list[str]] = [[] for _ in range(SHADES)]
    for i, row in enumerate(jaccard):
        for j, value in enumerate(row):
            if i != j and value > 0 and most > 0:
                # The root spreads the many small values; the legend tells where shades begin.
                shade = min(SHADES - 1, int(SHADES * (value / most) ** 0.5))
                shades[shade].append(f"M{NAMES + j * CELL} {HEAD + i * CELL}h{CELL}v{CELL}h-{CELL}z")
    side = n * CELL
    parts = [f'<rect class="ground" x="{NAMES}" y="{HEAD}" width="{side}" height="{side}"/>']
    parts += [
        f'<path class="cell" opacity="{(k + 1) / SHADES:.3f}" d="{"".join(cells)}"/>' for k, cells in enumerate(shades) if cells
    ]
    start = 0
    for number, group in groupby(clusters):
        size = len(list(group))
        at = start * CELL
        parts.append(
            f'<rect class="cluster" x="{NAMES + at}" y="{HEAD + at}" width="{size * CELL}" height="{size * CELL}">'
            f"<title>cluster {number}</title></rect>"
        )
        start += size
    parts += [
        f'<text class="name end" x="{NAMES - 6}" y="{HEAD + i * CELL + CELL - 3}">{clean(shortened(name, CHARACTERS))}'
        f"<title>{clean(name)}</title></text>"
        for i, name in enumerate(names)
    ]
    bottom = HEAD + side + 18
    for k in range(SHADES):
        parts.append(
            f'<rect class="ground" x="{NAMES + k * 22}" y="{bottom}" width="22" height="9"/>'
            f'<rect class="cell" opacity="{(k + 1) / SHADES:.3f}" x="{NAMES + k * 22}" y="{bottom}" width="22" height="9"/>'
        )
    legend = SHADES * 22
    parts += [
        f'<text class="note" x="{NAMES}" y="{bottom + 24}">0</text>',
        f'<text class="note end" x="{NAMES + legend}" y="{bottom + 24}">{most:.2f}</text>',
        f'<text class="note" x="{NAMES + legend + 10}" y="{bottom + 9}">Jaccard similarity</text>',
    ]
    best = sorted(((jaccard[i][j], i, j) for i in range(n) for j in range(i)), reverse=True)[:NAMED]
    said = "; ".join(f"{names[j]} and {names[i]} {value:.2f}" for value, i, j in best if value > 0)
    description = f"Jaccard similarity of {n} labels in {len(set(clusters))} clusters. Most similar: {said or 'none'}."
    width = max(NAMES + side, NAMES + legend + 130) + 8
    rules = " .ground { fill: $raised } .cell { fill: $accent } .cluster { fill: none; stroke: $ink; stroke-width: 1.2 }"
    return framed(width, bottom + 34, "Similarity of labels", description, rules, parts)
