"""The whole configuration as it is printed at the start, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ihomer.daemon.configure import DEFAULT, Configured
from ihomer.daemon.secrecy import MASK, masked
from ihomer.daemon.setting import Setting, settings_of
from ihomer.daemon.settings import Settings


def shown_values(settings: Settings) -> dict[str, Any]:
    """Return every setting by its name as plain values, secrets masked.

    Names that are derived of the topic are those that are used, so nothing has to be guessed.
    """
    topics = settings.topics
    derived = {
        "group": settings.group_id,
        "predictions_topic": topics.predictions,
        "metrics_topic": topics.metrics,
        "events_topic": topics.events,
        "dead_letter_topic": topics.dead_letters,
    }
    return {
        setting.name: _plain(setting, derived.get(setting.name, setting.of(settings)), settings.secrets)
        for setting in settings_of(Settings)
    }


def shown_text(configured: Configured) -> str:
    """Return a line for each setting: its name, its value, and where that came from unless nobody gave it.

    Examples
    --------
    >>> from ihomer.daemon.configure import configured
    >>> flags = {"topic": ("TOPIC", "orders"), "state": ("--state", "here")}
    >>> print(shown_text(configured(flags=flags)).splitlines()[0])
    topic                      'orders'  (TOPIC)
    """
    values = shown_values(configured.settings)
    width = max(map(len, values)) + 1
    lines = []
    for name, value in values.items():
        origin = configured.origins.get(name, DEFAULT)
        lines.append(f"{name:<{width}} {_written(value)}" + ("" if origin == DEFAULT else f"  ({origin})"))
    return "\n".join(lines)


def _written(value: object) -> str:
    return "-" if value is None or value == "" else MASK if value == MASK else repr(value)


def _plain(setting: Setting, value: Any, secrets: tuple[str, ...]) -> Any:
    if setting.secret:
        return MASK if value else None
    return _masked(value, secrets)


def _masked(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {masked(str(key), secrets): _masked(inner, secrets) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(inner, secrets) for inner in value]
    return value
