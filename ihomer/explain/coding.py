"""Explanations as plain values for JSON, and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from ihomer.explain import parts
from ihomer.explain.explanation import Explanation

_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Explanation, parts.Cluster, parts.Expert, parts.Facts, parts.Feature, parts.Features, parts.Mate, parts.Memories,
        parts.Nested, parts.Number, parts.Path, parts.Paths, parts.Remembered, parts.Rule, parts.Term, parts.Test,
    )
}  # fmt: skip


def plain(value: Any) -> Any:
    """Return a part as a dict with its class as "kind", tuples as lists, all else as it is.

    Examples
    --------
    >>> plain(parts.Rule("hamming", "over .5", 0.5))
    {'kind': 'Rule', 'name': 'hamming', 'what': 'over .5', 'threshold': 0.5}
    """
    if is_dataclass(value):
        return {"kind": type(value).__name__} | {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def revived(value: Any) -> Any:
    """Return what `plain` was given; lists were tuples, names that are tuples among them."""
    if isinstance(value, dict):
        content = {key: revived(item) for key, item in value.items()}
        return _KINDS[content.pop("kind")](**content)
    return tuple(revived(item) for item in value) if isinstance(value, list) else value
