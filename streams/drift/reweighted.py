"""Labels that become rarer or more frequent, while nothing else about them changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from streams.batch import Batch
from streams.drift.chance import uniform
from streams.drift.changed import ChangedLabels, blocks_of, truth_of
from streams.drift.entries import rows_of
from streams.drift.when import When
from streams.names import Name
from streams.select import select_rows
from streams.stream import Stream


class ReweightedLabels(ChangedLabels):
    """From the change on some rows are left out, by whether a label concerned holds in them.

    What features tell of labels stays as it was, and so does what rows of each kind look like. Rows are counted in
    what is left, so `when` says where the change is in the stream that is read; its length is not known ahead.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`; `fraction` is a quarter if not given, for of all labels nearly every
        row holds one.
    held
        Probability that a row in which any of the labels concerned holds stays: below 1 they become rarer.
    others
        Probability that any other row stays: below 1 the labels concerned become more frequent.

    Raises
    ------
    ValueError
        If a probability is not between 0 and 1, or `stream` has changes that are not over where this one begins: their
        places would move. Give it the stream as it was, and change the result.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = ReweightedLabels(open_stream("yeast"), 500, labels=["Class1"], held=0.2)
    >>> holds = ["Class1" in y for x, y in stream.sets()]
    >>> sum(holds[:500]) / 500, round(sum(holds[500:]) / len(holds[500:]), 3)
    (0.322, 0.091)
    """

    kind = "label frequency"

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        labels: Sequence[Name] | None = None,
        fraction: float | None = None,
        held: float = 1.0,
        others: float = 1.0,
        seed: int = 0,
    ) -> None:
        fraction = (0.25 if labels is None else 1.0) if fraction is None else fraction
        super().__init__(stream, when, labels=labels, fraction=fraction, seed=seed)
        for name, chance in (("held", held), ("others", others)):
            if not 0 <= chance <= 1:
                raise ValueError(f"{name} must be between 0 and 1, found {chance}")
        if behind := truth_of(stream):
            last = max(change.last for change in behind)
            if last >= self.when.first:
                raise ValueError(
                    f"{self.kind}: leaves out rows from row {self.when.first} on, but the stream behind changes until row "
                    f"{last}, which would move: change the frequencies first, then the result"
                )
        self.held, self.others = held, others
        self.length = None

    def blocks(self) -> Iterator[Batch]:
        """Yield the rows that stay."""
        read = kept = 0
        for block in blocks_of(self.stream):
            holds = np.bincount(rows_of(block.label_indptr)[self.ranks(block.label_indices) >= 0], minlength=len(block))
            stay = np.where(holds > 0, self.held, self.others).tolist()
            drawn = uniform(self.seed, self._salt, np.arange(read, read + len(block))).tolist()
            strength = self.when.strength(np.arange(kept, kept + len(block) + 1)).tolist()
            rows: list[int] = []
            for i in range(len(block)):
                if drawn[i] < 1 - strength[len(rows)] * (1 - stay[i]):
                    rows.append(i)
            read += len(block)
            kept += len(rows)
            yield block if len(rows) == len(block) else select_rows(block, np.array(rows, np.int64))
