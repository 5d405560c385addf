"""Labels that no longer occur together, each as frequent as before."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from streams.batch import COMPLETE, Batch
from streams.drift.changed import Amounts, ChangedLabels
from streams.drift.entries import Ids, with_labels


class DecoupledLabels(ChangedLabels):
    """From the change on the labels concerned occur independently of each other, each exactly as often as before.

    Within each block of 1,024 rows of the stream behind the occurrences of each label are moved to other changed rows
    at random, so no label changes its frequency. Of given rows it cannot be known what else their features would go
    with: a label that is moved loses what the features told of it too. For a change of the correlation that leaves
    what features tell as it was, see `streams.synthetic.meta` and its parameter `dependency_seed`. Rows whose labels
    are not all known stay as they are.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = DecoupledLabels(open_stream("yeast"), 1024, labels=["Class12", "Class13"])
    >>> sets = [y for x, y in stream.sets()]
    >>> pair = {"Class12", "Class13"}
    >>> sum(pair <= y for y in sets[:1024]), sum(pair <= y for y in sets[1024:2048])
    (760, 574)
    """

    kind = "label correlation"
    least: ClassVar[int] = 2

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:
        """Return the rows with the labels concerned moved among them."""
        complete = batch.status == COMPLETE

        def held(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            ranks = self.ranks(ids)
            rows = rows.copy()
            for rank in np.unique(ranks[ranks >= 0]).tolist():
                among = np.flatnonzero(complete & (amounts * len(self.chosen) > rank))
                moved = np.arange(len(batch))
                moved[among] = np.random.default_rng((self.seed, first, rank)).permutation(among)
                rows[ranks == rank] = moved[rows[ranks == rank]]
            return rows, ids

        return with_labels(batch, held, known=lambda rows, ids: (rows, ids))
