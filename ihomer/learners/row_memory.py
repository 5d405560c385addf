"""RowMemory: what the most similar rows of a long memory had for labels."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ihomer.blocks import is_boundary
from ihomer.kernels.postings import MOST_POSITIONS
from ihomer.kernels.row_memory import NEIGHBOURS, STRIDE, memory_block
from ihomer.kernels.row_store import NEXT
from ihomer.learners.protocol import Views
from ihomer.learners.row_index import RowIndex
from ihomer.learners.row_store import RowStore

#: Chunks of 16 postings that a sparse memory holds at most (25 MB): 32,768 rows of 128 non-zeros.
MOST_CHUNKS = 1 << 18
#: Cells that a dense memory compares a row with at most (about 60 microseconds), unless that leaves under 64 rows.
MOST_CELLS, LEAST_ROWS = 600_000, 64
#: What the stack learned on streams other than those that are reported, sparse and dense.
FIRST_WEIGHTS = {False: (0.0, -0.13, 0.19, 0.44, 0.36), True: (0.03, 0.0, 0.17, 0.22, 0.01)}


class RowMemory:
    """Five scores of each label from the labels of the most similar of the last labelled rows.

    Similarity is the cosine. In order, with u the cosine of a stored row: the ten nearest vote with u; the thirty
    nearest with u^6 (beside a mass of doubt: near duplicates decide, far rows do not); the set of the nearest, +-2 u^3;
    the last sixty rows vote with .95^age u^3; the thirty nearest vote with u^2. Shares of votes become shrunk log-odds
    .7 log(p / (1 - p)) + .5, the recency votes 2 p - 1. A partial row votes on the labels that were known in it only,
    and a share is one of the votes of those who knew; a label that none of them knew gets 0.

    Sparse streams keep postings by feature: a row costs about a nanosecond for each posting that it meets. Dense ones
    compare with at most 600,000 cells: the memory is halved until rows x features fit that, asked at the boundaries of
    the stream (`ihomer.blocks`). The oldest row leaves for the newest; a sparse memory also drops its oldest rows while
    the newest does not fit into 262,144 chunks. Row numbers are int64 and nothing is summed over rows: nothing wears
    out.

    Parameters
    ----------
    rows
        Most rows held, 64 to 65,536.
    view
        Features it looks at: "idf" (rare ones weigh more) or "plain".
    dense
        Whether the stream is dense.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({"x": 1.0}, {"a"}), ({"y": 1.0}, {"b"}), ({"y": 1.0}, {"b"})]))
    >>> scores = RowMemory().block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (5, 3, 2)
    >>> scores[:, 2].round(2)  # the last row is equal to the second, which had "b"
    array([[-2.72,  3.72],
           [-2.72,  3.24],
           [-2.  ,  2.  ],
           [-1.  ,  0.96],
           [-2.72,  3.72]], dtype=float32)
    """

    n_scores = 5

    def __init__(self, rows: int = 32_768, *, view: Literal["idf", "plain"] = "idf", dense: bool = False) -> None:
        if not LEAST_ROWS <= rows <= MOST_POSITIONS:
            raise ValueError(f"rows: {rows} found, {LEAST_ROWS} to {MOST_POSITIONS} expected")
        if view not in ("idf", "plain"):
            raise ValueError(f'view must be "idf" or "plain", found {view!r}')
        self.rows = rows
        self.view = view
        self.dense = dense
        self.first_weights: npt.NDArray[np.float64] = np.array(FIRST_WEIGHTS[dense])
        self.store = RowStore(rows)
        self.index = RowIndex(dense=dense)
        self.t = 0  # rows learned, labelled or not
        self.width = 0  # features met

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (5, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.idf if self.view == "idf" else views.plain
        self.store.reserve_labels(rows.n_labels)
        if learn:
            self.store.reserve(rows)
            entries = np.diff(rows.indptr)
            self.index.reserve(
                rows.n_features,
                min(self.store.size, int(self.store.arrays.marks[NEXT]) + len(rows)),
                min(self.index.n_chunks + int(entries.sum()), max(MOST_CHUNKS, int(entries.max(initial=0)))),
            )
        n_labels = max(rows.n_labels, len(self.store.arrays.since))
        out = np.zeros((5, len(rows), rows.n_labels), np.float32)
        memory_block(
            rows.indptr, rows.indices, rows.values,
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.index.arrays, self.store.arrays, self.dense, MOST_CHUNKS,
            np.empty(len(self.store.arrays.spans) + STRIDE, np.float32),
            np.empty(NEIGHBOURS, np.int64), np.empty(NEIGHBOURS, np.float32),
            np.empty(5, np.float32), np.empty((5, n_labels), np.float32), np.empty((5, n_labels), np.float32),
            learn, out,
        )  # fmt: skip
        if learn:
            self.t += len(rows)
            self.width = max(self.width, 1 + int(rows.indices[rows.indptr[0] : rows.indptr[-1]].max(initial=-1)))
            if self.dense and is_boundary(self.t):
                self._fit()
        return out

    def _fit(self) -> None:
        """Halve a dense memory until a row is compared with no more than `MOST_CELLS`."""
        size = self.store.size
        while size > LEAST_ROWS and size * self.width > MOST_CELLS:
            size //= 2
        if size < self.store.size:
            self.store = RowStore.of_size(self.store.state(len(self.store.arrays.since)), max(size, LEAST_ROWS))
            self._index_anew()

    def _index_anew(self) -> None:
        self.index = RowIndex(dense=self.dense)
        self.index.reserve(self.width, 0, 0)
        self.index.put(*self.store.features(), self.store.alive())

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: there is no step size; the nearest rows vote as they did, the recent ones follow by themselves."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others; the scores of those kept do not change."""
        self.store.keep(positions)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others, in the stored rows too."""
        self.store.keep_features(positions)
        self.index.keep_features(positions)
        self.width = int(np.searchsorted(positions, self.width))

    def needed(self, n_features: int, n_labels: int) -> int:
        """Return the bytes that so many features and labels take, with the rows that are held."""
        entries, _ = self.store.n_entries
        index = 4 * n_features * len(self.store) if self.dense else 16 * n_features + 100 * (entries // 16)
        return self.store.needed(n_labels) + index + (0 if self.dense else 100 * min(n_features, entries))

    def shed(self) -> bool:
        """Forget the older half of the rows, for good; return False if there are too few for that."""
        size = min(self.store.size, 1 << len(self.store).bit_length()) // 2
        if size < LEAST_ROWS:
            return False
        n_labels = len(self.store.arrays.since)
        smaller = RowStore.of_size(self.store.state(n_labels), size)
        self.store = RowStore.from_state(smaller.state(n_labels))  # without what the older rows had
        self._index_anew()
        return True

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow (at most a quarter more than needed) included.

        With N rows held of z non-zeros and l labels in the mean, d features, L labels: rows N (40 + 8 z + 4 l) + 8 L;
        and sparse 16 d + 100 chunks, of which there are at most N z / 16 + 2 min(d, N z) and 262,144 (or those of one
        row), and room for one for each non-zero of 64 rows; dense 4 d N with d N <= 600,000 (or 64 d).
        """
        return self.store.n_bytes + self.index.n_bytes

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - the rows say what they have
        """Return everything that was learned as plain values and arrays."""
        return {"t": self.t, "width": self.width, "store": self.store.state(n_labels)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.t, self.width = state["t"], state["width"]
        self.store = RowStore.from_state(state["store"])
        self._index_anew()

    def invariants(self) -> None:
        """Check that the index holds exactly the rows of the store."""
        assert len(self.store) <= self.store.size <= self.rows
        assert self.store.arrays.marks[NEXT] <= self.t
        indptr, ids, values = self.store.features()
        positions = np.repeat(self.store.alive(), np.diff(indptr))
        order = np.lexsort((positions, ids))
        held_ids, held_positions, held_values = self.index.entries()
        np.testing.assert_array_equal(held_ids, ids[order])
        np.testing.assert_array_equal(held_positions, positions[order])
        np.testing.assert_array_equal(held_values, values[order])
