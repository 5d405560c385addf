"""Our own learners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.extreme.protocol import UnfitError

if TYPE_CHECKING:
    from ihomer.predictions import Predictions
    from streams.batch import Batch
    from streams.stream import Stream

#: More labels than this, and what keeps a number for every pair of a feature and a label is not tried.
FEW = 2000


class Ours:
    """An estimator of ours behind its `predict_learn_many`, or the method for very many labels.

    Parameters
    ----------
    model
        The estimator.
    method
        What it is called with batches.
    """

    def __init__(self, model: Any, method: str = "predict_learn_many") -> None:
        self.model = model
        self._step = getattr(model, method)

    def __call__(self, rows: Batch) -> Predictions:
        """Predict and learn the rows, in order."""
        answers: Predictions = self._step(rows)
        return answers

    @property
    def n_bytes(self) -> int:
        """Bytes that the model says it takes."""
        return int(self.model._raw_memory_usage)  # noqa: SLF001


def many(stream: Stream) -> Ours:  # noqa: ARG001
    """Return `IHOMER(label_space="many")`."""
    from ihomer import IHOMER

    options: dict[str, Any] = {"label_space": "many"}
    try:
        return Ours(IHOMER(**options), "predict_learn_many")
    except (TypeError, AttributeError) as error:
        raise UnfitError('this version has no IHOMER(label_space="many")') from error


def fast(stream: Stream) -> Ours:
    """Return `IHOMER(preset="fast")` where labels are few."""
    from ihomer import IHOMER

    _few(stream)
    return Ours(IHOMER(preset="fast"))


def linear(stream: Stream) -> Ours:
    """Return a `LinearLearner` where labels are few."""
    from ihomer import LinearLearner

    _few(stream)
    return Ours(LinearLearner())


def _few(stream: Stream) -> None:
    if (stream.declared_labels or 0) > FEW:
        raise UnfitError(f"more than {FEW:,} labels")
