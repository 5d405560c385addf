"""LabelHistory: the expert that looks at no feature, only at what every label did before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.kernels.history import history_block
from ihomer.learners.label_shares import recall_share, shares_of
from ihomer.learners.protocol import Views
from ihomer.rows import Rows

#: What the stack learned on streams other than those reported, sparse and dense: Markov, prior, fast, slow.
FIRST_WEIGHTS = {False: (-0.28, 0.16, 0.17, -0.47), True: (0.10, 0.76, 0.34, -0.59)}


class LabelHistory:
    """Four scores of each label from its own past: Markov, prior, and faded frequencies, fast and slow.

    Many streams come in runs: what held in the row before is likely to hold again, and the per-label Markov
    chain says how likely, given the last *known* truth of the label. The prior is the log-odds of the share
    of rows in which it held. The faded frequencies (.8 and .97 of them stay from row to row) follow what
    happens now; the stack weighs them against the prior. Counts are halved after 32,768 complete rows (or
    65,536 in which one label was known): prior and chain go on learning for ever. Formulas in
    `ihomer.kernels.history.history_block`.

    A label that enters through a complete row was absent in all complete rows before; one that enters through
    a partial row was unknown in them. A label that is not known in a row keeps everything, its last truth
    too.

    Parameters
    ----------
    dense
        Whether the stream is dense: decides the first weights, nothing else.

    Attributes
    ----------
    n_scores, first_weights
        See `ihomer.learners.protocol.SharedExpert`.

    Examples
    --------
    >>> from ihomer.door import Door
    >>> from ihomer.learners.protocol import Views
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"a"}), ({}, {"a"}), ({}, set()), ({}, {"a", "b"})]))
    >>> scores = LabelHistory().block(Views(rows, rows, dense=False), learn=True)
    >>> scores.shape
    (4, 4, 2)
    >>> scores[1, :, 0].round(2)  # the prior of "a": .5, 3/4, 5/6, 5/8 of the rows before
    array([0.5 , 1.05, 1.3 , 0.76], dtype=float32)
    """

    n_scores = 4

    def __init__(self, *, dense: bool = False) -> None:
        self.first_weights: npt.NDArray[np.float64] = np.array(FIRST_WEIGHTS[dense])
        self.counts = np.zeros((3, 0), np.float64)
        self.faded = np.zeros((4, 0), np.float32)
        self.rows = np.zeros(2, np.float64)

    def block(self, views: Views, *, learn: bool) -> npt.NDArray[np.float32]:
        """Return scores, float32 (4, n, n_labels), of each row before it is learned (if `learn`)."""
        rows = views.plain
        self.make_room(rows)
        out = np.zeros((4, len(rows), rows.n_labels), np.float32)
        history_block(
            rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices,
            rows.limits, self.counts, self.faded, self.rows, learn, out,
        )  # fmt: skip
        return out

    def make_room(self, rows: Rows) -> None:
        """Grow for the labels of the rows."""
        self.counts = grown(self.counts, (3, rows.n_labels))
        self.faded = grown(self.faded, (4, rows.n_labels))

    def reopen(self, labels: npt.NDArray[np.int32] | None = None) -> None:
        """Do nothing: shares have no step size, and the faded ones follow at one speed for ever."""

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.counts, self.faded = kept(self.counts, positions, 1), kept(self.faded, positions, 1)

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Do nothing: it knows no features."""

    def needed(self, n_features: int, n_labels: int) -> int:  # noqa: ARG002
        """Return the bytes that so many labels take."""
        return 40 * n_labels

    def shares(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the share of rows, of those in which it was known, in which each label held."""
        return shares_of(self.counts, self.rows, labels)

    def recall(self, label: int, share: float) -> None:
        """Give a label that came back its prior: let it have held in this share of the rows before."""
        recall_share(self.counts, self.rows, label, share)

    @property
    def n_bytes(self) -> int:
        """Bytes held: 40 a label, room to grow included."""
        return self.counts.nbytes + self.faded.nbytes + self.rows.nbytes

    def state(self, n_features: int, n_labels: int) -> dict[str, Any]:  # noqa: ARG002 - it knows no features
        """Return everything that was learned as plain values and arrays."""
        return {
            "counts": used(self.counts, 3, n_labels),
            "faded": used(self.faded, 4, n_labels),
            "rows": self.rows.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self.counts, self.faded, self.rows = state["counts"], state["faded"], state["rows"]
