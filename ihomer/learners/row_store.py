"""RowStore: the last labelled rows of a stream, for the experts that look back at them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, renumbered, used
from ihomer.kernels.row_store import (
    FEATURE_END,
    FEATURES,
    FIRST,
    LABEL_END,
    LABELS,
    LATEST,
    N_FEATURES,
    N_HELD,
    N_KNOWN,
    NEXT,
    SIZE,
    Store,
)
from ihomer.rows import Rows


class RowStore:
    """A ring of rows: features, labels that hold, and what is known of the labels.

    Parameters
    ----------
    size
        Most rows held.
    """

    def __init__(self, size: int) -> None:
        self.arrays = Store(
            np.array([size, 0, 0, 0, 0, 0], np.int64),
            np.zeros((0, 5), np.int64),
            np.zeros(0, np.int32),
            np.zeros(0, np.float32),
            np.zeros(0, np.int32),
            np.zeros(0, np.int64),
        )

    def __len__(self) -> int:
        return int(self.arrays.marks[NEXT] - self.arrays.marks[FIRST])

    @property
    def size(self) -> int:
        """Most rows held."""
        return int(self.arrays.marks[SIZE])

    def alive(self) -> npt.NDArray[np.int64]:
        """Return the positions of the rows held, the oldest first."""
        marks = self.arrays.marks
        return np.arange(int(marks[FIRST]), int(marks[NEXT])) % int(marks[SIZE])

    def reserve(self, rows: Rows) -> None:
        """Make room for all of `rows`: wind the tapes back, and make them longer where that is not enough."""
        store, marks = self.arrays, self.arrays.marks
        n_features = int(rows.indptr[-1] - rows.indptr[0])
        n_labels = int(rows.label_indptr[-1] - rows.label_indptr[0] + rows.known_indptr[-1] - rows.known_indptr[0])
        fits = marks[FEATURE_END] + n_features <= len(store.ids) and marks[LABEL_END] + n_labels <= len(store.labels)
        # Winding back for little would cost more than it frees.
        if not fits and self._begin(FEATURES, FEATURE_END) * 6 >= marks[FEATURE_END]:
            self._wind_back()
        self.arrays = store._replace(
            spans=grown(store.spans, (min(self.size, int(marks[NEXT]) + len(rows)), store.spans.shape[1])),
            ids=grown(store.ids, (int(marks[FEATURE_END]) + n_features,)),
            values=grown(store.values, (int(marks[FEATURE_END]) + n_features,)),
            labels=grown(store.labels, (int(marks[LABEL_END]) + n_labels,)),
        )

    def reserve_labels(self, n_labels: int) -> None:
        """Make room for labels; those that have not entered yet are unknown to nobody."""
        if n_labels > len(self.arrays.since):
            self.arrays = self.arrays._replace(since=grown(self.arrays.since, (n_labels,)))

    def _begin(self, column: int, end: int) -> int:
        """Return where the oldest row begins on a tape; the tape's end if there is no row."""
        marks = self.arrays.marks
        return int(self.arrays.spans[marks[FIRST] % marks[SIZE], column] if len(self) else marks[end])

    def _wind_back(self) -> None:
        """Move what the rows held have on the tapes to their beginnings."""
        store, marks, alive = self.arrays, self.arrays.marks, self.alive()
        for column, end, tapes in (
            (FEATURES, FEATURE_END, (store.ids, store.values)),
            (LABELS, LABEL_END, (store.labels,)),
        ):
            begin = self._begin(column, end)
            for tape in tapes:
                tape[: marks[end] - begin] = tape[begin : marks[end]].copy()
            store.spans[alive, column] -= begin
            marks[end] -= begin

    def features(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Return the features of the rows held as CSR: offsets int64, ids int32, values float32."""
        store, alive = self.arrays, self.alive()
        begin, end = self._begin(FEATURES, FEATURE_END), int(store.marks[FEATURE_END])
        indptr = np.zeros(len(alive) + 1, np.int64)
        np.cumsum(store.spans[alive, N_FEATURES], out=indptr[1:])
        return indptr, store.ids[begin:end].copy(), store.values[begin:end].copy()

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) in every row, numbered anew, and forget the others."""
        self._wind_back()
        store, marks, alive = self.arrays, self.arrays.marks, self.alive()
        new = np.full(len(store.since), -1, np.int32)
        new[positions] = np.arange(len(positions))
        kept = new[store.labels[: marks[LABEL_END]]]
        before = np.zeros(len(kept) + 1, np.int64)
        np.cumsum(kept >= 0, out=before[1:])
        held_end = store.spans[alive, LABELS] + store.spans[alive, N_HELD]
        known_end = held_end + np.maximum(store.spans[alive, N_KNOWN], 0)
        partial = store.spans[alive, N_KNOWN] >= 0
        start = before[store.spans[alive, LABELS]]
        store.spans[alive, LABELS] = start
        store.spans[alive, N_HELD] = before[held_end] - start
        store.spans[alive, N_KNOWN] = np.where(partial, before[known_end] - before[held_end], -1)
        since = store.since[positions]
        marks[LABEL_END] = before[-1]
        marks[LATEST] = since.max(initial=0)
        self.arrays = store._replace(labels=kept[kept >= 0], since=since)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) in every row, numbered anew, and forget the others."""
        self._wind_back()
        store, marks, alive = self.arrays, self.arrays.marks, self.alive()
        end = int(marks[FEATURE_END])
        ids = renumbered(int(store.ids[:end].max(initial=-1)) + 1, positions)[store.ids[:end]]
        stay = ids >= 0
        before = np.zeros(end + 1, np.int64)
        np.cumsum(stay, out=before[1:])
        start = store.spans[alive, FEATURES]
        store.spans[alive, N_FEATURES] = before[start + store.spans[alive, N_FEATURES]] - before[start]
        store.spans[alive, FEATURES] = before[start]
        marks[FEATURE_END] = before[-1]
        store.ids[: before[-1]], store.values[: before[-1]] = ids[stay], store.values[:end][stay]

    @property
    def n_entries(self) -> tuple[int, int]:
        """How many features, and labels, the rows held have together."""
        marks = self.arrays.marks
        return (
            int(marks[FEATURE_END]) - self._begin(FEATURES, FEATURE_END),
            int(marks[LABEL_END]) - self._begin(LABELS, LABEL_END),
        )

    def needed(self, n_labels: int) -> int:
        """Return the bytes that the rows held take, with so many labels."""
        features, labels = self.n_entries
        return 40 * len(self) + 8 * features + 4 * labels + 8 * n_labels

    def select(self, places: npt.NDArray[np.int64]) -> None:
        """Keep the rows at these places, counted from the oldest, and number them anew from 0."""
        state = self.state(len(self.arrays.since))
        lengths = state["lengths"]
        label_lengths = lengths[:, 1] + np.maximum(lengths[:, 2], 0)
        entries = np.repeat(np.isin(np.arange(len(lengths)), places), lengths[:, 0])
        labels = np.repeat(np.isin(np.arange(len(lengths)), places), label_lengths)
        kept = {"next": len(places), "lengths": lengths[places], "ids": state["ids"][entries]}
        kept |= {"values": state["values"][entries], "labels": state["labels"][labels]}
        self.arrays = RowStore.from_state({**state, **kept}).arrays

    @property
    def n_bytes(self) -> int:
        """Bytes held: 40 a row, 8 a non-zero, 4 a label of a row, 8 a label, room to grow (a quarter) included."""
        return sum(array.nbytes for array in self.arrays)

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return everything held as plain values and arrays."""
        self._wind_back()
        store, marks, alive = self.arrays, self.arrays.marks, self.alive()
        return {
            "size": self.size,
            "next": int(marks[NEXT]),
            "lengths": store.spans[alive][:, [N_FEATURES, N_HELD, N_KNOWN]],
            "ids": used(store.ids, int(marks[FEATURE_END])),
            "values": used(store.values, int(marks[FEATURE_END])),
            "labels": used(store.labels, int(marks[LABEL_END])),
            "since": used(store.since, n_labels),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> RowStore:
        """Return the store that `state` was taken from."""
        return cls.of_size(state, state["size"])

    @classmethod
    def of_size(cls, state: dict[str, Any], size: int) -> RowStore:
        """Return a store of `size` rows with the last rows of the one that `state` was taken from."""
        store = cls(size)
        lengths = state["lengths"]
        label_lengths = lengths[:, 1] + np.maximum(lengths[:, 2], 0)
        starts = np.zeros((len(lengths) + 1, 2), np.int64)
        np.cumsum(np.column_stack((lengths[:, 0], label_lengths)), axis=0, out=starts[1:])
        gone = max(0, len(lengths) - size)
        following = state["next"]
        first = following - len(lengths) + gone
        since = state["since"]
        marks = [size, first, following, len(state["ids"]), len(state["labels"]), since.max(initial=0)]
        spans = np.zeros((min(size, following), 5), np.int64)
        columns = (starts[:-1, 0], lengths[:, 0], starts[:-1, 1], lengths[:, 1:])
        spans[np.arange(first, following) % size] = np.column_stack(columns)[gone:]
        store.arrays = Store(np.array(marks, np.int64), spans, state["ids"], state["values"], state["labels"], since)
        return store

