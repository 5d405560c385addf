"""A tree of clusters as an SVG picture."""

from __future__ import annotations

from html import escape

from ihomer.hierarchy.drawing import Sketch, counted
from ihomer.palette import picture_style

#: Pixels: width, height of a cluster's line and of the heading, margin, room of the tree, of a cluster's size.
WIDTH, LINE, HEAD, MARGIN, TREE, SIZE = 1000, 34, 64, 24, 250, 92
#: A character of the 13 px font is about so wide.
CHARACTER = 7.0
_STYLE = picture_style("""
  .page { fill: $page } .title { fill: $ink; font-size: 17px; font-weight: 600 }
  .note { fill: $muted; font-size: 12px } .names { fill: $ink; font-size: 13px }
  .edge { fill: none; stroke: $edge; stroke-width: 1.6 } .node { fill: $edge }
  .row { fill: $raised } .bar { fill: $accent } .track { fill: $line } .size { fill: $ink; font-size: 12px }""")


def svg(root: Sketch, rows: int) -> str:
    """Return a self-contained picture: the tree on the left, a line for each cluster on the right.

    A cluster's bar is the mean Jaccard similarity of its labels.
    """
    leaves = _leaves(root)
    depth = max((d for _, d in leaves), default=0)
    height = HEAD + max(1, len(leaves)) * LINE + MARGIN
    title = f"{counted(root.n_labels, 'label')} in {counted(root.n_clusters, 'cluster')}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}\n</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>',
        f'<text class="title" x="{MARGIN}" y="30">{title}</text>',
        f'<text class="note" x="{MARGIN}" y="49">after {counted(rows, "row")}; bars: mean Jaccard similarity</text>',
    ]
    step = (TREE - 2 * MARGIN) / max(1, depth)
    place: dict[int, tuple[float, float]] = {}
    for line, (leaf, _) in enumerate(leaves):
        y = HEAD + (line + 0.5) * LINE
        place[id(leaf)] = (TREE - MARGIN, y)
        parts += _cluster(leaf, y)
    for node, d in reversed(_walk(root)):
        if node.children:
            ends = [place[id(child)] for child in node.children]
            x, y = MARGIN + 6 + d * step, sum(end[1] for end in ends) / len(ends)
            place[id(node)] = (x, y)
            for end_x, end_y in ends:
                bend = min(8.0, abs(end_y - y), end_x - x)
                up = -bend if end_y < y else bend
                path = f"M{x:.1f} {y:.1f}V{end_y - up:.1f}q0 {up:.1f} {bend:.1f} {up:.1f}H{end_x:.1f}"
                parts.append(f'<path class="edge" d="{path}"/>')
            parts.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _walk(root: Sketch) -> list[tuple[Sketch, int]]:
    found, stack = [], [(root, 0)]
    while stack:
        node, depth = stack.pop()
        found.append((node, depth))
        stack += [(child, depth + 1) for child in reversed(node.children)]
    return found


def _leaves(root: Sketch) -> list[tuple[Sketch, int]]:
    return [(node, depth) for node, depth in _walk(root) if not node.children and node.n_labels]


def _cluster(leaf: Sketch, y: float) -> list[str]:
    """Return the line of one cluster: its size, its similarity, its names as far as there is room."""
    left = TREE - MARGIN
    top = y - LINE / 2 + 3
    names_at = left + SIZE + 78
    parts = [
        f'<rect class="row" x="{left}" y="{top:.1f}" width="{WIDTH - MARGIN - left}" height="{LINE - 6}" rx="6"/>',
        f'<text class="size" x="{left + 12}" y="{y + 4:.1f}">{counted(leaf.n_labels, "label")}</text>',
    ]
    if leaf.number < 0:
        more = counted(leaf.n_clusters, "more cluster")
        return [*parts, f'<text class="note" x="{names_at}" y="{y + 4:.1f}">… {more}</text>']
    room = (WIDTH - MARGIN - 12 - names_at) / CHARACTER - 10
    shown: list[str] = []
    for name in leaf.names:
        if len(", ".join([*shown, name])) > room:
            break
        shown.append(name)
    rest = leaf.n_labels - len(shown)
    names = escape(", ".join(shown)) + (f" … {rest:,} more" if rest else "")
    bar = 56 * min(1.0, max(0.0, leaf.similarity))
    return [
        *parts,
        f'<rect class="track" x="{left + SIZE + 6}" y="{y - 3:.1f}" width="56" height="6" rx="3"/>',
        f'<rect class="bar" x="{left + SIZE + 6}" y="{y - 3:.1f}" width="{bar:.1f}" height="6" rx="3"/>',
        f'<text class="names" x="{names_at}" y="{y + 4:.1f}">{names}</text>',
    ]
