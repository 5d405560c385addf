"""What a drift policy can do to a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ihomer.drift.alarm import Alarm
from ihomer.hierarchy.tree import ClusterTree
from ihomer.learners.generations import Generations
from ihomer.learners.many_labels import ManyLabels


@dataclass(frozen=True, slots=True)
class ModelHands:
    """The hands (`ihomer.drift.policy.Hands`) of a model made of these parts.

    Parameters
    ----------
    mixture
        The experts over all labels, or None if there are none: then nothing can begin anew.
    many
        What learns all labels where they are very many, or None; it can only be opened again.
    tree
        The hierarchy.
    """

    mixture: Generations | None
    many: ManyLabels | None
    tree: ClusterTree

    def renew(self) -> bool:
        """Let a young mixture begin beside the old one; False if there is one, or the last ended too lately."""
        return self.mixture is not None and self.mixture.renew()

    def reopen(self, labels: npt.NDArray[np.int32] | None) -> None:
        """Let all labels (None), or these, learn as fast as at the start; nothing learned is forgotten."""
        for learner in (self.mixture, self.many):
            if learner is not None and (labels is None or len(labels)):
                learner.reopen(labels)

    def recluster(self, cluster: int) -> None:  # noqa: ARG002 - counts of pairs are of all clusters
        """Let what the hierarchy counted so far weigh a quarter: what labels do from now on shows four times as soon."""
        self.tree.counts.age(0.25)

    def labels_of(self, alarm: Alarm) -> npt.NDArray[np.int32]:
        """Return the labels, int32, that an alarm concerns: all, a cluster's, or one."""
        if alarm.kind == "model":
            return np.arange(self.tree.n_labels, dtype=np.int32)
        if alarm.kind == "label":
            return np.array([alarm.index], np.int32)
        return np.flatnonzero(self.tree.cluster_of == alarm.index).astype(np.int32)
