"""A bank of ADWIN detectors: as many as there are models, clusters or labels to watch."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ihomer.kernels import adwin as kernel


class AdwinBank:
    """Many ADWIN detectors with the same parameters but delta, on arrays (Bifet & Gavaldà, SDM 2007).

    Each slot flags the same changes, and has the same width and mean, as `river.drift.ADWIN` of the same values; as
    there, a detector starts from nothing with the value after an alarm.

    Parameters
    ----------
    n
        Number of detectors.
    delta
        Significance: the smaller, the fewer alarms. Slots that are added may have another one.
    clock
        A detector looks for a change after every `clock` values.
    max_buckets
        Buckets of each size; more are more exact.
    min_window_length
        Least length of both parts of a window.
    grace_period
        A window must be longer than this.

    Examples
    --------
    >>> import numpy as np
    >>> bank = AdwinBank(2)
    >>> values = np.r_[np.zeros(1000), np.ones(1000)]
    >>> changes = bank.update_many(np.zeros(2000, np.int64), values)
    >>> np.flatnonzero(changes).tolist(), changes.max()
    ([1023], np.int8(1))
    >>> bank.width
    array([976.,   0.])
    >>> bank.update(1, 5.0)
    0
    >>> bank.estimation
    array([1., 5.])
    """

    def __init__(
        self,
        n: int,
        *,
        delta: float = 0.002,
        clock: int = 32,
        max_buckets: int = 5,
        min_window_length: int = 5,
        grace_period: int = 10,
    ) -> None:
        if not 0 < delta < 1:
            raise ValueError(f"delta must lie between 0 and 1, found {delta!r}")
        least = {"clock": (clock, 1), "max_buckets": (max_buckets, 2), "min_window_length": (min_window_length, 1)}
        least["grace_period"] = (grace_period, 1)
        for name, (value, bound) in least.items():
            if value < bound:
                raise ValueError(f"{name} must be at least {bound}, found {value!r}")
        self.delta, self.clock, self.max_buckets = delta, clock, max_buckets
        self.min_window_length, self.grace_period = min_window_length, grace_period
        self._counts = np.zeros((0, 4), np.int32)
        self._sums = np.zeros((0, 4, max_buckets + 1))
        self._spreads = np.zeros((0, 4, max_buckets + 1))
        self._windows = np.zeros((0, 3))
        self._clocks = np.zeros((0, 3), np.int64)
        self._deltas = np.zeros(0)
        self._n = 0
        self.add(n)

    def __len__(self) -> int:
        return self._n

    def add(self, n: int, delta: float | None = None) -> None:
        """Add `n` detectors, of significance `delta` (None: the bank's); they get the next slots."""
        if n < 0:
            raise ValueError(f"n must not be negative, found {n!r}")
        start, self._n = self._n, self._n + n
        if self._n > len(self._counts):
            self._stretch(self._n + start // 4, self._counts.shape[1])
        self._clocks[start : self._n, kernel.LEVELS] = 1
        self._deltas[start : self._n] = self.delta if delta is None else delta

    def set_delta(self, delta: float) -> None:
        """Give all detectors this significance from now on, those to come too; what they have seen stays."""
        self.delta = delta
        self._deltas[: self._n] = delta

    def _stretch(self, slots: int, levels: int) -> None:
        for name in ("_counts", "_sums", "_spreads", "_windows", "_clocks"):
            old = getattr(self, name)
            shape = (slots, levels, *old.shape[2:]) if name in {"_counts", "_sums", "_spreads"} else (slots, 3)
            new = np.zeros(shape, old.dtype)
            new[tuple(slice(0, m) for m in old.shape)] = old
            setattr(self, name, new)
        deltas = np.zeros(slots)
        deltas[: len(self._deltas)] = self._deltas
        self._deltas = deltas

    def update(self, slot: int, value: float) -> int:
        """Give one value to a detector; return 1 if its mean rose, -1 if it fell, 0 if nothing changed."""
        return int(self.update_many(np.array([slot], np.int64), np.array([value], np.float64))[0])

    def update_many(
        self, slots: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int8]:
        """Give `values[i]` to the detector `slots[i]`, in order.

        Parameters
        ----------
        slots
            int64 (m,): may repeat.
        values
            float64 (m,): finite.

        Returns
        -------
        int8 (m,)
            1 where the value showed that the detector's mean had risen, -1 that it had fallen, else 0.

        Raises
        ------
        ValueError, IndexError
            If a value is not finite, or there is no such detector; then nothing has changed.
        """
        return self._run(slots, values)[0]

    def rises(self, slots: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> list[tuple[int, float, float]]:
        """Give values as `update_many`; return, in their order, where a mean rose: slot, mean before and after."""
        answers, means = self._run(slots, values)
        if not answers.any():
            return []
        at = np.flatnonzero(answers == kernel.ROSE)
        return [(int(slots[i]), float(means[i, 0]), float(means[i, 1])) for i in at]

    def _run(
        self, slots: npt.NDArray[np.int64], values: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
        slots = np.ascontiguousarray(slots, np.int64)
        values = np.ascontiguousarray(values, np.float64)
        if slots.shape != values.shape or slots.ndim != 1:
            raise ValueError(f"slots and values must be of one length, found shapes {slots.shape} and {values.shape}")
        if len(slots) and not (slots.min() >= 0 and slots.max() < self._n):
            raise IndexError(f"slots must lie in 0..{self._n - 1}, found {slots.min()}..{slots.max()}")
        if not np.isfinite(values).all():
            at = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"values must be finite, found {values[at]} at {at}")
        answers, means = np.zeros(len(slots), np.int8), np.empty((len(slots), 2))
        done = 0
        while True:
            done = kernel.adwin_update_many(
                self._counts, self._sums, self._spreads, self._windows, self._clocks, slots, values, done,
                self._deltas, self.clock, self.max_buckets, self.min_window_length, self.grace_period, answers, means,
            )  # fmt: skip
            if done == len(slots):
                return answers, means
            self._stretch(len(self._counts), self._counts.shape[1] + 4)

    def reset(self, slot: int) -> None:
        """Forget everything that a detector has seen."""
        if not 0 <= slot < self._n:
            raise IndexError(f"slot must lie in 0..{self._n - 1}, found {slot}")
        for array in (self._counts, self._sums, self._spreads, self._windows, self._clocks):
            array[slot] = 0
        self._clocks[slot, kernel.LEVELS] = 1

    @property
    def width(self) -> npt.NDArray[np.float64]:
        """float64 (n,): how many values each window holds."""
        return self._windows[: self._n, kernel.WIDTH].copy()

    @property
    def estimation(self) -> npt.NDArray[np.float64]:
        """float64 (n,): the mean of each window, 0 where it is empty."""
        return self._windows[: self._n, kernel.TOTAL] / np.maximum(self.width, 1.0)

    @property
    def n_bytes(self) -> int:
        """Bytes held, room to grow included."""
        arrays = (self._counts, self._sums, self._spreads, self._windows, self._clocks, self._deltas)
        return sum(array.nbytes for array in arrays)

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays, without room to grow and without what buckets once held."""
        levels = int(self._clocks[: self._n, kernel.LEVELS].max(initial=1))
        counts = self._counts[: self._n, :levels].copy()
        empty = np.arange(self.max_buckets + 1) >= counts[:, :, None]
        return {
            "delta": self.delta,
            "clock": self.clock,
            "max_buckets": self.max_buckets,
            "min_window_length": self.min_window_length,
            "grace_period": self.grace_period,
            "counts": counts,
            "sums": np.where(empty, 0.0, self._sums[: self._n, :levels]),
            "spreads": np.where(empty, 0.0, self._spreads[: self._n, :levels]),
            "windows": self._windows[: self._n].copy(),
            "clocks": self._clocks[: self._n].copy(),
            "deltas": self._deltas[: self._n].copy(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the bank that `state` was taken from."""
        names = ("delta", "clock", "max_buckets", "min_window_length", "grace_period")
        bank = cls(0, **{name: state[name] for name in names})
        for name in ("counts", "sums", "spreads", "windows", "clocks", "deltas"):
            setattr(bank, f"_{name}", np.array(state[name]))
        bank._n = len(bank._clocks)
        return bank
