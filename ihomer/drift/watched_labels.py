"""Which labels have a monitor of their own: the most frequent of late, so many at most."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, used

#: Counts of labels are multiplied by this at every choice: with one every 1,024 rows the last 4,096 weigh most.
FADE = 0.75
#: A label takes the monitor of another only if it is so many times as frequent: a monitor that changes hands often has
#: seen too little of anybody.
HOLD = 2.0
#: A count that faded below this is 0: the label has not held for 12 choices.
LEAST = 0.03


class WatchedLabels:
    """Slots for labels: as long as there are free ones every label gets one, then the most frequent have them.

    Parameters
    ----------
    budget
        How many labels are watched at most.

    Attributes
    ----------
    slot_of : int64 (at least n_labels,)
        The slot of each label, -1 where it has none.
    label_of : int64 (n slots,)
        The label in each slot, -1 where it is free.
    recent : float64 (at least n_labels,)
        In how many rows each label held of late (faded by `choose`).

    Examples
    --------
    >>> watched = WatchedLabels(2)
    >>> watched.enter(3)
    >>> watched.recent[:3] = [1.0, 9.0, 3.0]
    >>> watched.choose(), watched.slot_of[:3].tolist()
    ([0], [-1, 1, 0])
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.n_labels = 0
        self.slot_of = np.zeros(0, np.int64)
        self.label_of = np.zeros(0, np.int64)
        self.recent = np.zeros(0)

    def __len__(self) -> int:
        return int((self.label_of >= 0).sum())

    def enter(self, n_labels: int) -> None:
        """Let there be `n_labels` labels; the new ones take what slots are free."""
        known = self.n_labels
        if n_labels <= known:
            return
        self.n_labels = n_labels
        self.slot_of, self.recent = grown(self.slot_of, (n_labels,), fill=-1), grown(self.recent, (n_labels,))
        missing = min(self.budget, n_labels) - len(self.label_of)
        if missing > 0:
            self.label_of = np.concatenate((self.label_of, np.full(missing, -1)))
        free = np.flatnonzero(self.label_of < 0)[: n_labels - known]
        self._give(free, np.arange(known, known + len(free)))

    def choose(self, step: int = 1) -> list[int]:
        """Give slots to labels that were more frequent of late; return the slots that changed hands.

        Parameters
        ----------
        step
            For how many choices this one stands: what counts so far fades as often.
        """
        recent = self.recent[: self.n_labels]
        # A free slot counts as one whose label never held: it goes first.
        held = np.where(self.label_of >= 0, recent[self.label_of], 0.0) if self.n_labels else np.zeros(0)
        changed: list[int] = []
        if len(held):
            waiting = np.flatnonzero((self.slot_of[: self.n_labels] < 0) & (recent > HOLD * held.min()))
            waiting = waiting[np.argsort(-recent[waiting], kind="stable")][: len(held)]
            rarest = np.argsort(held, kind="stable")[: len(waiting)]
            takes = recent[waiting] > HOLD * held[rarest]  # from the most to the least of them
            slots, labels = rarest[takes], waiting[takes]
            left = self.label_of[slots]
            self.slot_of[left[left >= 0]] = -1
            self._give(slots, labels)
            changed = sorted(slots.tolist())
        recent *= FADE**step
        recent[recent < LEAST] = 0.0
        return changed

    def keep(self, positions: npt.NDArray[np.int64]) -> list[int]:
        """Keep the labels at `positions` (ascending) and drop the others; return the slots that became free."""
        kept = self.slot_of[positions]
        freed = np.setdiff1d(np.flatnonzero(self.label_of >= 0), kept)
        self.n_labels, self.slot_of, self.recent = len(positions), kept, self.recent[positions]
        self.label_of[:] = -1
        at = np.flatnonzero(kept >= 0)
        self.label_of[kept[at]] = at
        return [int(slot) for slot in freed]

    def _give(self, slots: npt.NDArray[np.int64], labels: npt.NDArray[np.int64]) -> None:
        self.label_of[slots] = labels
        self.slot_of[labels] = slots

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self.slot_of.nbytes + self.label_of.nbytes + self.recent.nbytes

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        return {
            "budget": self.budget,
            "n_labels": self.n_labels,
            "label_of": self.label_of.copy(),
            "recent": used(self.recent, self.n_labels),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> WatchedLabels:
        """Return what `state` was taken from."""
        watched = cls(state["budget"])
        watched.n_labels, watched.recent = state["n_labels"], np.array(state["recent"])
        watched.label_of = np.array(state["label_of"])
        watched.slot_of = np.full(watched.n_labels, -1)
        at = np.flatnonzero(watched.label_of >= 0)
        watched.slot_of[watched.label_of[at]] = at
        return watched
