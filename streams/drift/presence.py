"""Labels that come, and labels that go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.batch import Batch
from streams.drift.changed import Amounts, ChangedLabels
from streams.drift.entries import Ids, with_labels
from streams.drift.translation import Translation, with_label_ids
from streams.drift.when import When
from streams.names import Name
from streams.stream import Stream
from streams.vocabulary import Vocabulary


class VanishingLabels(ChangedLabels):
    """From the change on the labels concerned hold nowhere; when a recurring change ends they return.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`.

    Examples
    --------
    >>> from streams import open_stream
    >>> from streams.drift import recurring
    >>> stream = VanishingLabels(open_stream("yeast"), recurring(500, 1000), labels=["Class1"])
    >>> [(change.first, change.kind) for change in stream.truth]
    [(500, 'labels vanish'), (1500, 'labels return')]
    >>> holds = ["Class1" in y for x, y in stream.sets()]
    >>> any(holds[:500]), any(holds[500:1500]), any(holds[1500:])
    (True, False, True)
    """

    kind = "labels vanish"
    back = "labels return"

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows without the labels that are gone; of partial rows it is known that they do not hold."""

        def held(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            stays = ~self.reached(rows, ids, amounts)
            return rows[stays], ids[stays]

        return with_labels(batch, held, known=lambda rows, ids: (rows, ids))


class EmergingLabels(ChangedLabels):
    """Before the change nobody knows the labels concerned: they do not hold, and are not declared.

    Parameters
    ----------
    stream, when, labels, fraction, seed
        See `streams.drift.changed.ChangedLabels`.

    Raises
    ------
    StreamError
        If the stream declares no labels, none are given and it can be read only once.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = EmergingLabels(open_stream("yeast"), 500, labels=["Class1"])
    >>> x, y = next(iter(stream))
    >>> stream.declared_labels, "Class1" in y
    (13, False)
    >>> ["Class1" in y for x, y in stream.sets()].index(True)
    502
    """

    kind = "labels emerge"
    back = "labels vanish"

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
        self.labels = Vocabulary()
        self._to = Translation(stream.labels, self.labels)
        if declared := stream.declared_labels:
            new = set(self.chosen.tolist())
            for i in range(declared):
                if i not in new:
                    self.labels.add(stream.labels.name(i))
            self.declared_labels = len(self.labels)

    def untouched(self, batch: Batch) -> Batch:
        """Return the rows without the labels that nobody knows yet."""
        return self.edit(batch, 0, np.zeros(len(batch)))

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows without the labels that have not come yet."""

        def there(rows: Ids, ids: Ids) -> tuple[Ids, Ids]:
            new = self.ranks(ids) >= 0
            stays = ~new | self.reached(rows, ids, amounts)
            return rows[stays], ids[stays]

        return with_label_ids(with_labels(batch, there), self._to)
