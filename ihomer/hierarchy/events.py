"""What is told of a change of the tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(slots=True, frozen=True, eq=False)
class Change:
    """One split, merge or move of labels.

    Parameters
    ----------
    row
        Labelled rows learned before it.
    kind
        "split": cluster `before[0]` became the clusters `after`, whose common parent keeps its number. "merge": the
        clusters `before` became `after[0]`. "move": the labels `members` went from cluster `before[0]` to `after[0]`.
    before, after
        Cluster numbers.
    members
        int32: the labels that are concerned.
    statistics
        d0, d1 and mean (smallest, largest and mean dissimilarity 1 - Jaccard among the labels before a split or
        after a merge), and eps, n, gain: Hoeffding bound, sample size and the gain that was compared with it.
    """

    row: int
    kind: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    members: npt.NDArray[np.int32]
    statistics: dict[str, float]
