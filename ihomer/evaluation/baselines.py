"""Trivial baselines that no learner should lose to: no-change, majority label set, label prior."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ihomer.evaluation.labels import MetIds
from ihomer.evaluation.tallies import taller
from ihomer.kernels import baselines as kernels
from ihomer.predictions import Predictions

if TYPE_CHECKING:
    from streams.batch import Batch

#: Labels ranked per row, as many as models give.
TOP: Final = 5
#: Label sets counted by MajoritySet, a power of two: 1 MB. Half as many are held; a stream with more distinct
#: ones loses at most (rows / half of it) of each count.
TABLE_SIZE: Final = 1 << 16

Ints = npt.NDArray[np.int32]
#: Label offsets and ids, known offsets and ids, status: the truth of a batch as kernels want it.
Truth = tuple[npt.NDArray[np.int64], Ints, npt.NDArray[np.int64], Ints, npt.NDArray[np.uint8]]


class Baseline(abc.ABC):
    """Predicts from earlier label sets alone. Ids are those of the stream's own label vocabulary.

    `predict_learn_many` predicts each row before it learns it; n rows at once give what n calls give.
    """

    def __init__(self) -> None:
        self._state = np.zeros(3, np.int64)
        self._current = np.empty(0, np.int32)

    def predict_learn_many(self, batch: Batch) -> Predictions:
        """Predict each row, then learn it."""
        self._make_room(batch)
        n = len(batch)
        truth = _truth(batch)
        out = np.empty(2 * len(batch.label_indices) + n + int(self._state[kernels.SIZE]), np.int32)
        indptr, top = np.zeros(n + 1, np.int64), np.empty((n, TOP), np.int32)
        row = self._run(0, truth, out, indptr, top)
        while row < n:
            out = np.concatenate((out, np.empty(len(out) + int(self._state[kernels.SIZE]), np.int32)))
            row = self._run(row, truth, out, indptr, top)
        return Predictions(batch.labels, indptr, out[: indptr[n]], top, (top >= 0).astype(np.float32))

    def predict_many(self, batch: Batch) -> Predictions:
        """Predict each row; nothing is learned."""
        n, size = len(batch), int(self._state[kernels.SIZE])
        ranked = self._ranked()[:TOP]
        top = np.full((n, TOP), -1, np.int32)
        top[:, : len(ranked)] = ranked
        indptr = np.arange(n + 1, dtype=np.int64) * size
        return Predictions(batch.labels, indptr, np.tile(self._set(), n), top, (top >= 0).astype(np.float32))

    def learn_many(self, batch: Batch) -> None:
        """Learn each row."""
        self.predict_learn_many(batch)

    def _set(self) -> Ints:
        """Return the label set that is predicted now."""
        return self._current[: self._state[kernels.SIZE]]

    def _ranked(self) -> Ints:
        return self._set()

    def _make_room(self, batch: Batch) -> None:
        """Make room for what the rows of `batch` can bring."""
        self._current = taller(self._current, int(self._state[kernels.SIZE]) + len(batch.label_indices))

    @abc.abstractmethod
    def _run(self, first: int, truth: Truth, out: Ints, indptr: npt.NDArray[np.int64], top: Ints) -> int:
        """Predict and learn rows from `first` on; return the row for which `out` has no room, or their number."""


class NoChange(Baseline):
    """The label set revealed last; of a partial row only what is known of it replaces what was.

    Its ranking is that set, by id.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"a"}), ({}, {"b", "c"}), ({}, {"b": False}), ({}, set())])
    >>> predictions = NoChange().predict_learn_many(batch)
    >>> [sorted(predictions.label_set(i)) for i in range(4)]
    [[], ['a'], ['b', 'c'], ['c']]
    """

    def __init__(self) -> None:
        super().__init__()
        self._scratch = np.empty(0, np.int32)

    def _make_room(self, batch: Batch) -> None:
        super()._make_room(batch)
        self._scratch = taller(self._scratch, len(self._current))

    def _run(self, first: int, truth: Truth, out: Ints, indptr: npt.NDArray[np.int64], top: Ints) -> int:
        return int(
            kernels.no_change(first, *truth, self._state, self._current, self._scratch, out, indptr, top)
        )


class MajoritySet(Baseline):
    """The label set met most often so far, of equals the one that got there first; complete rows only.

    Its ranking is that set, by id. Counts are kept of a bounded number of label sets (Misra & Gries, Finding
    repeated elements, 1982).

    Parameters
    ----------
    table_size
        A power of two; half as many label sets are counted.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"a"}), ({}, {"b"}), ({}, {"b"}), ({}, set())])
    >>> predictions = MajoritySet().predict_learn_many(batch)
    >>> [sorted(predictions.label_set(i)) for i in range(4)]
    [[], ['a'], ['a'], ['b']]
    """

    def __init__(self, table_size: int = TABLE_SIZE) -> None:
        super().__init__()
        self._keys, self._counts = np.zeros(table_size, np.uint64), np.zeros(table_size, np.int64)

    def _run(self, first: int, truth: Truth, out: Ints, indptr: npt.NDArray[np.int64], top: Ints) -> int:
        label_indptr, label_ids, _, _, status = truth
        return int(
            kernels.majority_set(
                first, label_indptr, label_ids, status,
                self._state, self._current, self._keys, self._counts, out, indptr, top,
            )
        )  # fmt: skip


class LabelPrior(Baseline):
    """Each label that held in more than half of the rows so far in which it was known.

    Its ranking is by the number of rows in which a label held, ties by smaller id.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({}, {"a"}), ({}, {"a", "b"}), ({}, {"b"}), ({}, {"b"})])
    >>> predictions = LabelPrior().predict_learn_many(batch)
    >>> [sorted(predictions.label_set(i)) for i in range(4)]
    [[], ['a'], ['a'], ['a', 'b']]
    """

    def __init__(self) -> None:
        super().__init__()
        self._met = MetIds()  # the arrays are by the places of ids in it
        self._held = self._known = np.empty(0, np.int64)
        self._inside = np.empty(0, np.uint8)
        self._best = np.full(TOP, -1, np.int32)

    def _set(self) -> Ints:
        return self._met.ids[super()._set()]

    def _ranked(self) -> Ints:
        return self._met.ids[self._best[self._best >= 0]]

    def _make_room(self, batch: Batch) -> None:
        super()._make_room(batch)
        before = self._met.ids
        self._insert(self._met.add(batch.label_indices))
        if batch.known_indices is not None:
            self._insert(self._met.add(batch.known_indices))
        if self._met.ids is before:
            return
        moved = np.append(self._met.places(before), np.int32(-1))  # the last entry is what -1 finds
        self._best = moved[self._best]
        size = self._state[kernels.SIZE]
        self._current[:size] = moved[self._current[:size]]

    def _insert(self, at: npt.NDArray[np.int64]) -> None:
        if len(at):
            self._held, self._known = np.insert(self._held, at, 0), np.insert(self._known, at, 0)
            self._inside = np.insert(self._inside, at, 0)

    def _run(self, first: int, truth: Truth, out: Ints, indptr: npt.NDArray[np.int64], top: Ints) -> int:
        label_indptr, label_ids, known_indptr, known_ids, status = truth
        places, known_places = self._met.places(label_ids), self._met.places(known_ids)
        row = int(
            kernels.label_prior(
                first, label_indptr, places, known_indptr, known_places, status,
                self._state, self._current, self._held, self._known, self._inside, self._best, out, indptr, top,
            )
        )  # fmt: skip
        done = slice(indptr[first], indptr[row])
        out[done] = self._met.ids[out[done]]
        ids = np.append(self._met.ids, np.int32(-1))
        top[first:row] = ids[top[first:row]]
        return row


def baselines() -> dict[str, Baseline]:
    """Return fresh baselines by the names that reports give them."""
    return {"no_change": NoChange(), "majority_label_set": MajoritySet(), "label_prior": LabelPrior()}


def _truth(batch: Batch) -> Truth:
    known_indptr, known_ids = batch.known_indptr, batch.known_indices
    if known_indptr is None or known_ids is None:
        known_indptr, known_ids = np.zeros(len(batch) + 1, np.int64), np.empty(0, np.int32)
    arrays = (batch.label_indptr, batch.label_indices, known_indptr, known_ids, batch.status)
    return tuple(a if a.flags.c_contiguous and a.flags.writeable else a.copy() for a in arrays)  # type: ignore[return-value]
