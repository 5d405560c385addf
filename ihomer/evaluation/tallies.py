"""Three ways to add up scored rows: over all of them, over the last N, and with the past fading."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ihomer.kernels import metrics as kernels

T = TypeVar("T", bound=np.generic)

#: Factor by which room grows, so that growing costs O(1) an entry.
_GROWTH = 2
#: Codes that a window has room for at first.
_ROOM = 1024


@dataclass(slots=True, frozen=True, eq=False)
class Scored:
    """What `score_rows` found in a block of rows, and what it was given: see there.

    `top_scores` are the scores of `top_ids`; ids are those of the evaluation.
    """

    rows: int
    code_indptr: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float64]
    status: npt.NDArray[np.uint8]
    known_indptr: npt.NDArray[np.int64]
    known_ids: npt.NDArray[np.int32]
    top_ids: npt.NDArray[np.int32]
    top_scores: npt.NDArray[np.float32]


class Observer(Protocol):
    """What else is found out about the rows that `Metrics` scores."""

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""


class Tally(abc.ABC):
    """Counts per label and sums over rows."""

    @abc.abstractmethod
    def add(self, scored: Scored) -> None:
        """Add rows, in order."""

    @abc.abstractmethod
    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""

    @abc.abstractmethod
    def totals(self) -> tuple[npt.NDArray[np.int64] | npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
        """Return counts per label, sums and number of rows, as `measures` takes them."""

    @abc.abstractmethod
    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending), which become 0, 1, 2, ...; forget the others."""

    @abc.abstractmethod
    def state(self, n_labels: int) -> dict[str, Any]:
        """Return what was added, of the labels 0..n_labels - 1, as plain values and arrays."""

    @abc.abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Become, to the bit, what `state` was taken from."""


class Cumulative(Tally):
    """All rows since the start; counts in int64."""

    def __init__(self) -> None:
        self.counts = np.zeros((0, 3), np.int64)
        self.sums = np.zeros(kernels.N_SHARES)
        self.rows = 0

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""
        kernels.add_rows(scored.rows, scored.code_indptr, scored.codes, scored.shares, self.counts, self.sums)
        self.rows += scored.rows

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""
        self.counts = taller(self.counts, n_labels)

    def totals(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], float]:
        """Return counts per label, sums and number of rows."""
        return self.counts, self.sums, self.rows

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions`."""
        self.counts = self.counts[positions]

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return what was added."""
        return {"counts": self.counts[:n_labels].copy(), "sums": self.sums.copy(), "rows": self.rows}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        self.counts, self.sums, self.rows = state["counts"].copy(), state["sums"].copy(), state["rows"]


class Windowed(Tally):
    """The last `size` scored rows, exactly: what each row added is kept until it leaves.

    The sums are taken anew from the rows whenever they are asked for, so nothing drifts however long it runs.
    """

    def __init__(self, size: int) -> None:
        self.counts = np.zeros((0, 3), np.int64)
        self._shares = np.zeros((size, kernels.N_SHARES))
        self._sizes = np.zeros(size, np.int64)
        self._codes = np.zeros(_ROOM, np.int32)
        self._state = np.zeros(4, np.int64)

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""
        first, used = int(self._state[2]), int(self._state[3])
        needed = used + int(scored.code_indptr[scored.rows])
        if needed > len(self._codes):
            codes = np.zeros(_GROWTH * needed, np.int32)
            codes[:used] = np.roll(self._codes, -first)[:used]
            self._codes = codes
            self._state[2] = 0
        kernels.slide_rows(
            scored.rows, scored.code_indptr, scored.codes, scored.shares,
            self.counts, self._shares, self._sizes, self._codes, self._state,
        )  # fmt: skip

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""
        self.counts = taller(self.counts, n_labels)

    def totals(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], float]:
        """Return counts per label, sums and number of rows."""
        rows = int(self._state[1])
        return self.counts, self._shares[:rows].sum(axis=0), rows

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions`, all labels of the window among them."""
        becomes = np.zeros(len(self.counts), np.int32)
        becomes[positions] = np.arange(len(positions), dtype=np.int32)
        codes = self._in_order()
        self.counts = self.counts[positions]
        self._lay_out(becomes[codes >> 2] * 4 + (codes & 3))

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return what was added. Rows stay in their slots: in another order, the sums might have other last bits."""
        return {
            "counts": self.counts[:n_labels].copy(),
            "shares": self._shares.copy(),
            "sizes": self._sizes.copy(),
            "codes": self._in_order().copy(),
            "oldest": int(self._state[0]),
            "rows": int(self._state[1]),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from; ValueError if its window had another size."""
        if len(state["sizes"]) != len(self._sizes):
            raise ValueError(f"the state has a window of {len(state['sizes'])} rows, expected {len(self._sizes)}")
        self.counts = state["counts"].copy()
        self._shares, self._sizes = state["shares"].copy(), state["sizes"].copy()
        self._state[:2] = state["oldest"], state["rows"]
        self._lay_out(state["codes"])

    def _in_order(self) -> npt.NDArray[np.int32]:
        """Return the codes of the rows in the window, oldest first."""
        return np.roll(self._codes, -int(self._state[2]))[: self._state[3]]

    def _lay_out(self, codes: npt.NDArray[np.int32]) -> None:
        """Let the ring hold `codes`, oldest first."""
        self._codes = np.zeros(max(_ROOM, _GROWTH * len(codes)), np.int32)
        self._codes[: len(codes)] = codes
        self._state[2:] = 0, len(codes)


class Faded(Tally):
    """All rows, each counting `fading` times as much with every row that follows it."""

    def __init__(self, fading: float) -> None:
        self.fading = fading
        self.sums = np.zeros(kernels.N_SHARES)
        self._scaled = np.zeros((0, 3))
        self._state = np.array([1.0, 0.0])

    def add(self, scored: Scored) -> None:
        """Add rows, in order."""
        kernels.fade_rows(
            scored.rows, scored.code_indptr, scored.codes, scored.shares,
            self._scaled, self.sums, self._state, self.fading,
        )  # fmt: skip

    def grow(self, n_labels: int) -> None:
        """Make room for the labels 0..n_labels - 1."""
        self._scaled = taller(self._scaled, n_labels)

    def totals(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
        """Return counts per label, sums and number of rows."""
        return self._scaled / self._state[0], self.sums, float(self._state[1])

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions`."""
        self._scaled = self._scaled[positions]

    def state(self, n_labels: int) -> dict[str, Any]:
        """Return what was added."""
        return {"scaled": self._scaled[:n_labels].copy(), "sums": self.sums.copy(), "weight": self._state.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Become what `state` was taken from."""
        self._scaled, self.sums, self._state = state["scaled"].copy(), state["sums"].copy(), state["weight"].copy()


def taller(array: npt.NDArray[T], rows: int) -> npt.NDArray[T]:
    """Return `array` with zeros below it, for at least `rows` rows; itself if it is tall enough."""
    if rows <= len(array):
        return array
    grown = np.zeros((max(rows, _GROWTH * len(array)), *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
