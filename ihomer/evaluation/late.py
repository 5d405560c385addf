"""Labels that come late: rows wait, and each is learned when so many rows behind it were predicted."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from ihomer.evaluation.baselines import Baseline
from ihomer.predictions import Predictions
from streams.concatenate import concatenate

if TYPE_CHECKING:
    from ihomer.evaluation.river_model import ArrayModel
    from streams.batch import Batch


class Late:
    """The rows that were predicted and not yet learned.

    Parameters
    ----------
    delay
        How many rows behind a row are predicted before it is learned.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({"a": float(i + 1)}, {"x"}) for i in range(5)])
    >>> late = Late(2)
    >>> [(len(block), [due.x(i) for i in range(len(due))]) for block, due in [(b, late.due(b)) for b in
    ...     (batch.slice(0, 1), batch.slice(1, 5))]]
    [(1, []), (4, [{'a': 1.0}, {'a': 2.0}, {'a': 3.0}])]
    """

    def __init__(self, delay: int) -> None:
        self.delay = delay
        self._blocks: deque[Batch] = deque()
        self._n = 0

    def due(self, block: Batch) -> Batch:
        """Let the rows of `block` wait; return those to be learned, one behind each of the last rows of `block`."""
        self._blocks.append(block)
        self._n += len(block)
        return self._take(self._n - self.delay) if self._n > self.delay else block.slice(0, 0)

    def rest(self) -> Batch | None:
        """Return all rows that wait, None if none does; they wait no longer."""
        return self._take(self._n) if self._n else None

    def _take(self, n: int) -> Batch:
        self._n -= n
        taken = []
        while n:
            block = self._blocks.popleft()
            if len(block) > n:
                self._blocks.appendleft(block.slice(n, len(block)))
                block = block.slice(0, n)
            taken.append(block)
            n -= len(block)
        return concatenate(taken)


def predicted(model: ArrayModel, block: Batch, due: Batch) -> Predictions:
    """Predict the rows of `block`; behind each of the last ones `model` learns the next of `due`."""
    early = len(block) - len(due)
    parts = [model.predict_many(block.slice(0, early))] if early else []
    if len(due):
        rest = block.slice(early, len(block))
        if isinstance(model, Baseline):  # looks at nothing of a row that it predicts
            parts.append(model.predict_learn_many(due))
        elif hasattr(model, "predict_while_learning"):
            parts.append(model.predict_while_learning(rest, due))
        else:
            for i in range(len(due)):
                parts.append(model.predict_many(rest.slice(i, i + 1)))
                model.learn_many(due.slice(i, i + 1))
    return parts[0] if len(parts) == 1 else joined(parts)


def joined(parts: list[Predictions]) -> Predictions:
    """Return the predictions of rows that follow one another as one; the ids of all are those of the last."""
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    indptr = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return Predictions(
        parts[-1].labels,
        indptr,
        np.concatenate([part.indices for part in parts]),
        np.concatenate([part.top_ids for part in parts]),
        np.concatenate([part.top_scores for part in parts]),
    )
