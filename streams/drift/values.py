"""Features whose values move or stretch."""

from __future__ import annotations

import abc
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from streams.batch import Batch
from streams.drift.changed import Amounts
from streams.drift.changed_features import ChangedFeatures
from streams.drift.entries import rows_of
from streams.drift.when import When
from streams.errors import StreamError
from streams.names import Name
from streams.stream import Stream

Numbers = npt.NDArray[np.float64]


class _ChangedValues(ChangedFeatures, abc.ABC):
    """Numeric features whose values change: what is stored sparsely and 0, or missing, stays so."""

    nominal: ClassVar[bool] = False

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        by: float,
        features: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, features=features, fraction=fraction, seed=seed)
        if not math.isfinite(by):
            raise ValueError(f"{self.kind}: by must be finite, found {by}")
        self.by = by

    @abc.abstractmethod
    def moved(self, values: Numbers, amounts: Numbers, scale: Numbers) -> Numbers:
        """Return values changed by `amounts` (0 to 1); `scale` is the deviation of their features before the change."""

    @cached_property
    def _columns(self) -> npt.NDArray[np.int64]:
        return np.concatenate([*self.columns, np.empty(0, np.int64)])

    def edit(self, batch: Batch, first: int, amounts: Amounts) -> Batch:
        """Return the rows with their values changed."""
        concerned = np.zeros(len(batch.features), bool)
        concerned[self._columns] = True
        scale = np.zeros(len(batch.features))
        scale[self._columns] = self.met.scale[self._columns]
        rows = rows_of(batch.indptr)
        at = concerned[batch.indices] & (amounts[rows] > 0)
        values = batch.values.copy()
        values[at] = self._float32(
            self.moved(values[at].astype(np.float64), amounts[rows[at]], scale[batch.indices[at]]), first
        )
        dense = batch.dense
        if dense is not None and batch.dense_ids is not None:
            columns, changed = np.flatnonzero(concerned[batch.dense_ids]), np.flatnonzero(amounts > 0)
            part = np.ix_(changed, columns)
            dense = dense.copy()
            dense[part] = self._float32(
                self.moved(dense[part].astype(np.float64), amounts[changed, None], scale[batch.dense_ids[columns]]), first
            )
        # What has become 0 is not stored.
        keep = values != 0
        indptr = np.zeros(len(batch) + 1, np.int64)
        np.cumsum(np.bincount(rows[keep], minlength=len(batch)), out=indptr[1:])
        return replace(batch, indptr=indptr, indices=batch.indices[keep], values=values[keep], dense=dense)

    def _float32(self, values: Numbers, first: int) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):
            single = values.astype(np.float32)
        if np.isinf(single).any():
            raise StreamError(f"{self.name}: {self.kind} by {self.by}: a value from row {first} on no longer fits float32")
        return single


class ShiftedFeatures(_ChangedValues):
    """From the change on the values of the features concerned are larger by some of their standard deviations.

    Parameters
    ----------
    stream, when, features, fraction, seed
        See `streams.drift.changed_features.ChangedFeatures`; numeric features only.
    by
        How many standard deviations, taken from the values stored before the change (where those are all the
        same: how many times that value). Values of 0 that are not stored, and missing ones, stay.

    Examples
    --------
    >>> from streams import open_stream
    >>> stream = ShiftedFeatures(open_stream("yeast"), 1000, by=3.0, features=["Att1"])
    >>> values = [x.get("Att1", 0.0) for x, y in stream.sets()]
    >>> round(sum(values[:1000]) / 1000, 3), round(sum(values[1000:2000]) / 1000, 3)
    (0.002, 0.291)
    """

    kind = "features shifted"

    def moved(self, values: Numbers, amounts: Numbers, scale: Numbers) -> Numbers:
        """Return the values, shifted."""
        return values + self.by * amounts * scale


class ScaledFeatures(_ChangedValues):
    """From the change on the values of the features concerned are multiplied by a factor.

    Parameters
    ----------
    stream, when, features, fraction, seed
        See `streams.drift.changed_features.ChangedFeatures`; numeric features only.
    by
        The factor, above 0; an incremental change goes through its powers.

    Examples
    --------
    >>> from streams import open_stream
    >>> from streams.drift import incremental
    >>> stream = ScaledFeatures(open_stream("synthetic:rbf?rows=5"), incremental(1, 2), by=4.0, features=["x0"])
    >>> before = [x["x0"] for x, y in open_stream("synthetic:rbf?rows=5").sets()]
    >>> [round(x["x0"] / v, 5) for (x, y), v in zip(stream.sets(), before)]
    [1.0, 2.0, 4.0, 4.0, 4.0]
    """

    kind = "features scaled"

    def __init__(
        self,
        stream: Stream,
        when: When | int,
        *,
        by: float,
        features: Sequence[Name] | None = None,
        fraction: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__(stream, when, by=by, features=features, fraction=fraction, seed=seed)
        if by <= 0:
            raise ValueError(f"{self.kind}: by must be above 0, found {by}")

    def moved(self, values: Numbers, amounts: Numbers, scale: Numbers) -> Numbers:  # noqa: ARG002
        """Return the values, multiplied."""
        return values * self.by**amounts
