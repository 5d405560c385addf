"""A first look at all rows of a stream, for formats whose files begin with all names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch
from streams.errors import StreamError
from streams.stream import Stream
from streams.writers.unwritable import UnwritableError


@dataclass(slots=True)
class Survey:
    """What was found.

    Parameters
    ----------
    rows, cells
        How many rows, and how many features of them that are not 0.
    keys, times
        Whether a row has an id, a time.
    """

    rows: int = 0
    cells: int = 0
    keys: bool = False
    times: bool = False


def survey(stream: Stream) -> Survey:
    """Read `stream` once; StreamError if it could not be read again."""
    if not stream.rewinds:
        raise StreamError(
            f"{stream.name}: can be read only once, but this format begins with all names: "
            "convert it to JSON Lines or svmlight text first"
        )
    found = Survey()
    bad = stream.bad_rows.count, list(stream.bad_rows.first)
    for batch in stream.batches():
        found.rows += len(batch)
        found.cells += len(batch.indices)
        found.cells += 0 if batch.dense is None else int(np.count_nonzero(batch.dense))
        found.keys |= batch.keys is not None
        found.times |= batch.times is not None
    # Bad rows are met again when the rows are written; they are to be counted once.
    stream.bad_rows.count, stream.bad_rows.first = bad
    return found


def rows_at_once(width: int) -> int:
    """Return how many rows of `width` cells may be held as whole rows: a few million cells."""
    return max(1, min(1 << 12, (1 << 21) // max(1, width)))


def truth_table(batch: Batch, n_labels: int) -> npt.NDArray[np.int8]:
    """Return what is known of the labels of each row, (n, `n_labels`): 1 holds, 0 does not, -1 unknown.

    Raises
    ------
    StreamError
        If there are no labels, but a row is labelled: columns of labels cannot say that its set is empty.
    """
    if not n_labels and (batch.status == COMPLETE).any():
        raise UnwritableError("a labelled row, but no labels: only JSON Lines and svmlight text can hold that")
    truth = np.zeros((len(batch), n_labels), np.int8)
    truth[batch.status == UNLABELLED] = -1
    for row in np.flatnonzero(batch.status == PARTIAL).tolist():
        truth[row] = -1
        truth[row, batch.known(row)] = 0
    truth[np.repeat(np.arange(len(batch)), np.diff(batch.label_indptr)), batch.label_indices] = 1
    return truth
