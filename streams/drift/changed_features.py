"""What all changes of features share: which attributes and columns they concern."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from streams.drift.changed import Changed, Ids
from streams.drift.choice import choose
from streams.drift.when import When
from streams.names import Name
from streams.stream import Stream
from streams.vocabulary import NUMERIC


class ChangedFeatures(Changed, abc.ABC):
    """A change of some features (attributes: all categories of a nominal one together).

    What is concerned is looked for in the rows before the change: the stream must rewind.

    Parameters
    ----------
    stream
        What is changed.
    when
        Where: `sudden`, `gradual`, `incremental` or `recurring`; a row number is a sudden change.
    features
        Names of the features that may be concerned. Not given: all that are not 0 in some row before the change.
    fraction
        Which share of them is concerned, drawn by `seed`.
    seed
        Decides whatever is drawn.

    Raises
    ------
    ValueError
        If a feature is not met before the change, or there is none.
    StreamError
        If the stream can be read only once.
    """

    #: Whether nominal attributes can be concerned.
    nominal: ClassVar[bool] = True

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        features: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, seed)
        self._given, self.fraction = features, fraction

    @cached_property
    def attributes(self) -> list[Name]:
        """The features concerned, in a random order."""
        met, names = self.met.features.tolist(), self.stream.features
        if not self.nominal:
            met = [i for i in met if names.kind(i) == NUMERIC]
        among = list(dict.fromkeys(names.attribute(i) for i in met))
        if self._given is not None:
            for name in self._given:
                if name not in among:
                    what = "feature" if self.nominal else "numeric feature"
                    raise ValueError(f"{self.kind}: {what} {name!r} is not met before row {self.when.first}")
            among = list(self._given)
        order = choose(np.arange(len(among)), self.fraction, 1, self.seed, f"{self.kind}: features")
        return [among[i] for i in order.tolist()]

    @cached_property
    def columns(self) -> list[Ids]:
        """The columns of each of `attributes` that are met before the change."""
        met = set(self.met.features.tolist())
        return [
            np.array([i for i in self.stream.features.columns_of(name) if i in met], np.int64) for name in self.attributes
        ]

    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels and of the features concerned."""
        return (), tuple(self.attributes)
