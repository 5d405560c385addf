"""Evidence of the learner of the label's cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ihomer.explain.parts import Evidence, Nested
from ihomer.explain.stacked import stacked
from ihomer.explain.trees import of_mlhat
from ihomer.learners.clustered import Clustered
from ihomer.learners.linear_core import LinearCore
from ihomer.learners.mlhat_core import MLHATCore
from ihomer.learners.protocol import ClusterCore
from ihomer.rows import Rows
from streams.names import Name
from streams.vocabulary import Vocabulary


def of_cluster(
    clustered: Clustered, rows: Rows, label: int, names: tuple[Vocabulary, Sequence[Name]], k: int
) -> tuple[str, tuple[Evidence, ...]]:
    """Return the name of the learner that has the label, and its evidence; none if it is a river model.

    Parameters
    ----------
    clustered
        The learners of all clusters.
    rows
        One row, as it came.
    label
        Id of the label.
    names
        Of features and of labels.
    k
        So many items of a kind are told.
    """
    core: ClusterCore = next(core for core in clustered.cores if (core.columns == label).any())
    if isinstance(core, MLHATCore):
        return "MLHAT", of_mlhat(core, rows, label, names[0], k)
    if isinstance(core, LinearCore):
        columns = core.columns
        mine, position = rows.of_labels(columns), int(np.searchsorted(columns, label))
        theirs = [names[1][i] for i in columns.tolist()]
        no_others = np.zeros((0, 1, mine.n_labels), np.float32)
        experts = stacked(core.mixture, mine, position, (), no_others, (names[0], theirs), k)
        total = math.fsum(expert.part for expert in experts)
        return "LinearLearner", (Nested("experts under a stack of their own: what they add to its log-odds", total, experts),)
    return type(getattr(core, "model", core)).__name__, ()
