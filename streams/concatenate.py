"""Batches of one stream put together, and a stream of blocks cut into batches of another size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from streams.batch import Batch

T = TypeVar("T", bound=np.generic)


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Return the rows of all `batches`, in order, as one batch.

    Raises
    ------
    ValueError
        If there is no batch, or they do not share their vocabularies or the columns of their dense blocks.

    Examples
    --------
    >>> from streams import Batch
    >>> batch = Batch.from_pairs([({"a": 1.0}, {"red"}), ({"a": 2.0}, {"blue"})])
    >>> list(concatenate([batch.slice(1, 2), batch.slice(0, 1)]).pairs())
    [({'a': 2.0}, {'blue'}), ({'a': 1.0}, {'red'})]
    """
    if not batches:
        raise ValueError("there must be at least one batch")
    first = batches[0]
    if len(batches) == 1:
        return first
    for batch in batches:
        if batch.features is not first.features or batch.labels is not first.labels:
            raise ValueError("batches of one stream share their vocabularies, these do not")
        if not _same(batch.dense_ids, first.dense_ids):
            raise ValueError("batches of one stream have the same dense columns, these do not")
    known = any(batch.known_indptr is not None for batch in batches)
    keys = any(batch.keys is not None for batch in batches)
    times = any(batch.times is not None for batch in batches)
    places = all(batch.places is not None for batch in batches)
    return Batch(
        features=first.features,
        labels=first.labels,
        indptr=_offsets([batch.indptr for batch in batches]),
        indices=_joined([batch.indices for batch in batches]),
        values=_joined([batch.values for batch in batches]),
        label_indptr=_offsets([batch.label_indptr for batch in batches]),
        label_indices=_joined([batch.label_indices for batch in batches]),
        status=_joined([batch.status for batch in batches]),
        known_indptr=_offsets([_known_offsets(batch) for batch in batches]) if known else None,
        known_indices=_joined([batch.known_indices for batch in batches]) if known else None,
        dense=None if first.dense is None else _joined([batch.dense for batch in batches]),
        dense_ids=first.dense_ids,
        keys=[key for batch in batches for key in batch.keys or [None] * len(batch)] if keys else None,
        times=_joined([np.full(len(b), np.nan) if b.times is None else b.times for b in batches]) if times else None,
        places=_joined([batch.places for batch in batches]) if places else None,
    )


def in_batches_of(rows: int, blocks: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the rows of `blocks` (of one stream), in order, `rows` a batch; the last may hold fewer.

    Raises
    ------
    Exception
        What `blocks` raises, after all rows that came before it were yielded.
    """
    waiting: list[Batch] = []
    count = 0
    failure: Exception | None = None
    blocks = iter(blocks)
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001 (raised again after the rows before it)
            failure = error
            break
        start = 0
        while count + len(block) - start >= rows:
            stop = start + rows - count
            yield concatenate([*waiting, block.slice(start, stop)])
            waiting, count, start = [], 0, stop
        if start < len(block):
            waiting.append(block.slice(start, len(block)))
            count += len(block) - start
    if waiting:
        yield concatenate(waiting)
    if failure is not None:
        raise failure


def _joined(parts: Sequence[npt.NDArray[T] | None]) -> npt.NDArray[T]:
    return np.concatenate([part for part in parts if part is not None])


def _offsets(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    lengths = [np.diff(part) for part in parts]
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate(lengths))])


def _known_offsets(batch: Batch) -> npt.NDArray[np.int64]:
    return np.zeros(len(batch) + 1, np.int64) if batch.known_indptr is None else batch.known_indptr


def _same(a: npt.NDArray[np.int32] | None, b: npt.NDArray[np.int32] | None) -> bool:
    return a is b or (a is not None and b is not None and bool(np.array_equal(a, b)))
