"""Compiling ahead: every kernel is run once on a few rows, so that later starts find it in the cache."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ihomer.door import Door
from ihomer.evaluation.catalogue import make_model
from ihomer.evaluation.learners import CATALOGUE
from ihomer.evaluation.loop import prequential
from ihomer.evaluation.revealed import Revealed
from streams.batch import Batch
from streams.open import open_stream
from streams.rows import RowBuilder
from streams.views import limited

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Enough rows for every part of a model to come to work: inputs decide sparse or dense, trees and clusters are tested.
_ROWS = 400


def warm() -> Iterator[tuple[str, float]]:
    """Run everything that is compiled on a few rows; yield what it was and the seconds it took, one after the other."""
    for name, learner in CATALOGUE.items():
        if learner.family != "ours":  # nothing of the others is compiled
            continue
        start = time.perf_counter()
        warm_model(name)
        yield f"model {name}", time.perf_counter() - start
    with tempfile.TemporaryDirectory() as directory:
        for suffix in ("svm", "arff", "csv", "jsonl"):
            start = time.perf_counter()
            _round_trip(Path(directory) / f"rows.{suffix}")
            yield f"format {suffix}", time.perf_counter() - start
    start = time.perf_counter()
    _arrays()
    yield "arrays", time.perf_counter() - start


def warm_model(name: str) -> None:
    """Run a model of the catalogue on a few rows, complete and partial ones, and forget it."""
    model, _ = make_model(name)
    prequential(model, limited(open_stream("yeast"), _ROWS))
    model.learn_many(Revealed(0.9, 0.9)(_partial_rows()))
    model.predict_many(_partial_rows())


def _partial_rows() -> Batch:
    builder = RowBuilder()
    for i in range(_ROWS):
        builder.add({f"f{i % 7}": 1.0, f"g{i % 5}": 2.0}, {"a": i % 2 == 0, "b": i % 3 == 0})
    return builder.take()


def _arrays() -> None:
    door = Door()
    rows = np.ones((2, 3), np.float32)
    for x in (rows[0], rows[0].astype(np.float64)):
        door.learned_one(x, ())
    door.learned(Batch.from_arrays(rows, [()] * 2))


def _round_trip(path: Path) -> None:
    from streams.writers import write_stream

    write_stream(limited(open_stream("yeast"), 50), path)
    for _ in open_stream(path).batches():
        pass
