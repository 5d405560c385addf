"""Batches with other vocabularies than their own, so that batches of several can follow one another as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.concatenate import concatenate
from streams.vocabulary import Vocabulary

_Ids = npt.NDArray[np.int32]


def joined(batches: Sequence[Batch]) -> Batch:
    """Return the rows of all batches, in order, as one, whatever their vocabularies.

    Raises
    ------
    ValueError
        If there is no batch, a name is a number here and a category there, or only some have dense blocks.

    Examples
    --------
    >>> from streams import Batch
    >>> one, other = Batch.from_pairs([({"a": 1.0}, {"l"})]), Batch.from_pairs([({"b": 2.0, "a": 3.0}, {"m"})])
    >>> list(joined([one, other]).pairs())
    [({'a': 1.0}, {'l'}), ({'a': 3.0, 'b': 2.0}, {'m'})]
    """
    if len({(id(batch.features), id(batch.labels)) for batch in batches}) > 1:
        features, labels = Vocabulary(), Vocabulary()
        batches = [rebased(batch, features, labels) for batch in batches]
    return concatenate(batches)


def rebased(batch: Batch, features: Vocabulary, labels: Vocabulary) -> Batch:
    """Return a batch with the ids of other vocabularies, which grow by the names of its rows."""
    dense_ids = _NONE if batch.dense_ids is None else batch.dense_ids
    table = _table(batch.features, features, dense_ids, batch.indices)
    indices, order = _sorted_rows(batch.indptr, table[batch.indices])
    known = _NONE if batch.known_indices is None else batch.known_indices
    label_table = _table(batch.labels, labels, batch.label_indices, known)
    known_indices = None
    if batch.known_indptr is not None:
        known_indices = _sorted_rows(batch.known_indptr, label_table[known])[0]
    return replace(
        batch,
        features=features,
        labels=labels,
        indices=indices,
        values=batch.values[order],
        label_indices=_sorted_rows(batch.label_indptr, label_table[batch.label_indices])[0],
        known_indices=known_indices,
        dense_ids=None if batch.dense_ids is None else table[dense_ids],
    )


_NONE = np.zeros(0, np.int32)


def _table(source: Vocabulary, target: Vocabulary, *ids: _Ids) -> _Ids:
    """Return the table from ids of `source` to ids of `target` for those that stand in `ids`; they enter."""
    used = list(dict.fromkeys(np.concatenate(ids).tolist()))
    table = np.full(len(source), -1, np.int32)
    table[used] = [target.add_like(source, i) for i in used]
    return table


def _sorted_rows(indptr: npt.NDArray[np.int64], ids: _Ids) -> tuple[_Ids, npt.NDArray[Any]]:
    """Return the ids ascending within each row, and the order that makes them so."""
    order = np.lexsort((ids, np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))))
    return ids[order], order
