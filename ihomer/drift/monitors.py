"""Detectors on what goes wrong: in the whole model, in every cluster and its structure, and in the labels."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from river.base import DriftDetector

from ihomer.blocks import WATCH, stride
from ihomer.drift.adwin import AdwinBank
from ihomer.drift.alarm import MODEL, Alarm
from ihomer.drift.river_bank import RiverBank
from ihomer.drift.watched_labels import WatchedLabels
from ihomer.kernels.losses import label_losses
from ihomer.probabilities import Probabilities, Sets
from ihomer.rows import Rows

__all__ = ["MODEL", "Alarm", "Monitors"]

#: How many labels have a monitor at most (about 1 kB each).
BUDGET = 512
#: Every so many rows the watched labels are chosen anew and their share of the error budget is set.
CHOICE = 8 * WATCH
#: Significance of the other monitors as shares of the model's `delta`: of a cluster, of its structure, and of all labels
#: together, who divide it, each getting a tenth at most. So few that with the default delta false alarms stay within 1 per
#: 100,000 rows for the model, .1 for a cluster, .02 for a label (`benchmarks.false_alarms`).
CLUSTER, STRUCTURE, LABELS, LABEL = 0.25, 0.05, 1.0, 0.1


class Monitors:
    """A detector for the model, two for every cluster and one for each of the labels that are watched.

    What they watch is defined in `ihomer.kernels.losses`: model and clusters one less the F1 of the row's probabilities;
    the structure of a cluster 1 / m, where m of its labels hold; a label its share of F1, in rows in which it holds or
    is predicted. Only what rises is an alarm. Alarms are collected until they are asked for.

    Parameters
    ----------
    delta
        Significance of the model's ADWIN; those of clusters and labels are stricter, as there are many of them.
    detector
        A river drift detector to clone for every monitor in the place of ADWIN (then `delta` is of no account).
    budget
        How many labels are watched at most: the most frequent of late (`ihomer.drift.watched_labels`). They share one
        error budget: the more of them, the stricter each.
    """

    def __init__(self, delta: float, detector: DriftDetector | None = None, budget: int = BUDGET) -> None:
        self.delta, self.detector, self.budget = delta, detector, budget
        # Slot 0: the model; 2 c + 1: cluster c; 2 c + 2: its structure.
        self.groups: AdwinBank | RiverBank = self._bank(1, delta)
        self.labels: AdwinBank | RiverBank = self._bank(0, delta * min(LABELS / budget, LABEL))
        self.watched = WatchedLabels(budget)
        self.rows = 0
        self.alarms: list[Alarm] = []

    def _bank(self, n: int, delta: float) -> AdwinBank | RiverBank:
        return AdwinBank(n, delta=delta) if self.detector is None else RiverBank(n, self.detector)

    def block(
        self, said: Probabilities, rows: Rows, cluster_of: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64], sets: Sets
    ) -> None:
        """Watch the losses of rows that were learned.

        Parameters
        ----------
        said
            Probabilities before each row was learned.
        rows
            Their truth; model, clusters and structure are watched in complete rows, labels wherever they are known.
        cluster_of
            int32 (L,): cluster numbers.
        sizes
            int64 (C,): how many labels each cluster has.
        sets
            The predicted label sets, CSR, ids ascending within a row.
        """
        self.watched.enter(rows.n_labels)
        if len(self.watched.label_of) > len(self.labels):
            self.labels.add(len(self.watched.label_of) - len(self.labels))
        start = 0
        while start < len(rows):  # cut where labels are chosen, so that it does not matter how rows come
            stop = min(len(rows), start + CHOICE - self.rows % CHOICE)
            if stop - start == len(rows):
                self._block(said, rows, cluster_of, sizes, sets)
            else:
                part = sets[0][start : stop + 1], sets[1]
                self._block(said.slice(start, stop), rows.slice(start, stop), cluster_of, sizes, part)
            self.rows += stop - start
            start = stop
            if self.rows % (CHOICE * (step := stride(self.watched.n_labels))) == 0:
                self._choose(step)

    def _block(
        self, said: Probabilities, rows: Rows, cluster_of: npt.NDArray[np.int32], sizes: npt.NDArray[np.int64], sets: Sets
    ) -> None:
        if 2 * len(sizes) + 1 > len(self.groups):
            self._add_clusters(len(sizes) - len(self.groups) // 2)
        for slot, before, after in self.groups.rises(*said.group_losses(rows, cluster_of, sizes, sets)):
            kind, cluster = ("structure" if slot % 2 == 0 else "cluster"), (slot - 1) // 2
            self.alarms.append(Alarm("model" if slot == 0 else kind, cluster, before, after))  # type: ignore[arg-type]
        room = int(rows.label_indptr[-1] - rows.label_indptr[0] + sets[0][-1] - sets[0][0])
        slots, losses = np.empty(room, np.int64), np.empty(room)
        n = label_losses(
            said.of_held(rows), rows.label_indptr, rows.label_indices, rows.status, rows.known_indptr, rows.known_indices,
            rows.limits, *sets, self.watched.slot_of, self.watched.recent, slots, losses,
        )  # fmt: skip
        for slot, before, after in self.labels.rises(slots[:n], losses[:n]):
            self.alarms.append(Alarm("label", int(self.watched.label_of[slot]), before, after))
        self.alarms.sort(key=lambda alarm: alarm.kind == "label")  # those of labels last, wherever blocks of rows were cut

    def _add_clusters(self, n: int) -> None:
        for _ in range(n):
            self.groups.add(1, self.delta * CLUSTER)
            self.groups.add(1, self.delta * STRUCTURE)

    def _choose(self, step: int) -> None:
        for slot in self.watched.choose(step):
            self.labels.reset(slot)
        self.labels.set_delta(self.delta * min(LABELS / max(len(self.watched), 1), LABEL))

    def take(self) -> list[Alarm]:
        """Return the alarms since the last time."""
        alarms, self.alarms = self.alarms, []
        return alarms

    def forget(self, clusters: list[int]) -> None:
        """Let the monitors of these clusters start anew: their labels are others now."""
        for cluster in clusters:
            for slot in (2 * cluster + 1, 2 * cluster + 2):
                if slot < len(self.groups):
                    self.groups.reset(slot)

    def keep(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the labels at `positions` (ascending) and drop the others; alarms of these are dropped too."""
        self.watched.enter(int(positions.max(initial=-1)) + 1)
        if len(self.watched.label_of) > len(self.labels):
            self.labels.add(len(self.watched.label_of) - len(self.labels))
        for slot in self.watched.keep(positions):
            self.labels.reset(slot)
        place = {int(label): i for i, label in enumerate(positions)}
        self.alarms = [
            alarm if alarm.kind != "label" else replace(alarm, index=place[alarm.index])
            for alarm in self.alarms
            if alarm.kind != "label" or alarm.index in place
        ]

    @property
    def n_bytes(self) -> int:
        """Bytes held."""
        return self.groups.n_bytes + self.labels.n_bytes + self.watched.n_bytes

    def state(self) -> dict[str, Any]:
        """Return everything that was seen as plain values and arrays; river detectors as they are."""
        return {
            "delta": self.delta,
            "detector": self.detector,
            "groups": self.groups.state(),
            "labels": self.labels.state(),
            "watched": self.watched.state(),
            "rows": self.rows,
            "alarms": [asdict(alarm) for alarm in self.alarms],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Monitors:
        """Return the monitors that `state` was taken from."""
        detector = state["detector"]
        monitors = cls(state["delta"], detector, state["watched"]["budget"])
        for name in ("groups", "labels"):
            kept = state[name]
            bank = AdwinBank.from_state(kept) if detector is None else RiverBank.from_state(kept, detector)
            setattr(monitors, name, bank)
        monitors.watched = WatchedLabels.from_state(state["watched"])
        monitors.rows = state["rows"]
        monitors.alarms = [Alarm(**alarm) for alarm in state["alarms"]]
        return monitors
