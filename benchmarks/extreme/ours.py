"""Our own learners; label sets are made for micro-F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.extreme.protocol import UnfitError

if TYPE_CHECKING:
    from ihomer.estimator import ArrayEstimator
    from ihomer.predictions import Predictions
    from streams.batch import Batch
    from streams.stream import Stream

#: More labels than this, and what keeps a number for every pair of a feature and a label is not tried.
FEW = 2000
#: Every label of these streams may stay, and all that is known of it.
ROOM = {"max_labels": 1 << 21, "max_features": 1 << 22, "max_bytes": 1 << 33}


class Ours:
    """An estimator of ours behind its `predict_learn_many`."""

    def __init__(self, model: ArrayEstimator) -> None:
        self.model = model

    def __call__(self, rows: Batch) -> Predictions:
        """Predict and learn the rows, in order."""
        return self.model.predict_learn_many(rows)

    @property
    def n_bytes(self) -> int:
        """Bytes that the model says it takes."""
        return self.model._raw_memory_usage  # noqa: SLF001


def _ihomer(**parameters: Any) -> Ours:
    from ihomer import IHOMER

    return Ours(IHOMER(target="micro_f1", **parameters))


def many(stream: Stream) -> Ours:  # noqa: ARG001
    """Return `IHOMER(label_space="many")`."""
    return _ihomer(label_space="many", **ROOM)


def tail(stream: Stream) -> Ours:  # noqa: ARG001
    """Return the same with lists that favour the tail."""
    return _ihomer(label_space="many", rank="propensity", **ROOM)


def balanced(stream: Stream) -> Ours:
    """Return the default where labels are few."""
    _few(stream)
    return _ihomer(label_space="few")


def fast(stream: Stream) -> Ours:
    """Return `IHOMER(preset="fast")` where labels are few."""
    _few(stream)
    return _ihomer(preset="fast", label_space="few")


def linear(stream: Stream) -> Ours:
    """Return a `LinearLearner` where labels are few."""
    from ihomer import LinearLearner

    _few(stream)
    return Ours(LinearLearner())


def _few(stream: Stream) -> None:
    if (stream.declared_labels or 0) > FEW:
        raise UnfitError(f"more than {FEW:,} labels")
