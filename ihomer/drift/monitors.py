"""ADWIN on the losses of the model and of every cluster."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.drift.adwin import AdwinBank
from ihomer.kernels.losses import soft_f1_losses
from ihomer.rows import Rows

#: The monitor of the whole model, among those of the clusters 0, 1, 2, ...
MODEL = -1


@dataclass(frozen=True, slots=True)
class Alarm:
    """One monitor's alarm: the loss rose.

    Parameters
    ----------
    cluster
        Cluster number, or MODEL.
    before, after
        Mean loss over the window before the row that raised the alarm, and over what is left of it after.
    """

    cluster: int
    before: float
    after: float


class Monitors:
    """One ADWIN for the model and one for every cluster; alarms are collected until they are asked for.

    The loss of a row is one less the F1 of its probabilities, see `ihomer.kernels.losses.soft_f1_losses`.

    Parameters
    ----------
    delta
        Confidence of every ADWIN.
    """

    def __init__(self, delta: float) -> None:
        self.delta = delta
        self.bank = AdwinBank(1, delta=delta)  # slot 0: the model; slot c + 1: cluster c
        self.alarms: list[Alarm] = []

    def block(
        self,
        p: npt.NDArray[np.float32],
        rows: Rows,
        cluster_of: npt.NDArray[np.int32],
        sets: tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]],
    ) -> None:
        """Watch the losses of complete rows.

        Parameters
        ----------
        p
            float32 (n, L): probabilities before each row was learned.
        rows
            Their truth.
        cluster_of
            int32 (L,): cluster numbers.
        sets
            The predicted label sets, CSR.
        """
        n_clusters = int(cluster_of.max(initial=0)) + 1
        if n_clusters + 1 > len(self.bank):
            self.bank.add(n_clusters + 1 - len(self.bank))
        slots = np.empty(len(rows) * (n_clusters + 1), np.int64)
        losses = np.empty(len(slots), np.float64)
        n = soft_f1_losses(
            p, rows.label_indptr, rows.label_indices, rows.status, rows.limits, cluster_of, *sets, n_clusters,
            np.empty((n_clusters + 1, 3)), slots, losses,
        )  # fmt: skip
        rises = self.bank.rises(slots[:n], losses[:n])
        self.alarms += [Alarm(slot - 1, before, after) for slot, before, after in rises]

    def take(self) -> list[Alarm]:
        """Return the alarms since the last time."""
        alarms, self.alarms = self.alarms, []
        return alarms

    def forget(self, clusters: list[int]) -> None:
        """Let the monitors of these clusters start anew: their labels are others now."""
        for cluster in clusters:
            if cluster + 1 < len(self.bank):
                self.bank.reset(cluster + 1)

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self.bank.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything that was seen as plain values and arrays."""
        return {"delta": self.delta, "bank": self.bank.state(), "alarms": [asdict(alarm) for alarm in self.alarms]}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Monitors:
        """Return the monitors that `state` was taken from."""
        monitors = cls(state["delta"])
        monitors.bank = AdwinBank.from_state(state["bank"])
        monitors.alarms = [Alarm(**alarm) for alarm in state["alarms"]]
        return monitors
