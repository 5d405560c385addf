"""Rows that turn out to be bad after their block was made: left out, or the end of the stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from streams.batch import Batch
from streams.errors import BadRows, RowError, StreamError
from streams.select import select_rows


def without(batch: Batch, faults: Mapping[int, RowError], bad_rows: BadRows) -> Iterator[Batch]:
    """Yield the rows of `batch` that have no fault; under a policy that raises, those before the first fault.

    Raises
    ------
    StreamError
        What `bad_rows` raises, after those rows were yielded.
    """
    for row in sorted(faults):
        try:
            bad_rows(faults[row])
        except StreamError:
            yield select_rows(batch, np.array([r for r in range(row) if r not in faults], np.int64))
            raise
    if faults:
        batch = select_rows(batch, np.array([r for r in range(len(batch)) if r not in faults], np.int64))
    yield batch
