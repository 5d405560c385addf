"""Labels that change their names among themselves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from streams.batch import Batch
from streams.drift.changed import Amounts, ChangedLabels
from streams.drift.entries import Ids, with_labels


class PermutedLabels(ChangedLabels):
    """From the change on each label concerned stands for what another one stood for before.

    They follow each other in one random cycle, so that none keeps its meaning. Label sets keep their sizes. An
    incremental change begins with a cycle of two labels, which takes in one label after the other.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`.

    Examples
    --------
    >>> from streams import open_stream
    >>> from streams.drift import sudden, truth_of
    >>> stream = PermutedLabels(open_stream("yeast"), sudden(1000), fraction=0.25, seed=3)
    >>> truth_of(stream)[0].labels
    ('Class11', 'Class10', 'Class14', 'Class3')
    """

    kind = "labels permuted"
    least: ClassVar[int] = 2

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows with their labels permuted."""
        lengths = np.rint(amounts * (len(self.chosen) - 1)).astype(np.int64)

        def held(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            ranks = self.ranks(ids)
            inside = ranks >= 0
            ids = ids.copy()
            ids[inside] = self.chosen[along_cycle(ranks[inside], lengths[rows[inside]])]
            return rows, ids

        return with_labels(batch, held)


def along_cycle(places: Ids, lengths: Ids) -> Ids:
    """Return the next place in the cycle 0, 1, ..., `lengths`, 0; places beyond stay.

    Examples
    --------
    >>> along_cycle(np.arange(5), np.full(5, 2)).tolist()
    [1, 2, 0, 3, 4]
    """
    return np.where(places < lengths, places + 1, np.where(places == lengths, 0, places))
