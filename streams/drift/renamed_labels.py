"""Labels that go on under other names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from streams.batch import Batch
from streams.drift.changed import Amounts, ChangedLabels
from streams.drift.entries import Ids, with_labels
from streams.drift.fresh import fresh_name
from streams.drift.translation import Translation, with_label_ids
from streams.drift.when import When
from streams.names import Name
from streams.stream import Stream


class RenamedLabels(ChangedLabels):
    """From the change on the labels concerned have new names, which are not declared.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`. Label ``a`` becomes ``a'``.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = RenamedLabels(open_stream("yeast"), 4, labels=["Class4", "Class6"])
    >>> [sorted(y) for _, (x, y) in zip(range(5), stream.sets())][3:]
    [['Class3', 'Class4'], ['Class3', "Class4'", 'Class5', "Class6'"]]
    """

    kind = "labels renamed"
    parts: int = 1

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        labels: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, labels=labels, fraction=fraction, seed=seed)
        self.labels = stream.labels.copy()
        self._to = Translation(stream.labels, self.labels)

    @cached_property
    def names(self) -> list[list[str]]:
        """The new names of each label in `chosen`."""
        taken = self.stream.labels.copy()
        new: list[list[str]] = []
        for i in self.chosen.tolist():
            own = [fresh_name(taken.name(i), f".{k + 1}" if self.parts > 1 else "'", taken) for k in range(self.parts)]
            for name in own:
                taken.add(name)
            new.append(own)
        return new

    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels concerned, the new ones behind the old ones."""
        before, none = super().concerned()
        return (*before, *(name for own in self.names for name in own)), none

    def untouched(self, batch: Batch) -> Batch:
        """Return the rows with the old names."""
        return with_label_ids(batch, self._to)

    def part_of(self, batch: Batch, rows: Ids, ranks: Ids) -> Ids:  # noqa: ARG002
        """Return which of the new names the labels with these places in `chosen` have in these rows."""
        return np.zeros(len(rows), np.int64)

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows with the new names."""

        def held(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            reached = self.reached(rows, ids, amounts)
            ranks = self.ranks(ids[reached])
            new = np.empty(len(ids), np.int64)
            new[~reached] = self._to(ids[~reached])
            new[reached] = self._new_ids(ranks, self.part_of(batch, rows[reached], ranks))
            return rows, new

        def known(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            reached = self.reached(rows, ids, amounts)
            ranks = self.ranks(ids[reached])
            new = [self._new_ids(ranks, np.full(len(ranks), k)) for k in range(self.parts)]
            return (
                np.concatenate([rows[~reached], *[rows[reached]] * self.parts]),
                np.concatenate([self._to(ids[~reached]), *new]),
            )

        return with_labels(batch, held, known, self.labels)

    def _new_ids(self, ranks: Ids, parts: Ids) -> Ids:
        names = [self.names[rank][part] for rank, part in zip(ranks.tolist(), parts.tolist(), strict=True)]
        for name in sorted(set(names)):
            self.labels.add(name)
        return np.array([self.labels.get(name) for name in names], np.int64)
