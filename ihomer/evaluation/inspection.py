"""What is in a checkpoint, as data and as text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Events shown in full: the latest ones.
SHOWN_EVENTS: Final = 10


def inspected(path: Path, *, allow_pickle: bool = False) -> tuple[dict[str, Any], str]:
    """Return what is in a checkpoint of a model, and the drawing of its clusters ("" if it has none).

    Of a checkpoint that holds pickles, unless they are allowed, only the head is read.

    Returns
    -------
    dict
        `kind` (of the checkpoint), `pickles` (how many objects it stores by pickle), `shown` (whether it could be read
        whole; if not, only `file_bytes`, `format` and `versions` follow), `class`,
        `settings` (its parameters), `instances`, `features`, `labels` (names), `clusters` (lists of
        names; None if the model has none), `file_bytes`, `memory_bytes`, `format`, `versions` (of
        what wrote it), `events`.

    Raises
    ------
    ihomer.checkpoint.CheckpointError
        If the file cannot be read as a model.
    """
    from ihomer import checkpoint
    from ihomer.saving import load_any

    about = checkpoint.describe(path)
    head = {
        "kind": about["kind"],
        "pickles": about["pickles"],
        "shown": allow_pickle or not about["pickles"],
        "file_bytes": about["total_bytes"],
        "format": about["format"],
        "versions": about["versions"],
    }
    if not head["shown"]:
        return head, ""
    model: Any = load_any(path, allow_pickle=allow_pickle)
    clusters = getattr(model, "clusters", None)
    found = head | {
        "class": type(model).__name__,
        "settings": {name: _plain(getattr(model, name)) for name in model._parameter_names()},  # noqa: SLF001
        "instances": model.n_instances,
        "features": model.n_features,
        "labels": model.labels,
        "clusters": clusters,
        "memory_bytes": model._raw_memory_usage,  # noqa: SLF001
        "events": list(getattr(model, "events", ())),
    }
    return found, model.hierarchy.draw() if clusters is not None else ""


def events_of(path: Path, *, allow_pickle: bool = False) -> list[dict[str, Any]]:
    """Return the events of the model in a checkpoint, oldest first; none if it is of a class that keeps none.

    Raises
    ------
    ihomer.checkpoint.CheckpointError
        If the file cannot be read as a model, or holds pickles and they are not allowed.
    """
    from ihomer.saving import load_any

    return list(getattr(load_any(path, allow_pickle=allow_pickle), "events", ()))


def inspection(name: str, found: Mapping[str, Any], drawing: str) -> str:
    """Return what `inspected` found as text."""
    versions = ", ".join(f"{library} {version}" for library, version in found["versions"].items())
    file = f"file     {found['file_bytes']:,} bytes, format {found['format']}, written by {versions}"
    if not found["shown"]:
        pickled = f"{found['pickles']:,} pickled object{'s' if found['pickles'] != 1 else ''}"
        return "\n".join(
            [
                f"{name}  a {found['kind']} with {pickled}",
                "",
                file,
                "",
                "Not shown without --allow-pickle: its class and settings, labels, clusters and events.",
                "Loading a pickle runs code: trust its source.",
            ]
        )
    clusters = found["clusters"]
    settings = ", ".join(f"{key}={_shown(value)}" for key, value in found["settings"].items())
    counts = [
        f"{found['instances']:,} instances learned",
        f"{found['features']:,} features",
        f"{len(found['labels']):,} labels",
        *([] if clusters is None else [f"{len(clusters):,} cluster{'s' if len(clusters) != 1 else ''}"]),
    ]
    lines = [
        f"{name}  {found['class']}({settings})",
        "",
        f"model    {', '.join(counts)}",
        f"memory   {found['memory_bytes']:,} bytes",
        file,
    ]
    if drawing:
        lines += ["", drawing.rstrip()]
    elif clusters is None:
        lines += ["", f"labels   {', '.join(map(str, found['labels']))}"]
    return "\n".join([*lines, "", *_events(found["events"])])


def _events(events: list[Mapping[str, Any]]) -> list[str]:
    if not events:
        return ["no events"]
    kinds = Counter(str(event["kind"]) for event in events)
    summary = ", ".join(f"{n:,} {kind}{'s' if n != 1 else ''}" for kind, n in sorted(kinds.items()))
    shown = events[-SHOWN_EVENTS:]
    width = max(len(f"{event['instance']:,}") for event in shown)
    lines = [f"events   {summary}" + (f"; the latest {len(shown)}:" if len(events) > len(shown) else ":")]
    return lines + [
        f"  {event['instance']:>{width},}  {event['kind']} of {event['place']}: {event['cause']}" for event in shown
    ]


def _plain(value: object) -> object:
    """Return a parameter for JSON: what JSON does not know by its repr."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return _Repr(" ".join(repr(value).split()))


class _Repr(str):
    """The text of an object, as against a text."""

    __slots__ = ()


def _shown(value: object) -> str:
    return str(value) if isinstance(value, _Repr) else repr(value)
