"""DenseLabels: a vector for each of very many labels of dense rows; a row costs about the root of how many there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.dense_labels import HELD_BEFORE, N_WEIGHTS, score_labels
from ihomer.kernels.dense_labels_block import dense_block
from ihomer.kernels.feature_counts import HELD
from ihomer.kernels.lanes import padded
from ihomer.kernels.slot_index import LOG_HELD, N_ROWS, SQUARES
from ihomer.learners.cells import Cells, wider
from ihomer.learners.dense_memory import NEAR_ROWS, DenseMemory
from ihomer.learners.label_shares import NONE_RETURN, recall_share, shares_of
from ihomer.rows import Rows

_Ints = npt.NDArray[np.int64]
_Labels = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]

#: A row is compared with the labels of so many cells: with 100,000 labels about one in forty of them.
PROBES = 32
#: So many of the best labels of a row are learned from, and known to whoever asks.
SHORT = 64
#: The most frequent labels are thought of in every row: so many.
FREQUENT = 20
#: Weights of the evidence to begin with: product, prior, held in the row before, constant.
FIRST_SHARED = (8.0, 1.0, 0.1, 0.0)
#: Sums of squares to begin with: of the shared weights' gradients, of a label's errors.
FIRST_GRADIENT, FIRST_SQUARES = 1.0, np.float32(0.3)
_LOG_HALF = float(np.log(np.float32(0.5)))


class DenseLabels:
    """Log-odds of the best labels of dense rows: a learned vector of each label, compared with rows near it alone.

    The score of a label is a bias and a combination, learned by all labels together, of the product of its vector and
    the row, the log of its prior, whether it held in the row before, and 1. The labels stand in cells of similar
    vectors (`ihomer.learners.cells`); candidates are the members of the `PROBES` cells whose centres are most similar to
    the row, the labels of the 32 nearest of the last 16,384 rows (`ihomer.learners.dense_memory`), the 20 most frequent
    ones and those of the previous row. A cell has room for about root(L / 6) of L labels, so a row costs O(root(L)) products.

    The best `SHORT` candidates and the labels that hold learn from the row, unless their probability is wrong by less
    than .02: vectors, biases and combination by AdaGrad (Duchi, Hazan & Singer 2011), with one sum of squares a label.
    So the vector of a label begins as the first row with it, and moves away from the rows of the labels that it is taken for.

    Sums of squares fade by 1 / 16,384 a step. A label not known in a row keeps its counts, vector and bias.

    Parameters
    ----------
    probes
        Cells that a row is compared with, at least 1; with as many as there are all labels are scored.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> pairs = [({"x": 1.0, "y": 0.5}, {"a"}), ({"x": -1.0, "y": 0.5}, {"b"})] * 20
    >>> rows = Door().learned(Batch.from_pairs(pairs))
    >>> ids, scores, _ = DenseLabels().best(rows, 2, learn=True)
    >>> ids[-2:].tolist(), (scores[-2:] > 0).tolist()
    ([[0, 1], [1, 0]], [[True, False], [True, False]])
    """

    def __init__(self, *, probes: int = PROBES) -> None:
        self.probes = probes
        self.n_features = 0
        self.n_labels = 0
        self.vectors = np.zeros((0, padded(0)), np.float32)
        self.traits = np.zeros((0, 3), np.float32)
        self.cells = Cells()
        self.counts = np.zeros((2, 0), np.float64)
        self.rows = np.zeros(2, np.float64)
        self.shared = np.array([FIRST_SHARED, (FIRST_GRADIENT,) * N_WEIGHTS])
        self.frequent = np.full(FREQUENT, -1, np.int32)
        self.previous = np.zeros(0, np.int32)
        self.cardinality = np.zeros(2)
        self.place, self.marks = np.zeros(0, np.int32), np.zeros(0, np.uint8)
        self.memory = DenseMemory()

    def best(
        self, rows: Rows, k: int, *, tail: bool = False, learn: bool, returning: npt.NDArray[np.float64] = NONE_RETURN
    ) -> tuple[_Labels, _Floats, _Floats]:
        """Return the best candidates of each row before it is learned (if `learn`): see `SlotIndex.best`."""
        n = len(rows)
        ids, scores = np.full((n, k), -1, np.int32), np.zeros((n, k), np.float32)
        weights = np.zeros((n, k if tail else 0), np.float32)
        self._grow(rows, learn=learn)
        x = self._dense(rows)
        longest = int(np.diff(rows.label_indptr).max(initial=0))
        room, guests = SHORT + longest, FREQUENT + max(longest, len(self.previous)) + NEAR_ROWS * self.memory.sets.shape[1]
        scratch = (
            np.empty(self.probes, np.float32), np.zeros(self.probes, np.int32), np.empty(SHORT, np.int32),
            np.empty((SHORT, 2), np.float32), np.empty(room, np.int32), np.empty((N_ROWS, room), np.float32),
            np.empty(N_WEIGHTS), np.empty(N_WEIGHTS, np.float32),
        )  # fmt: skip
        start = 0
        while start < n:
            stop = dense_block(  # type: ignore[call-arg]
                x, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
                returning, start, self.vectors, self.traits, *self.cells.arrays, self.counts, self.rows, self.shared,
                self.frequent, self.previous, *self.memory.arrays, *self.memory.scratch(), self.place, self.marks,
                np.empty(guests, np.int32), self.cardinality, np.zeros(len(self.cells.sizes), np.bool_), *scratch, learn, ids,
                scores, weights,
            )  # fmt: skip
            if learn:
                self._remember(rows, start, stop)
            if stop < n:
                self.cells.more(2 * longest)
                self.memory.cells.more(1)
            start = stop
        return ids, scores, weights

    def score(self, rows: Rows) -> _Floats:
        """Return log-odds, float32 (n, n_labels), of all labels of rows that follow the last one: for people to look at."""
        self._grow(rows, learn=False)
        out = np.zeros((len(rows), rows.n_labels), np.float32)
        marks = np.zeros(len(self.place), np.uint8)
        marks[self.previous] = HELD_BEFORE
        score_labels(
            self._dense(rows), rows.limits, marks, self.counts, self.rows, np.float32(-1), self.vectors, self.traits,
            self.shared[0].astype(np.float32), out,
        )  # fmt: skip
        return out

    def _grow(self, rows: Rows, *, learn: bool) -> None:
        """Make room for the labels of the rows, and for their features if they are learned."""
        n = rows.n_labels
        self.counts, self.place, self.marks = grown(self.counts, (2, n)), grown(self.place, (n,)), grown(self.marks, (n,))
        before = len(self.traits)
        if n > before:
            self.traits = grown(self.traits, (n, 3))
            self.traits[before:, SQUARES] = FIRST_SQUARES
            self.traits[before:, LOG_HELD] = _LOG_HALF
        columns = self.vectors.shape[1]
        if learn:
            self.n_labels = max(self.n_labels, n)
            ids = rows.indices[rows.indptr[0] : rows.indptr[-1]]
            self.n_features = max(self.n_features, int(ids.max(initial=-1)) + 1)
            columns = max(columns, padded(self.n_features))
        self.vectors = grown(wider(self.vectors, columns), (n, columns))
        held = np.diff(rows.label_indptr) if learn else np.zeros(0, np.int64)
        self.cells.make_room(n, columns, int(held.sum()))
        self.memory.make_room(len(held), columns, int(held.max(initial=0)))

    def _dense(self, rows: Rows) -> _Floats:
        """Return the rows as a table, float32 (n, D); features that were never learned are left out."""
        x = np.zeros((len(rows), self.vectors.shape[1]), np.float32)
        entries = slice(int(rows.indptr[0]), int(rows.indptr[-1]))
        columns, row = rows.indices[entries], np.repeat(np.arange(len(rows)), np.diff(rows.indptr))
        known = columns < self.n_features
        x[row[known], columns[known]] = rows.values[entries][known]
        return x

    def _remember(self, rows: Rows, start: int, stop: int) -> None:
        """Keep the labels of the last labelled one of the rows start..stop - 1."""
        labelled = np.flatnonzero(rows.status[start:stop])
        if len(labelled):
            i = start + int(labelled[-1])
            self.previous = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].copy()

    # ------------------------------------------------------------------ the contract of `SlotIndex`

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; nothing learned is forgotten."""
        if labels is None:
            self.traits[:, SQUARES] = FIRST_SQUARES
            self.shared[1] = FIRST_GRADIENT
        else:
            self.traits[labels, SQUARES] = FIRST_SQUARES

    def keep(self, positions: _Ints) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        becomes = np.full(max(len(self.place), 1), -1, np.int32)
        becomes[positions] = np.arange(len(positions))
        self.frequent = np.where(self.frequent < 0, np.int32(-1), becomes[self.frequent])
        self.previous = becomes[self.previous]
        self.previous = self.previous[self.previous >= 0]
        self.counts, self.traits = np.ascontiguousarray(self.counts[:, positions]), self.traits[positions]
        self.cells.keep(positions, self.vectors)
        self.vectors = self.vectors[positions]  # without room to grow: it is most of what there is
        self.memory.keep(becomes)
        self.place, self.marks = np.zeros(len(positions), np.int32), np.zeros(len(positions), np.uint8)
        self.n_labels = len(positions)

    def keep_features(self, positions: _Ints) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        mine = positions[positions < self.n_features]
        columns = padded(len(mine))
        self.vectors = wider(np.ascontiguousarray(self.vectors[:, mine]), columns)
        self.cells.keep_columns(mine, columns)
        self.memory.keep_columns(mine, columns)
        self.n_features = len(mine)

    def shares(self, labels: _Ints) -> npt.NDArray[np.float64]:
        """Return the share of rows, of those in which it was known, in which each label held."""
        return shares_of(self.counts, self.rows, labels)

    def recall(self, label: int, share: float) -> None:
        """Give a label that came back its prior: let it have held in this share of the rows before."""
        recall_share(self.counts, self.rows, label, share)
        self.traits[label, LOG_HELD] = np.log(np.float32(self.counts[HELD, label] + 0.5))

    def shed(self) -> bool:
        """Forget the rows in memory, and remember fewer from now on; return whether there were any."""
        return self.memory.shed()

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, with the cells there are."""
        columns, memory = padded(n_features), self.memory.needed(padded(self.n_features))
        return n_labels * (4 * columns + 33) + self.cells.needed(n_labels, columns) + memory

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included: of each label 45 and 4 a feature (rounded up to 32), cells, rows in memory."""
        arrays = (
            self.vectors, self.traits, self.counts, self.place, self.marks, self.shared, self.frequent, self.previous,
        )  # fmt: skip
        return sum(array.nbytes for array in arrays) + self.cells.n_bytes + self.memory.n_bytes

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - counts its own
        """Return everything that was learned as plain values and arrays."""
        n = self.n_labels
        return {
            "n_features": self.n_features,
            "vectors": used(self.vectors, n, self.n_features),
            "traits": used(self.traits, n, 3),
            "cells": self.cells.state(n),
            "memory": self.memory.state(self.n_features),
            "counts": used(self.counts, 2, n),
            "rows": self.rows.copy(),
            "shared": self.shared.copy(),
            "frequent": self.frequent.copy(),
            "previous": self.previous.copy(),
            "cardinality": self.cardinality.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name in ("n_features", "traits", "counts", "rows", "shared", "frequent", "previous", "cardinality"):
            setattr(self, name, state[name])
        self.n_labels = len(self.traits)
        self.vectors = wider(state["vectors"], padded(self.n_features))
        self.place, self.marks = np.zeros(self.n_labels, np.int32), np.zeros(self.n_labels, np.uint8)
        self.cells.restore(state["cells"])
        self.memory.restore(state["memory"], padded(self.n_features))
