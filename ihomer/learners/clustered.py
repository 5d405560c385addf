"""A clustered expert: one learner for every cluster of labels, following the clusters as they split and merge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ihomer.arrays import renumbered
from ihomer.kernels.losses import faded_log_loss
from ihomer.learners.protocol import ClusterCore
from ihomer.rows import Rows
from streams.vocabulary import Vocabulary

Ids = npt.NDArray[np.int32]

#: How fast a learner's past loss is forgotten when two are compared: half of it after about 350 rows.
FADE = 0.998
#: A common learner must have been grown on so many rows before it can replace those it was grown beside.
LEAST_ROWS = 1000


@dataclass(slots=True)
class Common:
    """A learner of a whole cluster, grown beside the several ones that a merge left in it."""

    core: ClusterCore
    rows: int = 0
    #: Faded log loss (sum, weights) of itself and of the learners it is grown beside.
    loss: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    their_loss: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))

    def better(self) -> bool:
        """Whether it has been better, for long enough to tell."""
        return self.rows >= LEAST_ROWS and self.loss[0] * self.their_loss[1] < self.their_loss[0] * self.loss[1]


class Clustered:
    """One learner for every cluster of labels.

    At a split each child takes a copy of the learner and keeps its own labels. At a merge the learners stay, each for
    its own labels, so that nothing that is predicted changes; a common learner is grown beside them and replaces them
    when its faded log loss has become lower.

    Parameters
    ----------
    make
        Makes a learner for the given label ids.
    """

    def __init__(self, make: Callable[[Ids], ClusterCore]) -> None:
        self.make = make
        # Until there is a label, one learner has none: it learns what features look like.
        self.cores: list[ClusterCore] = [make(np.zeros(0, np.int32))]
        self.common: dict[int, Common] = {}  # cluster -> the learner grown for all of it

    def enter(self, ids: Ids, cluster_of: Ids) -> None:
        """Take on new labels: each goes to a learner of its cluster."""
        for cluster in np.unique(cluster_of[ids]).tolist():
            new = ids[cluster_of[ids] == cluster]
            for core in self.cores:
                if not len(core.columns) or cluster_of[core.columns[0]] == cluster:
                    core.add_columns(new)
                    break
            if cluster in self.common:
                self.common[cluster].core.add_columns(new)

    def regroup(self, cluster_of: Ids) -> None:
        """Follow new clusters: divide every learner whose labels are in several of them now."""
        divided: list[ClusterCore] = []
        for core in self.cores:
            clusters = cluster_of[core.columns]
            different = np.unique(clusters).tolist()
            for cluster in different[1:]:
                part = core.copy()
                part.keep_columns(core.columns[clusters == cluster])
                divided.append(part)
            if len(different) > 1:
                core.keep_columns(core.columns[clusters == different[0]])
            divided.append(core)
        self.cores = sorted(divided, key=lambda core: int(core.columns[0]))
        members = self._members(cluster_of)
        self.common = {
            cluster: self._common_of(cores)
            for cluster, cores in members.items()
            if len(cores) > 1
        }

    def _members(self, cluster_of: Ids) -> dict[int, list[ClusterCore]]:
        members: dict[int, list[ClusterCore]] = {}
        for core in self.cores:
            members.setdefault(int(cluster_of[core.columns[0]]), []).append(core)
        return members

    def _common_of(self, cores: list[ClusterCore]) -> Common:
        """Return the learner grown for all labels of `cores`: the one that is there, or a new one."""
        columns = np.sort(np.concatenate([core.columns for core in cores]))
        for common in self.common.values():
            if np.array_equal(common.core.columns, columns):
                return common
        return Common(self.make(columns))

    def block(
        self, rows: Rows, kinds: npt.NDArray[np.uint8], *, learn: bool
    ) -> npt.NDArray[np.float32]:
        """Return probabilities, float32 (n, labels), of each row before it is learned (if `learn`)."""
        out = np.zeros((len(rows), rows.n_labels), np.float32)
        for core in self.cores:
            if learn:
                core.test_then_train(rows, kinds, out)
            else:
                core.predict(rows, kinds, out)
        if learn:
            for common in self.common.values():
                theirs = np.zeros_like(out)
                common.core.test_then_train(rows, kinds, theirs)
                common.rows += len(rows)
                self._follow(common.loss, theirs, common.core.columns, rows)
                self._follow(common.their_loss, out, common.core.columns, rows)
        return out

    def keep(self, positions: npt.NDArray[np.int64], names: Vocabulary) -> None:
        """Keep the labels at `positions` (ascending), which are the labels of `names` now, and drop the others."""
        becomes = renumbered(int(max((core.columns.max(initial=-1) for core in self._all()), default=-1)) + 1, positions)
        for core in self._all():
            mine = core.columns[becomes[core.columns] >= 0]
            if len(mine) < len(core.columns):
                core.keep_columns(mine)
            core.renumber(becomes, names)
        self.common = {cluster: common for cluster, common in self.common.items() if len(common.core.columns)}
        # One without labels goes on as one that has none yet, if it is the only one.
        self.cores = [core for core in self.cores if len(core.columns)] or self.cores[:1]

    def _all(self) -> list[ClusterCore]:
        return [*self.cores, *(common.core for common in self.common.values())]

    @property
    def forgets_features(self) -> bool:
        """Whether every learner can drop features."""
        return all(hasattr(core, "keep_features") for core in self._all())

    def keep_features(self, positions: npt.NDArray[np.int64]) -> None:
        """Keep the features at `positions` (ascending) and drop the others; only where `forgets_features`."""
        for core in self._all():
            core.keep_features(positions)  # type: ignore[attr-defined]

    def needed(self, n_features: int) -> int:
        """Return the bytes that learners take with so many features, as far as they say."""
        return sum(core.needed(n_features) for core in self._all() if hasattr(core, "needed"))

    def _follow(self, state: npt.NDArray[np.float64], p: npt.NDArray[np.float32], columns: Ids, rows: Rows) -> None:
        faded_log_loss(p, columns, rows.label_indptr, rows.label_indices, rows.status, rows.limits, FADE, state)

    def replace(self, cluster_of: Ids) -> list[tuple[int, int]]:
        """Let common learners that have become better take over; return (cluster, learners replaced) of each."""
        done = []
        for cluster, common in list(self.common.items()):
            if common.better():
                theirs = self._members(cluster_of)[cluster]
                self.cores = [core for core in self.cores if not any(core is old for old in theirs)]
                self.cores = sorted([*self.cores, common.core], key=lambda core: int(core.columns[0]))
                del self.common[cluster]
                done.append((cluster, len(theirs)))
        return done

    @property
    def n_bytes(self) -> int:
        """Bytes held by all learners."""
        return sum(core.n_bytes for core in (*self.cores, *(common.core for common in self.common.values())))

    def state(self) -> dict[str, Any]:
        """Return everything that was learned as plain values and arrays."""
        return {
            "cores": [core.state() for core in self.cores],
            "common": [
                (cluster, c.core.state(), c.rows, c.loss.copy(), c.their_loss.copy())
                for cluster, c in sorted(self.common.items())
            ],
        }

    def restore(self, state: dict[str, Any], revive: Callable[[dict[str, Any]], ClusterCore]) -> None:
        """Take over what `state` holds; `revive` makes a learner of its state."""
        self.cores = [revive(core) for core in state["cores"]]
        self.common = {
            cluster: Common(revive(core), rows, loss, their_loss)
            for cluster, core, rows, loss, their_loss in state["common"]
        }
