"""SlotIndex: a bounded index from features to labels, with learned weights; a row costs what it touches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used
from ihomer.kernels.feature_counts import END, FIRST_QUALITY, HELD, NEEDED, ROOM, START, USED
from ihomer.kernels.slot_index import COUNT, CURVATURE, LABEL, LOG_HELD, N_ROWS, N_SHARED, SQUARES
from ihomer.kernels.slot_index_block import slot_block
from ihomer.kernels.slot_index_pool import HOLES, N_SIZES, copy_lines, rooms_for
from ihomer.learners.label_shares import NONE_RETURN, recall_share, shares_of
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

_Ints = npt.NDArray[np.int64]
_Labels = npt.NDArray[np.int32]
_Floats = npt.NDArray[np.float32]
_Doubles = npt.NDArray[np.float64]
_Scratch = tuple[
    _Labels, _Floats, npt.NDArray[np.uint32], _Floats, _Floats, _Labels, _Ints, _Floats, npt.NDArray[np.float64],
    _Floats,
]  # fmt: skip

#: Labels kept of a feature: enough for real data; what is dropped is what the feature says least of.
SLOTS = 64
#: The most frequent labels are thought of in every row, whatever it touches: so many.
FREQUENT = 20
#: Weights of the evidence to begin with, in the order of `ihomer.kernels.slot_index`. Where a label's largest share
#: and mean share are .5, they add up to log-odds of about 0.
FIRST_SHARED = (0.5, 0.2, 0.3, 0.5, 0.1, 1.0, -3.6, 1.0, 0.0, 0.0)
#: Sums of squares to begin with: of the shared weights' gradients, of a label's errors.
FIRST_GRADIENT, FIRST_SQUARES = 1.0, 0.01
#: Scores are cut here: the stack is no surer than that, either.
CLIP = np.float32(7)
#: After a reopening, features count as if seen in at most so many rows: as fast as qualities follow.
REOPENED = np.float32(100)
_LOG_HALF = float(np.log(np.float32(0.5)))


class SlotIndex:
    """One score of each label from the slots of the row's features: counts, learned weights, learned combination.

    Every feature f has up to `slots` slots, each with a label, the rows c that had both, a weight w and its curvature h.
    The labels in the slots of a row's features, the 20 most frequent ones and those of the previous row are its
    candidates. A candidate's score is a bias and a combination, learned by all labels together, of

        log(1 + rel / .003), log(1 + top / .003), the log of its prior, whether it held in the previous row, pmi, rel, 1,
        the sum of v_f w, how new the label is (1 / (rows in which it held + .5)), and that times the sum

    where share_f = c / (n_f + 1), rel is the mean of the shares weighted by v_f^2 q_f (q_f: how well f foretold labels
    so far), top is the largest of them, and pmi = sum of v_f max(0, log share_f - log prior). All other labels get
    bias, prior and constant alone. Weights: h += max(|e| (1 - |e|), .05) v^2, w += e v / (h + g) for the error e of the
    probability; bias and combination: AdaGrad (Duchi, Hazan & Singer 2011). A full line gives up the slot with the
    least excess of its count over what its label's frequency explains.

    Finding, scoring and learning the candidates costs the slots of the row's features, whatever the number of labels;
    only spreading the scores over all of them, as the stack wants it, is one pass over the labels.

    Nothing wears out: after 16,384 rows of a feature its counts and curvatures are halved, and the sums of squares
    fade by 1 / 16,384 a step. A label not known in a row keeps its counts, its weights and its bias.

    It has nothing to say of dense streams, where every feature holds every label; all scores are 0 there.

    Parameters
    ----------
    slots
        Most labels of a feature, at least 1; `shorten` makes it fewer.
    g
        Regulariser of the weights' steps: the larger, the smaller the first ones.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> pairs = [({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"})] * 20
    >>> rows = Door().learned(Batch.from_pairs(pairs))
    >>> scores = SlotIndex().block(Views(rows, rows, dense=False), learn=True)
    >>> scores[0, -2:].round(1)  # of a row with "x" and one with "y", for "a" and "b"
    array([[ 4.4, -3.9],
           [-3.9,  4.4]], dtype=float32)
    """

    n_scores = 1

    def __init__(self, *, slots: int = SLOTS, g: float = 0.3) -> None:
        self.slots = slots
        self.g = g
        self.first_weights: npt.NDArray[np.float64] = np.array([0.7])
        self.n_features = 0
        self.n_labels = 0
        self.seen = np.zeros(0, np.float32)
        self.quality = np.zeros(0, np.float32)
        self.lines = np.zeros((0, 3), np.int32)
        self.cells = np.zeros((0, 4), np.float32)
        self.pool_ends = np.zeros(HOLES + N_SIZES, np.int64)
        self.counts = np.zeros((2, 0), np.float64)
        self.rows = np.zeros(2, np.float64)
        self.traits = np.zeros((0, 3), np.float32)
        self.place = np.zeros(0, np.int32)
        self.shared = np.array([FIRST_SHARED, (FIRST_GRADIENT,) * N_SHARED])
        self.frequent = np.full(FREQUENT, -1, np.int32)
        self.previous = np.zeros(0, np.int32)
        self.cardinality = np.zeros(2)

    def block(self, views: Views, *, learn: bool) -> _Floats:
        """Return scores, float32 (1, n, n_labels), of each row before it is learned (if `learn`).

        All are 0 in dense streams.
        """
        rows = views.plain
        out = np.zeros((1, len(rows), rows.n_labels), np.float32)
        if not views.dense:
            self._run(rows, out, *_no_best(len(rows), 0), _no_weights(len(rows), 0), NONE_RETURN, learn=learn)
        return out

    def best(
        self, rows: Rows, k: int, *, tail: bool = False, learn: bool, returning: _Doubles = NONE_RETURN
    ) -> tuple[_Labels, _Floats, _Floats]:
        """Return the best candidates of each row before it is learned (if `learn`), `k` at most; nothing touches all labels.

        Parameters
        ----------
        rows
            Features scaled as `ihomer.learners.inputs` has them.
        k
            At least 1.
        tail
            Whether to say how much a list that favours the tail favours each (`weigh_tail`).
        returning
            Float64, of each label that is new in these rows the share of rows that it is given once its row is learned
            (`recall`), or 0; or nothing.

        Returns
        -------
        ids : int32 (n, k)
            Best first, ties by smaller id, of the labels below limits[i]; -1 where there are fewer.
        scores : float32 (n, k)
            Log-odds; 0 where there are fewer.
        weights : float32 (n, k), or (n, 0) without `tail`
            0 where there are fewer.
        """
        ids, scores = _no_best(len(rows), k)
        weights = _no_weights(len(rows), k if tail else 0)
        self._run(rows, np.zeros((1, len(rows), 0), np.float32), ids, scores, weights, returning, learn=learn)
        return ids, scores, weights

    def _run(
        self, rows: Rows, out: _Floats, best: _Labels, scores: _Floats, tail: _Floats, returning: _Doubles, *, learn: bool
    ) -> None:
        self._grow(rows, learn=learn)
        scratch = self._scratch(rows)
        start = 0
        while start < len(rows):
            stop = slot_block(
                rows.indptr, rows.indices, rows.values, rows.label_indptr, rows.label_indices, rows.status,
                rows.known_indptr, rows.known_indices, rows.limits, returning, start, self.seen, self.quality, self.lines,
                self.cells.view(np.int32), self.cells, self.pool_ends, self.slots, np.float32(self.g), self.counts,
                self.rows, self.traits, self.shared, self.frequent, self.previous, self.place, *scratch, learn, CLIP,
                out, self.cardinality, best, scores, tail,
            )  # fmt: skip
            if learn:
                self._remember(rows, start, stop)
            if stop < len(rows):
                self._lengthen()
            start = stop

    def _grow(self, rows: Rows, *, learn: bool) -> None:
        """Make room for the labels of the rows, and for their features if they are learned."""
        n = rows.n_labels
        self.counts, self.place = grown(self.counts, (2, n)), grown(self.place, (n,))
        before = len(self.traits)
        if n > before:
            self.traits = grown(self.traits, (n, 3))
            self.traits[before:, SQUARES] = FIRST_SQUARES
            self.traits[before:, LOG_HELD] = _LOG_HALF
        if learn:
            self.n_labels = max(self.n_labels, n)
            ids = rows.indices[rows.indptr[0] : rows.indptr[-1]]
            d = self.n_features = max(self.n_features, int(ids.max(initial=-1)) + 1)
            self.seen, self.quality = grown(self.seen, (d,)), grown(self.quality, (d,), float(FIRST_QUALITY))
            self.lines = grown(self.lines, (d, 3))

    def _scratch(self, rows: Rows) -> _Scratch:
        """Return members, acc, spots, shares, logs, found, keys, weights, gradient and w for the kernel."""
        longest, held = (int(np.diff(indptr).max(initial=0)) for indptr in (rows.indptr, rows.label_indptr))
        touched = longest * self.slots
        candidates = min(touched + FREQUENT + len(self.previous) + 2 * held, len(self.place))
        return (
            np.empty(candidates + 1, np.int32), np.empty((N_ROWS, candidates), np.float32), np.empty(touched, np.uint32),
            np.empty(touched, np.float32), np.empty(touched, np.float32), np.empty(candidates, np.int32),
            np.empty(self.slots, np.int64), np.empty((2, longest), np.float32), np.empty(N_SHARED),
            np.empty(N_SHARED, np.float32),
        )  # fmt: skip

    def _remember(self, rows: Rows, start: int, stop: int) -> None:
        """Keep the labels of the last labelled one of the rows start..stop - 1."""
        labelled = np.flatnonzero(rows.status[start:stop])
        if len(labelled):
            i = start + int(labelled[-1])
            self.previous = rows.label_indices[rows.label_indptr[i] : rows.label_indptr[i + 1]].copy()

    # ------------------------------------------------------------------ the pool of slots

    def _packed(self) -> tuple[_Ints, _Floats]:
        """Return where each line begins, int64 (d + 1,), and all slots without gaps."""
        lines = np.ascontiguousarray(self.lines[: self.n_features].T, np.int64)
        indptr = _offsets(lines[USED])
        cells = np.empty((int(indptr[-1]), 4), np.float32)
        copy_lines(lines[START], self.cells.view(np.int32), indptr, cells.view(np.int32), lines[USED])
        return indptr, cells

    def _lay_out(self, indptr: _Ints, cells: _Floats) -> None:
        """Take packed lines as the pool, each with the room that one of its length gets."""
        n = np.diff(indptr)
        rooms = np.empty(len(n), np.int64)
        rooms_for(n, self.slots, rooms)
        starts = _offsets(rooms)
        self.lines = np.zeros((max(len(self.lines), len(n)), 3), np.int32)
        mine = self.lines[: len(n)]
        mine[:, START], mine[:, USED], mine[:, ROOM] = starts[:-1], n, rooms
        self.cells = np.zeros((int(starts[-1]), 4), np.float32)
        copy_lines(indptr, cells.view(np.int32), starts, self.cells.view(np.int32), n)
        self.pool_ends[:] = 0
        self.pool_ends[END] = starts[-1]

    def _lengthen(self) -> None:
        """Make room at the end of the pool for what a row asks for, and a quarter."""
        end = int(self.pool_ends[END])
        cells = np.zeros((end + end // 4 + int(self.pool_ends[NEEDED]), 4), np.float32)
        cells[:end] = self.cells[:end]
        self.cells = cells

    def shorten(self, slots: int) -> None:
        """Let features have fewer labels: those with most excess of their count over what their frequency explains stay."""
        self.slots = slots
        indptr, cells = self._packed()
        lengths = np.diff(indptr)
        feature = np.repeat(np.arange(len(lengths)), lengths)
        labels = cells.view(np.int32)[:, LABEL]
        excess = cells[:, COUNT] - self.seen[feature] * shares_of(self.counts, self.rows, labels)
        order = np.lexsort((-excess, feature))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - np.repeat(indptr[:-1], lengths)
        stay = rank < slots
        self._lay_out(_offsets(np.minimum(lengths, slots)), cells[stay])

    # ------------------------------------------------------------------ the contract

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Let all labels (or these) learn as fast as at the start; weights and shares stay as they are.

        Curvatures and sums of squares are put back; for all labels, features count as if seen in at most 100 rows.
        """
        if labels is not None:
            asked = np.zeros(len(self.place), np.bool_)
            asked[labels] = True
            held = self.cells.view(np.int32)[:, LABEL]  # in holes there is anything, and anything may be written there
            self.cells[asked[held.clip(max=len(asked) - 1)], CURVATURE] = 0
            self.traits[labels, SQUARES] = FIRST_SQUARES
            return
        indptr, cells = self._packed()
        factor = np.minimum(REOPENED / np.maximum(self.seen, 1), 1).astype(np.float32)
        self.seen *= factor
        cells[:, COUNT] *= np.repeat(factor[: self.n_features], np.diff(indptr))
        cells[:, CURVATURE] = 0
        self._lay_out(indptr, cells)
        self.traits[:, SQUARES] = FIRST_SQUARES
        self.shared[1] = FIRST_GRADIENT

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        becomes = np.full(max(len(self.place), 1), -1, np.int32)
        becomes[positions] = np.arange(len(positions))
        indptr, cells = self._packed()
        labels = becomes[cells.view(np.int32)[:, LABEL]]
        kept = np.flatnonzero(labels >= 0)
        cells = cells[kept]
        cells.view(np.int32)[:, LABEL] = labels[kept]
        self._lay_out(np.searchsorted(kept, indptr).astype(np.int64), cells)
        self.frequent = np.where(self.frequent < 0, np.int32(-1), becomes[self.frequent])
        self.previous = becomes[self.previous]
        self.previous = self.previous[self.previous >= 0]
        self.counts, self.traits = np.ascontiguousarray(self.counts[:, positions]), self.traits[positions]
        self.place = np.zeros(len(positions), np.int32)
        self.n_labels = len(positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others."""
        mine = positions[positions < self.n_features]
        indptr, cells = self._packed()
        lengths = np.diff(indptr)[mine]
        offsets = _offsets(lengths)
        at = np.repeat(indptr[:-1][mine] - offsets[:-1], lengths) + np.arange(offsets[-1])
        self.seen, self.quality = self.seen[mine], self.quality[mine]
        self.n_features = len(mine)
        self.lines = np.zeros((len(mine), 3), np.int32)
        self._lay_out(offsets, cells[at])

    def shares(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the share of rows, of those in which it was known, in which each label held."""
        return shares_of(self.counts, self.rows, labels)

    def recall(self, label: int, share: float) -> None:
        """Give a label that came back its prior: let it have held in this share of the rows before."""
        recall_share(self.counts, self.rows, label, share)
        self.traits[label, LOG_HELD] = np.log(np.float32(self.counts[HELD, label] + 0.5))

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, with the slots that are used."""
        slots = int(self.lines[: self.n_features, USED].sum()) * min(n_features, self.n_features)
        return 16 * slots // max(self.n_features, 1) + 20 * n_features + 32 * n_labels

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included: 16 a slot, 20 a feature, 32 a label.

        With d features, L labels and s <= `slots` x d slots used, at most 1.5 x (16 s + 20 d + 32 L) + 1,000.
        """
        arrays = (
            self.seen, self.quality, self.lines, self.cells, self.counts, self.traits, self.place, self.shared,
            self.frequent, self.previous,
        )  # fmt: skip
        return sum(array.nbytes for array in arrays)

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - counts its own
        """Return everything that was learned as plain values and arrays."""
        d, n = self.n_features, self.n_labels
        indptr, cells = self._packed()
        return {
            "seen": used(self.seen, d),
            "quality": used(self.quality, d),
            "indptr": indptr,
            "labels": cells.view(np.int32)[:, LABEL].copy(),
            "cells": cells[:, 1:].copy(),
            "counts": used(self.counts, 2, n),
            "rows": self.rows.copy(),
            "traits": used(self.traits, n, 3),
            "shared": self.shared.copy(),
            "frequent": self.frequent.copy(),
            "previous": self.previous.copy(),
            "cardinality": self.cardinality.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for name in ("seen", "quality", "counts", "rows", "traits", "shared", "frequent", "previous", "cardinality"):
            setattr(self, name, state[name])
        known = self.shared.shape[1]  # a model saved before there was so much evidence has weights of less
        more = np.array([FIRST_SHARED[known:], (FIRST_GRADIENT,) * (N_SHARED - known)])
        self.shared = np.concatenate((self.shared, more), axis=1)
        self.n_features, self.n_labels = len(self.seen), len(self.traits)
        self.place = np.zeros(self.n_labels, np.int32)
        self.lines = np.zeros((0, 3), np.int32)
        cells = np.empty((len(state["labels"]), 4), np.float32)
        cells.view(np.int32)[:, LABEL] = state["labels"]
        cells[:, 1:] = state["cells"]
        self._lay_out(state["indptr"], cells)


def _no_best(n: int, k: int) -> tuple[_Labels, _Floats]:
    return np.full((n, k), -1, np.int32), _no_weights(n, k)


def _no_weights(n: int, k: int) -> _Floats:
    return np.zeros((n, k), np.float32)


def _offsets(lengths: npt.NDArray[Any]) -> _Ints:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
