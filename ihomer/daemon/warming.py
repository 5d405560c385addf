"""Compiling before the first message comes: a first start takes half a minute for it, which no message should have to wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson

from ihomer.daemon.learner import Learner
from ihomer.daemon.status import Status
from streams.kafka.protocol import Record

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings

#: Enough for every part of a model to come to work, the hierarchy and the monitors among them.
_ROWS = 400


def warm(settings: Settings) -> None:
    """Let a learner of its own, made for `settings`, take some messages that are made up."""
    from ihomer.evaluation.second_hand import second_hand

    with second_hand():
        learner = Learner(replace(settings, labels_topic="", metrics_every=_ROWS), Status())
        values = [
            {"x": {f"f{j}": (i * j) % 7 + 0.5 for j in range(5)}, "y": [f"l{i % 4}", f"l{i % 3}"]} for i in range(_ROWS)
        ]
        records = [Record(settings.topic, 0, i, float(i), None, orjson.dumps(value)) for i, value in enumerate(values)]
        learner.take(records[:1])
        learner.take(records[1:])
        learner.take([record._replace(value=b"{") for record in records[:1]])
