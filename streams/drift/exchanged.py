"""Features that change their names among themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from streams.batch import Batch
from streams.drift.changed import Amounts, Ids
from streams.drift.changed_features import ChangedFeatures
from streams.drift.entries import rows_of
from streams.drift.permuted import along_cycle
from streams.vocabulary import NUMERIC


class PermutedFeatures(ChangedFeatures):
    """From the change on each feature concerned has the values that another one had before.

    The numeric features of the dense block follow each other in one random cycle, those stored sparsely in another
    one; of a nominal feature the categories met before the change do. Where a cycle would have one member only it
    stays as it was.

    Parameters
    ----------
    stream, when, features, fraction, seed
        See `streams.drift.changed_features.ChangedFeatures`.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = PermutedFeatures(open_stream("yeast"), 1, features=["Att1", "Att2"])
    >>> x, y = list(open_stream("yeast").sets())[1]
    >>> z, y = list(stream.sets())[1]
    >>> (z["Att1"], z["Att2"]) == (x["Att2"], x["Att1"]), z["Att3"] == x["Att3"]
    (True, True)
    """

    kind = "features permuted"

    @cached_property
    def cycles(self) -> list[Ids]:
        """The columns of each cycle, in their order in it; those of a cycle are all dense or all sparse."""
        dense = set(self.met.dense_ids.tolist())
        groups: dict[object, list[int]] = {}
        for rank, columns in enumerate(self.columns):
            for j in columns.tolist():
                numeric = self.stream.features.kind(j) == NUMERIC
                groups.setdefault((j in dense, None if numeric else rank), []).append(j)
        return [np.array(group, np.int64) for group in groups.values() if len(group) > 1]

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows with their features permuted."""
        rows = rows_of(batch.indptr)
        indices = batch.indices.astype(np.int64)
        dense = None if batch.dense is None else batch.dense.copy()
        for cycle in self.cycles:
            lengths = np.rint(amounts * (len(cycle) - 1)).astype(np.int64)
            place = np.full(len(batch.features), -1, np.int64)
            place[cycle] = np.arange(len(cycle))
            inside = place[batch.indices] >= 0
            indices[inside] = cycle[along_cycle(place[batch.indices[inside]], lengths[rows[inside]])]
            if dense is not None and batch.dense is not None and batch.dense_ids is not None:
                columns = np.flatnonzero(place[batch.dense_ids] >= 0)
                columns = columns[np.argsort(place[batch.dense_ids[columns]])]
                if len(columns):
                    to = along_cycle(np.arange(len(columns))[None, :], lengths[:, None])
                    dense[np.arange(len(batch))[:, None], columns[to]] = batch.dense[:, columns]
        order = np.lexsort((indices, rows))
        return replace(batch, indices=indices[order].astype(np.int32), values=batch.values[order], dense=dense)
