"""What is kept of labels that were retired: little, and of a bounded number of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import grown, renumbered, used
from streams.names import Name

#: Weights that are kept of a label: the constant's and the seven largest.
WEIGHTS = 8
#: Bytes that a label takes: its weights and their ids, its numbers, its name and its place in dict and list.
BYTES = 16 * WEIGHTS + 200
#: In place of the id of a feature: the constant; none, or a feature that is gone.
CONSTANT, GONE = -1, -2


@dataclass(frozen=True, slots=True, eq=False)
class Essence:
    """What is kept of a label: the rows it held in, their share, and its largest weights (ids int32, weights float32)."""

    held: int
    share: float
    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


class RetiredLabels:
    """The last retired labels by name; the one that was retired first goes first, and is counted.

    Parameters
    ----------
    most
        How many are kept.

    Examples
    --------
    >>> import numpy as np
    >>> retired = RetiredLabels(1)
    >>> for name in "ab":
    ...     retired.add(name, Essence(3, 0.5, np.zeros(0, np.int32), np.zeros(0, np.float32)))
    >>> "a" in retired, "b" in retired, retired.forgotten, retired.take("b").held, len(retired)
    (False, True, 1, 3, 0)
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.forgotten = 0
        self._at: dict[Name, int] = {}  # name -> place in the ring
        self._names: list[Name | None] = []
        self._next = 0
        self._numbers = np.zeros((0, 2))
        self._ids = np.zeros((0, WEIGHTS), np.int32)
        self._weights = np.zeros((0, WEIGHTS), np.float32)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, name: Name) -> bool:
        return name in self._at

    @property
    def needed(self) -> int:
        """About how many bytes are held."""
        return BYTES * len(self._names)

    def add(self, name: Name, essence: Essence) -> None:
        """Keep a label, in place of the one that was retired first if there are as many as there may be."""
        place = self._next % self.most
        if place == len(self._names):
            self._names.append(None)
            self._numbers = grown(self._numbers, (place + 1, 2))
            self._ids, self._weights = grown(self._ids, (place + 1, WEIGHTS)), grown(self._weights, (place + 1, WEIGHTS))
        old = self._names[place]
        if old is not None:
            del self._at[old]
            self.forgotten += 1
        self._names[place], self._at[name] = name, place
        self._numbers[place] = essence.held, essence.share
        n = min(len(essence.ids), WEIGHTS)
        self._ids[place], self._weights[place] = GONE, 0
        self._ids[place, :n], self._weights[place, :n] = essence.ids[:n], essence.weights[:n]
        self._next += 1

    def take(self, name: Name) -> Essence:
        """Return what is kept of a label, and keep it no longer."""
        place = self._at.pop(name)
        self._names[place] = None
        mine = self._ids[place] != GONE
        held, share = self._numbers[place].tolist()
        return Essence(int(held), share, self._ids[place, mine], self._weights[place, mine])

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Follow features that are numbered anew: those at `positions` (ascending) are kept."""
        becomes = renumbered(max(int(self._ids.max(initial=-1)) + 1, 1), positions)
        on_feature = self._ids >= 0
        ids = becomes[self._ids[on_feature]]
        self._ids[on_feature] = np.where(ids < 0, GONE, ids)

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        n = len(self._names)
        return {
            "names": [name for name in self._names if name is not None],
            "empty": np.array([name is None for name in self._names], np.bool_),
            "next": self._next,
            "forgotten": self.forgotten,
            "numbers": used(self._numbers, n),
            "ids": used(self._ids, n),
            "weights": used(self._weights, n),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        names = iter(state["names"])
        self._names = [None if empty else next(names) for empty in state["empty"].tolist()]
        self._at = {name: place for place, name in enumerate(self._names) if name is not None}
        self._next, self.forgotten = state["next"], state["forgotten"]
        self._numbers, self._ids, self._weights = state["numbers"], state["ids"], state["weights"]
