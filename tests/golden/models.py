"""Writes the golden checkpoint of models, once: ``python -m tests.golden.models``.

It was written before arrays could be packed: what it holds must be loaded, and go on, by every release to come.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import orjson

from ihomer import IHOMER
from ihomer.checkpoint import dumps
from ihomer.daemon.learner import Learner
from ihomer.daemon.settings import Settings
from ihomer.daemon.status import Status
from ihomer.saving import tree_of
from streams import Batch
from streams.kafka.protocol import Record

PATH = Path(__file__).with_name("models-1.ckpt.gz")
KIND = "golden models"
#: Rows that are learned, and rows after them that are predicted.
LEARNED, ASKED = 300, 40
#: Of every model its parameters, and how many labels there are to draw from.
MODELS = {
    "many": ({"label_space": "many", "max_labels": 90}, 120),
    "few": ({"preset": "fast", "label_space": "few"}, 8),
}


def pairs(n_labels: int, start: int, stop: int) -> list[tuple[dict[str, object], set[str]]]:
    """Return rows start..stop - 1 of a stream made by a formula: words, a category, and labels that hang on them."""
    rows = []
    for t in range(start, stop):
        first = (t * t + 3 * t) % n_labels
        held = {first, (first * 7 + 1) % n_labels}
        words = {f"w{k * 13 % 211}": 1.0 + k % 3 for k in held} | {f"noise{(t * 31 + 7 * j) % 101}": 0.5 for j in range(4)}
        rows.append(({**words, "colour": ("red", "grün", "blue")[first % 3]}, {f"l{k}" for k in held}))
    return rows


def records() -> list[Record]:
    """Return messages for a daemon, some of them bad."""
    values = [orjson.dumps({"id": t, "x": x, "y": sorted(y)}) for t, (x, y) in enumerate(pairs(8, 0, 100))]
    values[7] = b"{"
    return [Record("rows", 0, t, 1000.0 + t, None, value) for t, value in enumerate(values)]


def settings() -> Settings:
    """Return what the daemon was told."""
    return Settings("rows", "state", http="", model="fast")


def main() -> None:
    """Learn, and write states and predictions."""
    tree: dict[str, object] = {}
    for name, (parameters, n_labels) in MODELS.items():
        model = IHOMER(**parameters)
        model.learn_many(Batch.from_pairs(pairs(n_labels, 0, LEARNED)))
        saved = tree_of(model)
        said = model.predict_many(Batch.from_pairs(pairs(n_labels, LEARNED, LEARNED + ASKED)))
        tree[name] = {
            "model": saved,
            "sets": (np.asarray(said.indptr), np.asarray(said.indices)),
            "top": (np.asarray(said.top_ids), np.asarray(said.top_scores)),
        }
    learner = Learner(settings(), Status())
    learner.take(records())
    tree["daemon"] = learner.state()
    PATH.write_bytes(gzip.compress(dumps(tree, kind=KIND), mtime=0))


if __name__ == "__main__":
    main()
