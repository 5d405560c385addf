"""How clusters came and went over the stream: a river whose arms are clusters, as wide as they have labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ihomer.report.figures.frame import framed

if TYPE_CHECKING:
    from ihomer.report.data import Tributary

#: Pixels: width, height of the water, margins.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 1000, 260, 64, 70, 14, 40
#: An arm at least so high gets its number.
LEGIBLE: Final = 13.0
#: Tints that follow each other, so that neighbours differ.
TINTS: Final = 5

_Arm = list[tuple[float, float, float]]


def river_svg(river: Sequence[Tributary]) -> str:
    """Return the river: where an arm parts, a cluster was split, and its parts lie where it lay.

    Raises
    ------
    ValueError
        If there is nothing to draw.
    """
    if not river:
        raise ValueError("there is no moment to draw")
    first, last = river[0].instances, max(river[-1].instances, river[0].instances + 1)
    most = max(1, *(sum(moment.sizes) for moment in river))

    def x(instances: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (instances - first) / (last - first)

    arms: dict[int, list[_Arm]] = {}
    ends = [*(moment.instances for moment in river[1:]), last]
    for moment, end in zip(river, ends, strict=True):
        below = 0
        for cluster, size in zip(moment.clusters, moment.sizes, strict=True):
            runs = arms.setdefault(cluster, [])
            left = x(moment.instances)
            top = TOP + HEIGHT * below / most
            piece = (top, top + HEIGHT * size / most)
            if runs and abs(runs[-1][-1][0] - left) < 1e-9:
                runs[-1] += [(left, *piece), (x(end), *piece)]
            else:
                runs.append([(left, *piece), (x(end), *piece)])
            below += size
    parts, numbers = [], []
    for i, (cluster, runs) in enumerate(sorted(arms.items())):
        kind = "rest" if cluster < 0 else f"arm{i % TINTS}"
        said = "clusters that are not shown one by one" if cluster < 0 else f"cluster {cluster}"
        for run in runs:
            outline = "L".join(f"{a:.1f} {top:.1f}" for a, top, _ in run)
            back = "L".join(f"{a:.1f} {bottom:.1f}" for a, _, bottom in reversed(run))
            parts.append(f'<path class="arm {kind}" d="M{outline}L{back}z"><title>{said}</title></path>')
        right, top, bottom = runs[-1][-1]
        if bottom - top >= LEGIBLE and cluster >= 0 and right > WIDTH - RIGHT - 1:
            numbers.append(f'<text class="note" x="{right + 6:.1f}" y="{(top + bottom) / 2 + 4:.1f}">{cluster}</text>')
    foot = TOP + HEIGHT + 20
    parts += [
        *numbers,
        f'<text class="note end" x="{LEFT - 8}" y="{TOP + 10}">{most:,}</text>',
        f'<text class="note end" x="{LEFT - 8}" y="{TOP + 24}">labels</text>',
        f'<text class="note" x="{LEFT}" y="{foot}">{first:,} instances</text>',
        f'<text class="note end" x="{WIDTH - RIGHT}" y="{foot}">{last:,}</text>',
        f'<text class="note" x="{WIDTH - RIGHT + 6}" y="{foot}">cluster</text>',
    ]
    tints = " ".join(f".arm{i} {{ fill: $accent; opacity: {0.3 + 0.14 * ((2 * i) % TINTS):.2f} }}" for i in range(TINTS))
    rules = f" .arm {{ stroke: $page; stroke-width: 1 }} {tints} .rest {{ fill: $edge }}"
    ended = river[-1]
    said = "; ".join(
        f"{'others' if cluster < 0 else f'cluster {cluster}'} {size:,} labels"
        for cluster, size in zip(ended.clusters, ended.sizes, strict=True)
    )
    counts = [len(moment.clusters) for moment in river]
    description = (
        f"From {first:,} to {last:,} instances the number of clusters went from {counts[0]} to {counts[-1]}, "
        f"at most {max(counts)}. At the end: {said}."
    )
    return framed(WIDTH, foot + 14, "Clusters over the stream", description, rules, parts)
