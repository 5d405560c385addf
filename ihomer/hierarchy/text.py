"""A tree of clusters as lines of text."""

from __future__ import annotations

from ihomer.hierarchy.drawing import Sketch, counted


def text(root: Sketch, rows: int, width: int) -> str:
    """Return the tree with box drawing characters, no line longer than `width`."""
    head = f"{counted(root.n_labels, 'label')}, {counted(root.n_clusters, 'cluster')}, {counted(rows, 'row')}"
    lines = [head[:width]]
    parts = root.children or ([root] if root.n_labels else [])
    # A stack, not recursion: the tree may be as deep as it has clusters.
    stack = [(part, "", i == 0) for i, part in enumerate(reversed(parts))]
    while stack:
        node, indent, last = stack.pop()
        corner = "└" if last else "├"
        shown = indent if len(indent) <= width // 2 else "…" + indent[-width // 2 + 1 :]
        if node.children:
            lines.append(f"{shown}{corner}─┬ {counted(node.n_labels, 'label')}"[:width])
            below = indent + ("  " if last else "│ ")
            stack += [(child, below, i == 0) for i, child in enumerate(reversed(node.children))]
        else:
            lines.append(_leaf(f"{shown}{corner}─ ", node, width))
    return "\n".join(lines)


def _leaf(line: str, node: Sketch, width: int) -> str:
    labels = counted(node.n_labels, "label")
    if node.number < 0:
        return f"{line}… {counted(node.n_clusters, 'more cluster')}, {labels}"[:width]
    line = f"{line}cluster {node.number}, {labels}: "
    shown = 0
    for name in node.names:
        rest = node.n_labels - shown - 1
        after = len(f", … {rest:,} more") if rest else 0
        if len(line) + len(name) + 2 * (shown > 0) + after > width:
            break
        line += (", " if shown else "") + name
        shown += 1
    if shown < node.n_labels:
        line += f"{', ' if shown else ''}… {node.n_labels - shown:,} more"
    return line[:width]
