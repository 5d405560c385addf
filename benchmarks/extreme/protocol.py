"""What the benchmark asks of a learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ihomer.predictions import Predictions
    from streams.batch import Batch


class UnfitError(Exception):
    """A learner that has nothing to do with a stream, or is not there; the message says why."""


class Learner(Protocol):
    """Predicts each row, then learns it, and answers with label sets and the best five.

    A learner that takes rows in another form than ours has a method `prepare(batch)`, which is not timed, and is called
    with what that returns. One that knows its own size has `n_bytes`, or `_raw_memory_usage`; of others the growth of the
    process is taken.
    """

    def __call__(self, rows: Any) -> Predictions:
        """Predict and learn the rows, in order."""


class Prepares(Protocol):
    """A learner that takes rows in another form."""

    def prepare(self, batch: Batch) -> Any:
        """Return the rows as it takes them."""
