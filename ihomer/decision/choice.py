"""Label sets by whichever of several rules does best, chosen online for what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, kept, used
from ihomer.decision.threshold import Decision, Sets
from ihomer.kernels.decide_choice import EXAMPLE, HAMMING, MACRO, MICRO, SUBSET, choose_block
from ihomer.rows import Rows

#: Targets by name.
TARGETS = {
    "micro_f1": MICRO,
    "macro_f1": MACRO,
    "example_f1": EXAMPLE,
    "subset_accuracy": SUBSET,
    "hamming": HAMMING,
}


class Choice:
    """The label sets of the rule that was best for the target so far, over the past with a half-life of 1,400 rows.

    The first rule is the default: another is followed while it leads by 4 / faded rows (at least .002) in micro-F1,
    macro-F1 (over all labels), mean example-F1, subset accuracy, or wrong labels a row. All rules learn from all rows.

    Of partial rows the rules' sets are judged by their known labels; rows of which no label is known judge nothing.

    Parameters
    ----------
    rules
        The default first.
    target
        "micro_f1", "macro_f1", "example_f1", "subset_accuracy" or "hamming".

    Raises
    ------
    ValueError
        If the target is none of these, or there is no rule.

    Examples
    --------
    >>> import numpy as np
    >>> from ihomer.decision.choice import Choice
    >>> from ihomer.decision.threshold import FixedThreshold
    >>> from ihomer.door import Door
    >>> from streams import Batch
    >>> rows = Door().learned(Batch.from_pairs([({}, {"a"})] * 10))
    >>> choice = Choice([FixedThreshold(0.8), FixedThreshold(0.5)], "subset_accuracy")
    >>> choice.block(np.full((10, 1), 0.6, np.float32), rows, learn=True)
    (array([0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), array([0, 0, 0, 0], dtype=int32))
    """

    def __init__(self, rules: Sequence[Decision], target: str) -> None:
        if target not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(map(repr, TARGETS))}, found {target!r}")
        if not rules:
            raise ValueError("there must be at least one rule, found none")
        self.rules = list(rules)
        self.target = target
        self.hits, self.mass = np.zeros(len(rules)), np.zeros(len(rules))
        self.totals = np.array([0.0, 1.0])
        self.label_hits, self.label_mass = np.zeros((len(rules), 0)), np.zeros((len(rules), 0))
        self.n_labels = 0

    def block(self, p: npt.NDArray[np.float32], rows: Rows, *, learn: bool) -> Sets:
        """Return the label sets of the rows; with `learn` each row teaches all rules, and judges them, after it."""
        sets = [rule.block(p, rows, learn=learn) for rule in self.rules]
        if self.target == "macro_f1":
            self.n_labels = max(self.n_labels, rows.n_labels)
            shape = (len(self.rules), rows.n_labels)
            self.label_hits, self.label_mass = grown(self.label_hits, shape), grown(self.label_mass, shape)
        starts = np.cumsum([0, *(len(ids) for _, ids in sets[:-1])], dtype=np.int64)
        indptr, out = np.zeros(len(p) + 1, np.int64), np.empty(p.size, np.int32)
        choose_block(
            TARGETS[self.target], np.stack([indptr for indptr, _ in sets]), np.concatenate([ids for _, ids in sets]),
            starts, rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices,
            rows.limits, self.hits, self.mass, self.totals, self.label_hits, self.label_mass,
            np.zeros(rows.n_labels, np.int8), learn, indptr, out,
        )  # fmt: skip
        return indptr, out[: indptr[-1]]

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others."""
        for rule in self.rules:
            rule.keep(positions)
        self.label_hits, self.label_mass = kept(self.label_hits, positions, 1), kept(self.label_mass, positions, 1)
        self.n_labels = int(np.searchsorted(positions, self.n_labels))

    def state(self) -> dict[str, Any]:
        """Return what the rules learned and how they did: for macro-F1 16 bytes a rule and label more."""
        return {
            "rules": [rule.state() for rule in self.rules],
            "hits": self.hits.copy(),
            "mass": self.mass.copy(),
            "totals": self.totals.copy(),
            "label_hits": used(self.label_hits, len(self.rules), self.n_labels),
            "label_mass": used(self.label_mass, len(self.rules), self.n_labels),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        for rule, learned in zip(self.rules, state["rules"], strict=True):
            rule.restore(learned)
        self.hits, self.mass, self.totals = state["hits"], state["mass"], state["totals"]
        self.label_hits, self.label_mass = state["label_hits"], state["label_mass"]
        self.n_labels = self.label_hits.shape[1]
