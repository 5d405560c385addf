"""What a model says of the labels of rows: a probability of each, or of the best where there are too many labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from ihomer.rows import Rows, chained

_Ints = npt.NDArray[np.int32]
_Longs = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float32]
_Doubles = npt.NDArray[np.float64]
#: Label sets in CSR: int64 (n + 1,), int32, ids ascending within a row.
Sets = tuple[_Longs, _Ints]


class Deciding(Protocol):
    """Makes label sets of probabilities, see `ihomer.decision.threshold.Decision`."""

    def block(self, p: _Floats, rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of rows; `p` is float32 (n, labels)."""


class Probabilities(Protocol):
    """Probabilities of the labels of n rows."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def slice(self, start: int, stop: int) -> Self:
        """Return those of the rows from `start` up to `stop`."""

    def top(self, limits: _Ints, k: int) -> tuple[_Ints, _Floats]:
        """Return the `k` best labels of each row and their probabilities, int32 and float32 (n, k).

        Best first, ties by smaller id; -1 and 0 where there are fewer. Row i has the labels below limits[i].
        """

    def sets(self, decision: Deciding, rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets that `decision` makes of them; with `learn` each row teaches it after it."""

    def of_row(self, i: int) -> dict[int, float]:
        """Return label -> probability of row i: of all labels, or of those there is a probability of."""

    def group_losses(self, rows: Rows, cluster_of: _Ints, sizes: _Longs, sets: Sets) -> tuple[_Longs, _Doubles]:
        """Return what the monitors of model, clusters and structure watch: slots and losses.

        See `ihomer.kernels.losses.group_losses`; `sizes` is how many labels each cluster has.
        """

    def of_held(self, rows: Rows) -> _Floats:
        """Return the probability of every label that holds, float32, in the order of the rows' labels."""


@dataclass(slots=True, frozen=True, eq=False)
class Whole:
    """A probability of every label: float32 (n, L)."""

    p: _Floats

    def __len__(self) -> int:
        return len(self.p)

    def slice(self, start: int, stop: int) -> Whole:
        """Return those of the rows from `start` up to `stop`."""
        return Whole(self.p[start:stop])

    def top(self, limits: _Ints, k: int) -> tuple[_Ints, _Floats]:
        """See `Probabilities`."""
        from ihomer.kernels.decide import top_block

        ids, scores = np.empty((len(self.p), k), np.int32), np.empty((len(self.p), k), np.float32)
        if k:
            top_block(self.p, limits, ids, scores)
        return ids, scores

    def sets(self, decision: Deciding, rows: Rows, *, learn: bool) -> Sets:
        """See `Probabilities`."""
        return decision.block(self.p, rows, learn=learn)

    def of_row(self, i: int) -> dict[int, float]:
        """Return label -> probability of row i, of all labels."""
        return dict(enumerate(self.p[i].tolist()))

    def group_losses(self, rows: Rows, cluster_of: _Ints, sizes: _Longs, sets: Sets) -> tuple[_Longs, _Doubles]:
        """See `Probabilities`."""
        from ihomer.kernels.losses import group_losses

        room = len(rows) * (2 * len(sizes) + 1)
        slots, losses = np.empty(room, np.int64), np.empty(room)
        n = group_losses(
            self.p, rows.label_indptr, rows.label_indices, rows.status, rows.limits, cluster_of, sizes, *sets,
            np.empty((len(sizes) + 1, 3)), slots, losses,
        )  # fmt: skip
        return slots[:n], losses[:n]

    def of_held(self, rows: Rows) -> _Floats:
        """See `Probabilities`; 0 of labels that are newer than the probabilities."""
        labels = rows.label_indices[rows.label_indptr[0] : rows.label_indptr[-1]]
        at = np.repeat(np.arange(len(rows)), np.diff(rows.label_indptr))
        return self.p[at, labels]


@dataclass(slots=True, frozen=True, eq=False)
class Best:
    """Probabilities of the best labels of each row; that of every other label counts as 0.

    Parameters
    ----------
    ids
        int32 (n, k): best first, -1 where there are fewer.
    p
        float32 (n, k): their probabilities, falling; 0 where there are fewer.
    weights
        float32 (n, k): what a list of the best multiplies their probabilities by; None: it takes them as they are.

    Examples
    --------
    >>> best = Best(np.array([[7, 2], [5, -1]], np.int32), np.array([[0.9, 0.4], [0.6, 0.0]], np.float32))
    >>> best.of_row(1), best.top(np.array([8, 8, 8], np.int32), 1)[0].tolist()
    ({5: 0.6000000238418579}, [[7], [5]])
    """

    ids: _Ints
    p: _Floats
    weights: _Floats | None = None

    def __len__(self) -> int:
        return len(self.p)

    def slice(self, start: int, stop: int) -> Best:
        """Return those of the rows from `start` up to `stop`."""
        return Best(self.ids[start:stop], self.p[start:stop], None if self.weights is None else self.weights[start:stop])

    def top(self, limits: _Ints, k: int) -> tuple[_Ints, _Floats]:  # noqa: ARG002 - none is beyond its limit
        """See `Probabilities`; no more than there are probabilities of."""
        ids, p = self.ids, self.p
        if self.weights is not None:
            order = np.argsort(-p * self.weights, axis=1, kind="stable")  # what is not there has probability 0: it stays last
            ids, p = np.take_along_axis(ids, order, axis=1), np.take_along_axis(p, order, axis=1)
        room = ((0, 0), (0, max(k - p.shape[1], 0)))
        return np.pad(ids[:, :k], room, constant_values=-1), np.pad(p[:, :k], room)

    def sets(self, decision: Deciding, rows: Rows, *, learn: bool) -> Sets:
        """See `Probabilities`: `decision` sees the places among the best as labels, so it must keep nothing of any one."""
        from ihomer.kernels.kept import labels_at

        indptr, places = decision.block(self.p, self._ranked(rows), learn=learn)
        labels = np.empty_like(places)
        labels_at(self.ids, indptr, places, labels)
        return indptr, labels

    def _ranked(self, rows: Rows) -> Rows:
        """Return the rows with their labels numbered by their places among the best."""
        from ihomer.kernels.kept import rank_rows

        label_indptr, known_indptr = (indptr - indptr[0] for indptr in (rows.label_indptr, rows.known_indptr))
        labels, known = np.empty(label_indptr[-1], np.int32), np.empty(known_indptr[-1], np.int32)
        rank_rows(
            self.ids, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, labels, known,
        )  # fmt: skip
        limits = np.count_nonzero(self.ids >= 0, axis=1).astype(np.int32)
        return replace(
            rows,
            label_indptr=label_indptr,
            label_indices=labels,
            known_indptr=known_indptr,
            known_indices=known,
            limits=np.append(limits, limits[-1:]),
            n_labels=self.p.shape[1] + int(max(np.diff(label_indptr).max(initial=0), np.diff(known_indptr).max(initial=0))),
        )

    def of_row(self, i: int) -> dict[int, float]:
        """Return label -> probability of the best of row i."""
        n = int(np.count_nonzero(self.ids[i] >= 0))
        return dict(zip(self.ids[i, :n].tolist(), self.p[i, :n].tolist(), strict=True))

    def group_losses(self, rows: Rows, cluster_of: _Ints, sizes: _Longs, sets: Sets) -> tuple[_Longs, _Doubles]:
        """See `Probabilities`."""
        from ihomer.kernels.kept import kept_group_losses

        longest = self.p.shape[1] + int(np.diff(rows.label_indptr).max(initial=0))
        room = len(rows) * (2 * min(len(sizes), longest) + 1)
        slots, losses = np.empty(room, np.int64), np.empty(room)
        n = kept_group_losses(
            self.ids, self.p, rows.label_indptr, rows.label_indices, rows.status, rows.limits, cluster_of, sizes, *sets,
            np.empty((len(sizes), 3)), np.zeros(len(sizes), np.int64), np.empty(len(sizes), np.int64), slots, losses,
        )  # fmt: skip
        return slots[:n], losses[:n]

    def of_held(self, rows: Rows) -> _Floats:
        """See `Probabilities`."""
        from ihomer.kernels.kept import said_of_held

        said = np.empty(int(rows.label_indptr[-1] - rows.label_indptr[0]), np.float32)
        said_of_held(self.ids, self.p, rows.label_indptr, rows.label_indices, said)
        return said


def joined(parts: Sequence[Probabilities], n_labels: int) -> Probabilities:
    """Return those of blocks of rows that follow one another as one.

    Parameters
    ----------
    parts
        All of one kind.
    n_labels
        The label space after the last row: a label has the probability 0 in rows before it entered.
    """
    if isinstance(parts[0], Best):
        best = [part for part in parts if isinstance(part, Best)]
        weights = [part.weights for part in best if part.weights is not None]
        return Best(
            np.concatenate([part.ids for part in best]),
            np.concatenate([part.p for part in best]),
            np.concatenate(weights) if weights else None,
        )
    p = np.zeros((sum(map(len, parts)), n_labels), np.float32)
    start = 0
    for part in parts:
        assert isinstance(part, Whole)
        p[start : start + len(part), : part.p.shape[1]] = part.p
        start += len(part)
    return Whole(p)


@dataclass(slots=True, frozen=True, eq=False)
class Scored:
    """What a model says of n rows: probabilities, and label sets in CSR."""

    said: Probabilities
    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]


def joined_scores(parts: Sequence[Scored], n_labels: int) -> Scored:
    """Return what was said of blocks of rows that follow one another as one; see `joined`."""
    sets = chained([(part.indptr, part.indices) for part in parts])
    return Scored(joined([part.said for part in parts], n_labels), *sets)
