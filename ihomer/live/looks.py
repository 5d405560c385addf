"""What a model looks like now, in bounded size whatever the number of its labels."""

from __future__ import annotations

from typing import Any, Final

#: Clusters and names of each, events, and characters of a name or a cause.
CLUSTERS: Final = 24
NAMES: Final = 6
EVENTS: Final = 40
CHARACTERS: Final = 80


def clusters_of(model: Any) -> list[dict[str, Any]] | None:
    """Return the largest clusters, then one entry (number -1) for all others; None if the model has none.

    Examples
    --------
    >>> from ihomer import IHOMER
    >>> from streams import open_stream
    >>> model = IHOMER(preset="fast")
    >>> for batch in open_stream("yeast").batches():
    ...     model.learn_many(batch)
    >>> [(cluster["number"], cluster["labels"], cluster["names"][:2]) for cluster in clusters_of(model)]
    [(1, 12, ['Class12', 'Class13']), (2, 2, ['Class10', 'Class11'])]
    """
    if not hasattr(model, "clustering"):
        return None
    shown = model.clustering
    numbers, sizes = shown.sizes()
    order = sorted(range(len(numbers)), key=lambda i: (-sizes[i], numbers[i]))
    found = [
        {
            "number": numbers[i],
            "labels": sizes[i],
            "names": [str(name)[:CHARACTERS] for name in shown.first_labels(numbers[i], NAMES)],
        }
        for i in order[:CLUSTERS]
    ]
    rest = order[CLUSTERS:]
    if rest:
        found.append({"number": -1, "labels": sum(sizes[i] for i in rest), "clusters": len(rest), "names": []})
    return found


def events_of(model: Any) -> list[dict[str, Any]]:
    """Return the latest events, the newest first; none if the model keeps none."""
    log = getattr(model, "event_log", None)
    if log is None:
        return []
    events, _ = log.since(max(0, log.total - EVENTS))
    return [
        {
            "instance": event["instance"],
            "kind": event["kind"],
            "place": str(event["place"])[:CHARACTERS],
            "cause": str(event["cause"])[:CHARACTERS],
            "labels": [str(name)[:CHARACTERS] for name in event.get("labels", ())[:NAMES]],
            "n_labels": event.get("n_labels", 0),
        }
        for event in reversed(events[-EVENTS:])
    ]
