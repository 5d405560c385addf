"""Any river drift detector in the place of the ADWIN bank: a clone for every slot."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from river.base import DriftDetector

#: The weight of the newest value in the mean that says where a detector's values are now.
NEWEST = 1 / 32


class RiverBank:
    """Clones of a river drift detector, one for each slot; used as `AdwinBank`.

    A detector says that something changed, not which way: it rose if a faded mean of the last values (weight 1/32 for the
    newest) lies above the mean of all values since the slot's last alarm. Some microseconds a value (KSWIN: far more), as
    each goes through Python: for experiments. A parameter `seed` that is None becomes the number of the slot. Checkpoints
    hold the clones as pickles (`allow_pickle=True`).

    Parameters
    ----------
    n
        Number of slots.
    detector
        The detector to clone; it is given losses, numbers from 0 to 1.

    Raises
    ------
    TypeError
        If `detector` is not a `river.base.DriftDetector`: the binary ones (DDM, EDDM, HDDM) watch errors of one class.

    Examples
    --------
    >>> from river.drift import PageHinkley
    >>> bank = RiverBank(2, PageHinkley())
    >>> values = np.r_[np.zeros(500), np.ones(500)]
    >>> [(slot, round(before, 2), round(after, 2)) for slot, before, after in bank.rises(np.ones(1000, np.int64), values)]
    [(1, 0.1, 0.82)]
    """

    def __init__(self, n: int, detector: DriftDetector) -> None:
        if not isinstance(detector, DriftDetector):
            raise TypeError(f"detector must be a river.base.DriftDetector, found {type(detector).__name__}")
        self.detector = detector
        self._clones: list[DriftDetector] = []
        self._seen: list[list[float]] = []  # values since the last alarm: their number, sum, faded mean
        self.add(n)

    def __len__(self) -> int:
        return len(self._clones)

    def add(self, n: int, delta: float | None = None) -> None:  # noqa: ARG002 (a river detector has its own parameters)
        """Add `n` slots; `delta` is of no account."""
        for _ in range(n):
            self._clones.append(self._fresh(len(self._clones)))
            self._seen.append([0, 0.0, 0.0])

    def set_delta(self, delta: float) -> None:
        """Do nothing: a river detector has its own parameters."""

    def _fresh(self, slot: int) -> DriftDetector:
        parameters = self.detector._get_params()  # noqa: SLF001 (what river's own clone goes by)
        return self.detector.clone({"seed": slot} if parameters.get("seed", slot) is None else None)

    def rises(self, slots: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> list[tuple[int, float, float]]:
        """Give `values[i]` to slot `slots[i]`, in order; return where one rose: slot, mean since its last alarm, mean now."""
        found = []
        for slot, value in zip(slots.tolist(), values.tolist(), strict=True):
            seen, detector = self._seen[slot], self._clones[slot]
            n, total, late = seen
            late += max(NEWEST, 1 / (n + 1)) * (value - late)
            detector.update(value)
            if detector.drift_detected:
                before = total / max(n, 1)
                if late > before:
                    found.append((slot, before, late))
                seen[:] = [0, 0.0, 0.0]
            else:
                seen[:] = [n + 1, total + value, late]
        return found

    def reset(self, slot: int) -> None:
        """Put a fresh clone into a slot."""
        self._clones[slot], self._seen[slot] = self._fresh(slot), [0, 0.0, 0.0]

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        from ihomer.memory import bytes_of

        return bytes_of(self._clones) + bytes_of(self._seen)

    def state(self) -> dict[str, Any]:
        """Return everything; the clones as they are, for a pickle."""
        return {"clones": self._clones, "seen": np.array(self._seen, np.float64).reshape(-1, 3)}

    @classmethod
    def from_state(cls, state: dict[str, Any], detector: DriftDetector) -> RiverBank:
        """Return the bank that `state` was taken from, with `detector` for slots to come."""
        bank = cls(0, detector)
        bank._clones = list(state["clones"])
        bank._seen = [[float(x) for x in seen] for seen in state["seen"].tolist()]
        return bank
