"""Labels of a stream that occur together: whom a change of one cluster concerns."""

from __future__ import annotations

import numpy as np

from streams.drift.changed import blocks_of
from streams.drift.entries import rows_of
from streams.drift.scan import rows_before
from streams.names import Name
from streams.stream import ROWS, Stream


def label_cluster(stream: Stream, size: int, *, rows: int = 8 * ROWS, seed: int = 0) -> list[Name]:
    """Return the names of `size` labels that occur together, found in the first `rows` rows (1,024 at least).

    It begins with one of the more frequent half of the labels, drawn by `seed`; the one with the highest mean Jaccard
    similarity to those that are in it comes in next.

    Raises
    ------
    ValueError
        If fewer labels occur in those rows.
    StreamError
        If the stream can be read only once.

    Examples
    --------
    >>> from streams import open_stream
    >>> label_cluster(open_stream("synthetic:groups?labels=9&groups=3"), 3)
    ['label5', 'label2', 'label8']
    """
    from scipy.sparse import csr_array

    entries: list[np.ndarray[tuple[int, int], np.dtype[np.int64]]] = []
    seen = 0
    for block in rows_before(stream, blocks_of, rows):
        entries.append(np.stack([seen + rows_of(block.label_indptr), block.label_indices.astype(np.int64)]))
        seen += len(block)
    at, ids = np.concatenate(entries, axis=1) if entries else np.empty((2, 0), np.int64)
    if (n_met := len(np.unique(ids))) < size or size < 1:
        raise ValueError(f"size must be between 1 and {n_met}, the number of labels that occur, found {size}")
    holds = csr_array((np.ones(len(ids)), (at, ids)), shape=(seen, len(stream.labels)))
    count = holds.sum(axis=0)
    frequent = np.lexsort((np.arange(len(count)), -count))[: (n_met + 1) // 2]
    cluster = [int(frequent[np.random.default_rng(seed).integers(len(frequent))])]
    similar = np.zeros(len(count))
    while len(cluster) < size:
        both = holds.T @ holds[:, [cluster[-1]]].toarray()[:, 0]
        similar += both / np.maximum(count + count[cluster[-1]] - both, 1)
        rest = np.where(count > 0, similar, -1.0)
        rest[cluster] = -1.0
        cluster.append(int(np.argmax(rest)))
    return [stream.labels.name(i) for i in cluster]
