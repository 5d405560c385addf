"""Features that go on under other names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.drift.changed import Amounts
from streams.drift.changed_features import ChangedFeatures
from streams.drift.entries import rows_of
from streams.drift.fresh import fresh_name
from streams.drift.translation import Translation, with_feature_ids
from streams.drift.when import When
from streams.names import Name
from streams.stream import Stream
from streams.vocabulary import Vocabulary


class RenamedFeatures(ChangedFeatures):
    """From the change on the features concerned have new names; the old ones are 0.

    The values of a column of the dense block are stored sparsely under the new name.

    Parameters
    ----------
    stream, when, features, fraction, seed
        See `streams.drift.changed_features.ChangedFeatures`. Feature ``a`` becomes ``a'``.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = RenamedFeatures(open_stream("synthetic:rbf?rows=2&features=2"), 1, features=["x0"])
    >>> [sorted(x) for x, y in stream.sets()]
    [['x0', 'x1'], ["x0'", 'x1']]
    """

    kind = "features renamed"

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        features: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, features=features, fraction=fraction, seed=seed)
        self.features = stream.features.copy()
        self._to = Translation(stream.features, self.features)

    @cached_property
    def names(self) -> list[str]:
        """The new name of each of `attributes`."""
        names, taken = self.stream.features, self.stream.features.copy()
        for i in range(len(names)):
            if (attribute := names.attribute(i)) not in taken:
                taken.add(attribute)
        new: list[str] = []
        for name in self.attributes:
            new.append(fresh_name(name, "'", taken))
            taken.add(new[-1])
        return new

    def concerned(self) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Return the names of the labels and of the features concerned."""
        return (), (*self.attributes, *self.names)

    def untouched(self, batch: Batch) -> Batch:
        """Return the rows with the old names."""
        return with_feature_ids(batch, self._to)

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:  # noqa: ARG002
        """Return the rows with the new names."""
        place = self._places(batch.features)
        rows, indices, values, dense = rows_of(batch.indptr), batch.indices.astype(np.int64), batch.values, batch.dense
        renamed = self._reached(place[indices], amounts[rows])
        if dense is not None and batch.dense_ids is not None:
            cells = self._reached(place[batch.dense_ids][None, :], amounts[:, None]) & (dense != 0)
            more, columns = np.nonzero(cells)
            rows = np.concatenate([rows, more])
            indices = np.concatenate([indices, batch.dense_ids[columns]])
            values = np.concatenate([values, dense[cells]])
            renamed = np.concatenate([renamed, np.ones(len(more), bool)])
            dense = np.where(cells, np.float32(0), dense)
        new = np.empty(len(indices), np.int64)
        new[~renamed] = self._to(indices[~renamed])
        new[renamed] = self._new_ids(indices[renamed], place)
        order = np.lexsort((new, rows))
        indptr = np.zeros(len(batch) + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=len(batch)), out=indptr[1:])
        return replace(
            batch,
            features=self.features,
            indptr=indptr,
            indices=new[order].astype(np.int32),
            values=values[order],
            dense=dense,
            dense_ids=None if batch.dense_ids is None else self._to(batch.dense_ids).astype(np.int32),
        )

    def _reached(self, places: npt.NDArray[np.int64], amounts: Amounts) -> npt.NDArray[np.bool_]:
        return (places >= 0) & (places < amounts * len(self.attributes))

    def _places(self, features: Vocabulary) -> npt.NDArray[np.int64]:
        """Return the place in `attributes` of each column, -1 where it is not concerned; categories met later too."""
        place = np.full(len(features), -1, np.int64)
        for rank, name in enumerate(self.attributes):
            place[features.columns_of(name)] = rank
        return place

    def _new_ids(self, ids: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        behind = self.stream.features
        to: dict[int, int] = {}
        for i in np.unique(ids).tolist():
            name, category = self.names[place[i]], behind.category(i)
            to[i] = self.features.add(name) if category is None else self.features.add_category(name, category)
        return np.array([to[i] for i in ids.tolist()], np.int64)
