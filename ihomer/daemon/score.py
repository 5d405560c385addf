"""How good the predictions are while the daemon runs: prequential metrics, also of rows whose labels come later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np

from ihomer.evaluation import measures
from ihomer.evaluation.metrics import Metrics
from ihomer.predictions import Predictions
from streams.batch import COMPLETE, PARTIAL, Batch
from streams.names import Name, sort_key
from streams.vocabulary import Vocabulary

#: Rows of the window: as in `ihomer evaluate`.
WINDOW: Final = 1000
#: Labels that are counted one by one: some 30 MB with their names.
MOST_LABELS: Final = 100_000
#: Rows between two looks whether there are too many labels.
_EVERY: Final = 1024
#: Rows with late labels that are scored together: one by one, the way to the kernel would cost ten times the work.
_TOGETHER: Final = 256
#: No metric looks at more places of a ranking.
_PLACES: Final = 5

_Late = tuple[Collection[Name], Collection[Name], Collection[Name] | Mapping[Name, bool]]


class Score:
    """Metrics over all rows with labels, and over the last 1,000 of them; conventions as in `Metrics`.

    Each part of a truth that comes in parts is scored as a row of its own: the cells that it tells.

    Parameters
    ----------
    most_labels
        So many labels are counted one by one. Of more, those that were silent longest are closed: they stay in the
        averages, and would count as other labels if they came back.

    Examples
    --------
    >>> score = Score()
    >>> score.update_late(["red"], ["red", "round"], {"red", "round"})
    >>> score.update_late(["red"], ["red"], {"red": True})
    >>> summary = score.summary()
    >>> summary["micro_f1"], summary["subset_accuracy"], summary["window_p_at_1"]
    (0.8, 0.5, 1.0)
    """

    def __init__(self, most_labels: int = MOST_LABELS) -> None:
        if most_labels < 1:
            raise ValueError(f"most_labels must be at least 1, found {most_labels!r}")
        self.most_labels = most_labels
        self._metrics = Metrics(window=WINDOW)
        self._late: list[_Late] = []

    def update(self, batch: Batch, predictions: Predictions) -> None:
        """Score what was predicted for the rows of `batch` before they were learned; rows without labels are not scored.

        Raises
        ------
        ValueError
            If the numbers of rows differ.
        """
        if len(predictions) != len(batch):
            raise ValueError(f"{len(predictions)} predictions for {len(batch)} rows")
        self._settle()
        self._add(batch, predictions)

    def update_late(self, labels: Collection[Name], top: Collection[Name], y: Collection[Name] | Mapping[Name, bool]) -> None:
        """Score what was predicted for a row when it came.

        Parameters
        ----------
        labels, top
            The label set, and the best labels, best first, by name.
        y
            The labels that hold; or label -> whether it holds, others are unknown.
        """
        self._late.append((labels, top, y))
        if len(self._late) >= _TOGETHER:
            self._settle()

    def summary(self) -> dict[str, float]:
        """Return `ihomer.evaluation.measures.HEADLINE` over all rows, and as ``window_...`` over the last; NaN without rows."""
        self._settle()
        whole, last = self._metrics.cumulative(), self._metrics.windowed()
        return {name: whole[name] for name in measures.HEADLINE} | {f"window_{name}": last[name] for name in measures.HEADLINE}

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        self._settle()
        return self._metrics.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Become, to the bit, what `state` was taken from."""
        self._late.clear()
        self._metrics.restore(state)

    def _settle(self) -> None:
        """Score the rows with late labels that are left."""
        if self._late:
            late, self._late = self._late, []
            start = 0
            while start < len(late):  # retiring labels changes the ids, so ids are asked for after it
                stop = min(len(late), start + _EVERY - self._metrics.rows % _EVERY)
                self._add(*_block(late[start:stop], self._metrics.vocabulary))
                start = stop

    def _add(self, batch: Batch, predictions: Predictions) -> None:
        """Score rows, and look at fixed rows whether there are too many labels."""
        start, n = 0, len(batch)
        while start < n:
            stop = min(n, start + _EVERY - self._metrics.rows % _EVERY)
            if stop - start == n:
                self._metrics.update(batch, predictions)
            else:
                self._metrics.update(batch.slice(start, stop), _piece(predictions, start, stop))
            if self._metrics.rows % _EVERY == 0:
                self._metrics.retire(self.most_labels)
            start = stop


def _piece(predictions: Predictions, start: int, stop: int) -> Predictions:
    indptr = predictions.indptr
    first, last = int(indptr[start]), int(indptr[stop])
    return Predictions(
        predictions.labels,
        indptr[start : stop + 1] - first,
        predictions.indices[first:last],
        predictions.top_ids[start:stop],
        predictions.top_scores[start:stop],
    )


def _block(late: list[_Late], vocabulary: Vocabulary) -> tuple[Batch, Predictions]:
    """Return rows given by names as blocks of ids of `vocabulary`, which gets the names that are new."""
    n, ids = len(late), vocabulary.ids
    held: list[int] = []
    known: list[int] = []
    sets: list[int] = []
    ends = np.zeros((3, n + 1), np.int64)  # of held, known and sets
    status = np.full(n, COMPLETE, np.uint8)
    top_ids = np.full((n, _PLACES), -1, np.int32)
    for i, (labels, top, y) in enumerate(late):
        # Sorted, here and below: the order of a set follows the hash seed of the process, and a state must not.
        for name in sorted({name for names in (y, labels, top) for name in names if name not in ids}, key=sort_key):
            vocabulary.add(name)
        if isinstance(y, Mapping):
            status[i] = PARTIAL
            known += sorted([ids[name] for name in y])
            held += sorted([ids[name] for name, holds in y.items() if holds])
        else:
            held += sorted([ids[name] for name in y])
        sets += sorted([ids[name] for name in labels])
        best = [ids[name] for name in top][:_PLACES]
        top_ids[i, : len(best)] = best
        ends[:, i + 1] = len(held), len(known), len(sets)
    nothing, no_features = np.zeros(0, np.int32), np.zeros(n + 1, np.int64)
    batch = Batch(
        Vocabulary(), vocabulary, no_features, nothing, np.zeros(0, np.float32), ends[0], np.array(held, np.int32), status,
        known_indptr=ends[1], known_indices=np.array(known, np.int32),
    )  # fmt: skip
    scores = np.zeros((n, _PLACES), np.float32)
    return batch, Predictions(vocabulary, ends[2], np.array(sets, np.int32), top_ids, scores)
