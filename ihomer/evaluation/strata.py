"""Scores by how frequent labels are: head, torso and tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ihomer.evaluation.tallies import Scored, taller
from ihomer.kernels.strata import TAIL, stratify_rows

#: The strata, the most frequent labels first.
STRATA: Final = ("head", "torso", "tail")
#: Labels that held in more rows than this are taken as level: 32 MB, and nothing so frequent is in doubt.
MOST: Final = 1 << 22


@dataclass(slots=True, frozen=True)
class Stratum:
    """What a model made of the cells of one stratum; NaN where nothing could be measured.

    Parameters
    ----------
    name
        `head`, `torso` or `tail`.
    labels
        How many labels held in some row while they stood there.
    support
        Cells (row, label) that hold.
    micro_f1, micro_precision, micro_recall
        Over all its cells together.
    macro_f1
        The mean over those labels of the F1 of each in the rows in which it stood there.
    """

    name: str
    labels: int
    support: int
    micro_f1: float
    micro_precision: float
    micro_recall: float
    macro_f1: float

    def __str__(self) -> str:
        return (
            f"{self.name:<5}  micro-F1 {self.micro_f1:.4f}  macro-F1 {self.macro_f1:.4f}  "
            f"({self.support:,} true cells of {self.labels:,} labels)"
        )


class Strata:
    """Counts of cells by the frequency of their label, to be given to `Metrics` as an observer.

    Before each row the labels that held so far are ordered by the number of rows in which they did. A cell (row, label) is
    of the head if fewer than a share `head` of them held more often than its label, of the torso if fewer than a
    share `torso` did, and of the tail otherwise; labels that are level are in one stratum, and those that never held are in
    the tail. So a label moves from stratum to stratum, and its first row always counts as missed in the tail.

    Parameters
    ----------
    head, torso
        Where head and torso end, as shares of the labels: 0 <= head <= torso <= 1.

    Raises
    ------
    ValueError
        If the shares are not in this order.

    Examples
    --------
    >>> from ihomer.evaluation import Metrics
    >>> from ihomer.evaluation.baselines import LabelPrior
    >>> from streams import Batch
    >>> strata = Strata()
    >>> batch = Batch.from_pairs([({}, {"often", "rare"} if i % 5 == 0 else {"often"}) for i in range(20)])
    >>> Metrics(observers=[strata]).update(batch, LabelPrior().predict_learn_many(batch))
    >>> for stratum in strata.strata():
    ...     print(stratum)
    head   micro-F1 0.9744  macro-F1 1.0000  (19 true cells of 1 labels)
    torso  micro-F1 nan  macro-F1 nan  (0 true cells of 0 labels)
    tail   micro-F1 0.0000  macro-F1 0.0000  (5 true cells of 2 labels)
    """

    def __init__(self, head: float = 0.2, torso: float = 0.5) -> None:
        if not 0 <= head <= torso <= 1:
            raise ValueError(f"shares must be 0 <= head <= torso <= 1, found head {head!r} and torso {torso!r}")
        self.head, self.torso = float(head), float(torso)
        self._held = np.zeros(0, np.int64)
        self._more = np.zeros(1024, np.int64)
        self._counts = np.zeros((0, len(STRATA), 3), np.int64)
        self._rows = 0

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""
        self._held, self._counts = taller(self._held, n_labels), taller(self._counts, n_labels)

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""
        self._rows += scored.rows
        needed = min(self._rows + 1, MOST)  # no label can have held in more rows
        if needed > len(self._more):
            grown = np.zeros(min(max(needed, 2 * len(self._more)), MOST), np.int64)
            grown[: len(self._more)] = self._more
            self._more = grown
        stratify_rows(
            scored.rows, scored.code_indptr, scored.codes, self.head, self.torso, self._held, self._more, self._counts
        )  # fmt: skip

    def strata(self) -> tuple[Stratum, ...]:
        """Return head, torso and tail."""
        return tuple(self._stratum(i) for i in range(len(STRATA)))

    def values(self) -> dict[str, float]:
        """Return `head_micro_f1`, `head_macro_f1`, ..., `rare_label_f1`; NaN where nothing could be measured."""
        found = {
            f"{stratum.name}_{score}": float(getattr(stratum, score))
            for stratum in self.strata()
            for score in ("micro_f1", "macro_f1")
        }
        return found | {"rare_label_f1": found["tail_macro_f1"]}

    @property
    def rare_label_f1(self) -> float:
        """The macro-F1 of the tail: each label counts the same, however rare."""
        return self._stratum(TAIL).macro_f1

    def _stratum(self, i: int) -> Stratum:
        counts = self._counts[:, i].astype(np.float64)
        held = counts[counts[:, 0] + counts[:, 2] > 0]
        tp, fp, fn = (float(total) for total in counts.sum(axis=0))
        by_label = 2 * held[:, 0] / (2 * held[:, 0] + held[:, 1] + held[:, 2])
        return Stratum(
            STRATA[i],
            len(held),
            int(tp + fn),
            _ratio(2 * tp, 2 * tp + fp + fn),
            _ratio(tp, tp + fp),
            _ratio(tp, tp + fn),
            math.fsum(by_label.tolist()) / len(held) if len(held) else math.nan,
        )


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan
