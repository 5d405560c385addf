"""Label sets by a threshold for every label that follows its best F1: for macro-F1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.decision.threshold import Sets
from ihomer.kernels.decide_macro import FIRST_HITS, FIRST_MASS, macro_block
from ihomer.rows import Rows


class MacroF1:
    """Every label whose probability exceeds half of the best F1 that it can have alone, which is followed online.

    As `ihomer.decision.threshold.F1Threshold`, with counts for every label (half-life about 700 rows in which the label
    was known). Where label sets are hardly ever empty, the label closest to its threshold if none passes.

    Of partial rows the known labels move their thresholds, the others keep theirs; whether empty sets are rare is
    learned from complete rows alone.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.decision.macro_f1 import MacroF1
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"frequent", "rare"}), *[({}, {"frequent"})] * 99]))
    >>> p = np.full((100, 2), 0.2, np.float32)
    >>> macro = MacroF1()
    >>> indptr, ids = macro.block(p, rows, learn=True)
    >>> ids[indptr[-2] :].tolist(), (macro.hits / macro.mass)[:2].round(3).tolist()
    ([1], [0.201, 0.093])
    """

    def __init__(self) -> None:
        self.hits, self.mass = np.zeros(0), np.zeros(0)
        self.empties = np.zeros(2)
        self.n_labels = 0

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; with `learn` each row moves the thresholds after it."""
        n = rows.n_labels
        self.hits, self.mass = grown(self.hits, (n,), FIRST_HITS), grown(self.mass, (n,), FIRST_MASS)
        self.n_labels = max(self.n_labels, n)
        indptr, out = np.zeros(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        macro_block(
            p, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices, rows.limits,
            self.hits, self.mass, self.empties, np.zeros(n), np.zeros(n), learn, indptr, out,
        )  # fmt: skip
        return indptr, out[: indptr[-1]]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        self.hits, self.mass = kept(self.hits, positions, fill=FIRST_HITS), kept(self.mass, positions, fill=FIRST_MASS)
        self.n_labels = int(np.searchsorted(positions, self.n_labels))

    def state(self) -> dict[str, Any]:
        """Return the faded counts: 16 bytes a label."""
        return {
            "hits": used(self.hits, self.n_labels),
            "mass": used(self.mass, self.n_labels),
            "empties": self.empties.copy(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over the faded counts."""
        self.hits, self.mass, self.empties = state["hits"], state["mass"], state["empties"]
        self.n_labels = len(self.hits)
