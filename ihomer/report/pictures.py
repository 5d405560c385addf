"""The pictures of runs and of their comparison, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ihomer.report.figures.heat_map import heat_map_svg
from ihomer.report.figures.reliability import reliability_svg
from ihomer.report.figures.river import river_svg

if TYPE_CHECKING:
    from ihomer.report.data import Run, Statistics


def pictures_of(run: Run) -> dict[str, str]:
    """Return what there is of `hierarchy`, `river`, `similarity` and `reliability`, as SVG."""
    found = {}
    shape = run.hierarchy
    if shape is not None:
        if shape.drawing:
            found["hierarchy"] = shape.drawing
        if len({moment.clusters for moment in shape.river}) > 1:
            found["river"] = river_svg(shape.river)
        if len(shape.names) > 1:
            found["similarity"] = heat_map_svg(shape.names, shape.clusters, shape.jaccard)
    if run.bins:
        found["reliability"] = reliability_svg(run.bins)
    return found


def curve_of(run: Run, metric: str = "window_micro_f1") -> str:
    """Return the curve of a run with its marks as SVG; "" if it has none."""
    from ihomer.evaluation.curves import curves_svg

    if metric not in run.curve or not run.curve["instances"]:
        return ""
    points = [dict(zip(run.curve, values, strict=True)) for values in zip(*run.curve.values(), strict=True)]
    return curves_svg(points, run.events, title=f"{run.learner} on {run.stream}", metric=metric)


def ranks_picture(statistics: Statistics) -> str:
    """Return the critical-difference diagram as SVG; "" if there are fewer than two learners."""
    from ihomer.evaluation.statistics import MeanRanks, critical_difference_svg

    if len(statistics.ranks) < 2:
        return ""
    ranks = MeanRanks(tuple(statistics.ranks), tuple(statistics.ranks.values()), statistics.datasets, statistics.left_out)
    return critical_difference_svg(ranks, statistics.groups, distance=statistics.critical_difference)
