"""Watches a prequential evaluation and makes a run of it, with what a result does not keep."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ihomer.report.data import Bin, Hierarchy, LabelScore, Run, Tributary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ihomer.evaluation.loop import Prequential
    from ihomer.evaluation.result import Result

#: Labels of the table, of the heat map; clusters of the drawing and of a moment of the river; moments; events.
LABELS: Final = 2000
MAP: Final = 48
CLUSTERS: Final = 24
MOMENTS: Final = 240
EVENTS: Final = 1000


class Recorder:
    """Looks at a `Prequential` after each block of rows; what is kept is bounded however long it runs.

    Examples
    --------
    >>> from ihomer import IHOMER
    >>> from ihomer.evaluation import Prequential
    >>> from ihomer.report import Recorder
    >>> from streams import open_stream
    >>> recorder = Recorder()
    >>> evaluation = Prequential(IHOMER(preset="fast"), open_stream("yeast"), progress=recorder.look)
    >>> run = recorder.run_of(evaluation, evaluation.run())
    >>> run.labels, len(run.label_scores), run.hierarchy.n_clusters
    (14, 14, 2)
    """

    def __init__(self) -> None:
        self._river: list[Tributary] = []
        self._seen: tuple[int, int] | None = None

    def look(self, evaluation: Prequential) -> None:
        """Note how labels are grouped, if that changed."""
        model: Any = evaluation.model
        if not hasattr(model, "clustering"):
            return
        now = model.event_log.total, model.n_labels
        if now != self._seen:
            self._seen = now
            self._note(evaluation.instances, *model.clustering.sizes())

    def _note(self, instances: int, clusters: list[int], sizes: list[int]) -> None:
        moment = _moment(instances, clusters, sizes)
        last = self._river[-1] if self._river else None
        if last is not None and (last.clusters, last.sizes) == (moment.clusters, moment.sizes):
            return
        self._river.append(moment)
        if len(self._river) > MOMENTS:
            self._river = self._river[::2]  # the first stays, and what is left is spread over the whole stream

    def run_of(self, evaluation: Prequential, result: Result, **more: Any) -> Run:
        """Return the run; `more` are fields that the evaluation does not know, such as `cut`."""
        model: Any = evaluation.model
        events = events_of(getattr(evaluation.model, "events", ()))
        return Run.of(
            result,
            **{
                "events": events[-EVENTS:],
                "label_scores": _label_scores(evaluation, events),
                "bins": _bins(evaluation),
                "hierarchy": self._hierarchy(model, evaluation.instances),
                **more,
            },
        )

    def _hierarchy(self, model: Any, instances: int) -> Hierarchy | None:
        if not hasattr(model, "clustering") or not model.n_labels:
            return None
        shown = model.hierarchy
        clusters, sizes = shown.sizes()
        names, of, jaccard = shown.similarity(MAP)
        self._note(instances, clusters, sizes)
        last = self._river[-1]
        river = self._river if last.instances >= instances else [*self._river, Tributary(instances, last.clusters, last.sizes)]
        return Hierarchy(
            n_labels=model.n_labels,
            n_clusters=len(clusters),
            drawing=shown.draw("svg", max_clusters=CLUSTERS),
            names=tuple(map(str, names)),
            clusters=tuple(of),
            jaccard=tuple(tuple(round(value, 4) for value in row) for row in jaccard),
            river=tuple(river),
        )


def events_of(events: Any) -> tuple[Mapping[str, Any], ...]:
    """Return events as plain values, names as strings."""
    import orjson

    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    return tuple(orjson.loads(orjson.dumps(list(events), option=options, default=str)))


def _moment(instances: int, clusters: list[int], sizes: list[int]) -> Tributary:
    """Return a moment in which the largest clusters stand one by one, and the others together at the end."""
    if len(clusters) <= CLUSTERS:
        return Tributary(instances, tuple(clusters), tuple(sizes))
    large = set(np.argsort(-np.array(sizes), kind="stable")[: CLUSTERS - 1].tolist())
    kept = [i for i in range(len(clusters)) if i in large]
    rest = sum(sizes) - sum(sizes[i] for i in kept)
    return Tributary(instances, (*(clusters[i] for i in kept), -1), (*(sizes[i] for i in kept), rest))


def _label_scores(evaluation: Prequential, events: tuple[Mapping[str, Any], ...]) -> tuple[LabelScore, ...]:
    names, counts = evaluation.metrics.by_label()
    held = counts[:, 0] + counts[:, 2]
    order = np.lexsort((np.arange(len(names)), -held))[:LABELS]
    thresholds = getattr(evaluation.model, "thresholds", None) or {}
    alarms = Counter(str(event["place"]) for event in events if event["kind"] == "alarm")
    found = []
    for i in order.tolist():
        tp, fp, fn = counts[i].tolist()
        threshold = thresholds.get(names[i])
        found.append(
            LabelScore(
                name=str(names[i]),
                rows=tp + fn,
                f1=2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None,
                precision=tp / (tp + fp) if tp + fp else None,
                recall=tp / (tp + fn) if tp + fn else None,
                threshold=None if threshold is None else float(threshold),
                alarms=alarms[f"label {names[i]}"],
            )
        )
    return tuple(found)


def _bins(evaluation: Prequential) -> tuple[Bin, ...]:
    confidence: Any = getattr(evaluation, "confidence", None)
    if confidence is None:
        return ()
    return tuple(
        Bin(int(cells), float(mass / cells), float(held / cells))
        for cells, held, mass in zip(confidence.cells, confidence.held, confidence.mass, strict=True)
        if cells
    )
