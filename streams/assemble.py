"""Rows that a reader adds one by one become batches; what came before a fault is delivered before it is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from streams.batch import Batch
from streams.errors import RowError, StreamError


class Collector(Protocol):
    """What rows are added to: `streams.rows.RowBuilder` or `streams.message.MessageRows`."""

    def __len__(self) -> int: ...

    def take(self) -> Batch:
        """Return the rows added so far and begin anew."""
        ...


class Faults:
    """Remembers the rows that only show to be bad when a batch is taken; give `note` as `on_bad_row`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.found: list[RowError] = []

    def note(self, place: int, why: str) -> None:
        """Remember that the row at `place` cannot be taken, and why."""
        self.found.append(RowError(self.source, place, 0, why))


def in_batches(
    steps: Iterator[object], collector: Collector, faults: Faults, bad_rows: Callable[[RowError], None], rows: int
) -> Iterator[Batch]:
    """Yield what `steps` adds to `collector`, `rows` a batch.

    Parameters
    ----------
    steps
        Adds at most one row to `collector` each time it is advanced; may raise StreamError.
    collector, faults
        Where the rows are; `faults.note` is what the collector calls for a row that it leaves out.
    bad_rows
        The policy for these rows (see `streams.errors.BadRows`): called with each.
    rows
        Rows a batch.

    Raises
    ------
    StreamError
        What `steps` or `bad_rows` raised, after all rows that stand before it were yielded.
    """
    failure: StreamError | None = None
    going = True
    while going:
        try:
            for _ in steps:
                if len(collector) >= rows:
                    break
            else:
                going = False
        except StreamError as error:
            failure, going = error, False
        if not len(collector):
            continue
        batch = collector.take()
        for fault in faults.found:
            try:
                bad_rows(fault)
            except StreamError as error:
                assert batch.places is not None
                batch = batch.slice(0, int(np.searchsorted(batch.places, fault.line)))
                failure, going = error, False
                break
        faults.found.clear()
        if len(batch):
            yield batch
    if failure is not None:
        raise failure
