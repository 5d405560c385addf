"""The door of a model: names and streams' ids come in as rows in the model's own ids, once."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ihomer.answers import Answer
from ihomer.arrays import grown
from ihomer.kernels.meet import meet_dense, meet_rows
from ihomer.one_row import OneRow
from ihomer.rows import Rows
from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch
from streams.kernels.rows import dense_holds, rows_hold
from streams.names import Name
from streams.vocabulary import Vocabulary

_Table = npt.NDArray[np.int32]
_NONE = np.zeros(0, np.int32)


class Door:
    """The names that a model has met, and the way in for rows of any kind.

    Features and labels get their ids when a row that is *learned* first holds them, the new ones of a row in
    sorted order: so the ids, and with them every bit that is learned, are the same whether rows come as dicts,
    one by one, or as batches of any stream.

    Parameters
    ----------
    features, labels
        The model's vocabularies.
    """

    def __init__(self, features: Vocabulary | None = None, labels: Vocabulary | None = None) -> None:
        self.features = Vocabulary() if features is None else features
        self.labels = Vocabulary() if labels is None else labels
        self._one = OneRow(self.features, self.labels)
        self._nothing: dict[Name, bool] = {}
        self._kinds = np.zeros(0, np.uint8)
        # Of each stream's vocabulary: its id -> ours. A cache: not part of the state.
        self._tables: WeakKeyDictionary[Vocabulary, _Table] = WeakKeyDictionary()

    def keep(self, features: npt.NDArray[np.int64] | None, labels: npt.NDArray[np.int64] | None) -> None:
        """Keep the features and labels with these ids (ascending), all if None; the others are as if never met.

        The vocabularies are replaced, not changed: who holds one of the old, with ids of then, reads the names of then.
        """
        if features is not None:
            self._kinds = self.kinds()[features]
            self.features = self.features.kept(features.tolist())
        if labels is not None:
            self.labels = self.labels.kept(labels.tolist())
        self._one = OneRow(self.features, self.labels)
        self._nothing = {}
        self._tables.clear()

    def kinds(self) -> npt.NDArray[np.uint8]:
        """Return the kind of every feature (streams.vocabulary.NUMERIC or INDICATOR), uint8 (features,)."""
        if len(self._kinds) < len(self.features):
            self._kinds = np.concatenate((self._kinds, self.features.kinds(len(self._kinds))))
        return self._kinds

    def nothing(self) -> Answer:
        """Return the answer that no label holds; the caller's own."""
        if len(self._nothing) != len(self.labels):
            self._nothing = dict.fromkeys(self.labels, False)
        return Answer(self._nothing)

    # ------------------------------------------------------------------ batches

    def check(self, batch: Batch) -> None:
        """Raise ValueError if `learned` would, for the whole batch or any rows of it."""
        check(batch)
        if self.features.nominal or batch.features.nominal:
            source = features_of(batch)[1]
            table = self._table(batch.features, source)
            for i in np.unique(source[table[source] < 0]).tolist():
                if batch.features.name(i) in self.features:
                    self.features.add_like(batch.features, i)  # it is there, or raises

    def learned(self, batch: Batch) -> Rows:
        """Return the rows of `batch`, whose new names enter the vocabularies.

        Raises
        ------
        ValueError
            If a name is a number here and a category there; then no name of the batch has entered.
        """
        n_features, n_labels = len(self.features), len(self.labels)
        try:
            return self._learned(batch)
        except Exception:
            self.features.truncate(n_features)
            self.labels.truncate(n_labels)
            self._tables.clear()
            raise

    def _learned(self, batch: Batch) -> Rows:
        check(batch)
        indptr, ids, values = self._features(batch, grow=True)
        held, known_indptr, known, limits = self._labels(batch)
        return Rows(
            indptr=indptr,
            indices=ids,
            values=values,
            label_indptr=batch.label_indptr,
            label_indices=held,
            status=batch.status,
            known_indptr=known_indptr,
            known_indices=known,
            limits=limits,
            n_features=len(self.features),
            n_labels=len(self.labels),
        )

    def _labels(self, batch: Batch) -> tuple[_Table, npt.NDArray[np.int64], _Table, npt.NDArray[np.int32]]:
        """Return the labels that hold, those that are known (offsets, ids), and the limits of every row."""
        n, source = len(batch), batch.label_indices
        if batch.known_indptr is None or batch.known_indices is None:
            known_indptr, known_source = np.zeros(n + 1, np.int64), _NONE
            indptr, named, values = batch.label_indptr, source, np.zeros(len(source), np.float32)
        else:
            known_indptr, known_source = batch.known_indptr, batch.known_indices
            # Labels that hold in a partial row are among its known ones; other rows have no known ones.
            rows = np.repeat(np.arange(n), np.diff(batch.label_indptr))
            whole = batch.status[rows] != PARTIAL
            more, none = source[whole], np.zeros(len(known_source), np.float32)
            indptr, named, values = merged(
                known_indptr, known_source, none, rows[whole], more, np.zeros(len(more), np.float32)
            )
        _, met = self._met(self.labels, batch.labels, indptr, named, values, grow=True)
        table = self._table(batch.labels, source, known_source)
        held, known = table[source], table[known_source]
        self._sort(batch.label_indptr, held, np.empty(len(held), np.float32), len(self.labels))
        self._sort(known_indptr, known, np.empty(len(known), np.float32), len(self.labels))
        return held, known_indptr, known, met.astype(np.int32)

    def predicted(self, batch: Batch) -> Rows:
        """Return the rows of `batch` for prediction: nothing enters, labels are left out.

        A feature that the model has not met gets the id that it would get if the row were learned.
        """
        check(batch)
        return self._unlabelled(*self._features(batch, grow=False))

    def _features(
        self, batch: Batch, *, grow: bool
    ) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
        """Return offsets, ids and values of all features; those not met enter, or get the ids that they would get."""
        known = self._known_dense(batch)
        if known is not None:
            return known
        indptr, source, values = features_of(batch)
        ids, met = self._met(self.features, batch.features, indptr, source, values, grow=grow)
        largest = int(met[-1])
        if np.isnan(values).any() and (self.features.nominal or (ids < 0).any()):
            indptr, ids, values = self._with_whole_attributes(batch.features, indptr, source, ids, values, met)
        self._sort(indptr, ids, values, largest)
        return indptr, ids, values

    def _met(
        self,
        own: Vocabulary,
        names: Vocabulary,
        indptr: npt.NDArray[np.int64],
        source: _Table,
        values: npt.NDArray[np.float32],
        *,
        grow: bool,
    ) -> tuple[_Table, npt.NDArray[np.int64]]:
        """Return the ids here of a stream's `source`, how many were met before each row, and how many there can be.

        With `grow` new names enter.
        """
        ids, met = np.empty_like(source), np.empty(len(indptr), np.int64)
        table, unknown = self._looked_up(own, names, source)
        rank = np.empty(len(table) if len(unknown) else 0, np.int32)
        rank[names.in_order(unknown.tolist())] = np.arange(len(unknown))
        new = np.empty_like(unknown)
        n = meet_rows(indptr, source, values, table, rank, len(own), grow, new, ids, met)
        if grow:
            own.extend_like(names, new[:n].tolist())
        else:
            met[-1] = len(own) + n
        return ids, met

    def _looked_up(self, own: Vocabulary, names: Vocabulary, source: _Table) -> tuple[_Table, _Table]:
        """Return the table from ids of a stream to those here, where it is known, and those of `source` that are not."""
        table = self._table(names, source)
        unknown = np.unique(source[table[source] < 0])
        table[unknown] = own.find_like(names, unknown.tolist())
        return table, unknown[table[unknown] < 0]

    def _known_dense(self, batch: Batch) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]] | None:
        """Return offsets, ids and values of a dense block that brings nothing new; None if it is another batch."""
        dense, source = batch.dense, batch.dense_ids
        if dense is None or source is None or len(batch.indices) or self.features.nominal or batch.features.nominal:
            return None
        own = self._looked_up(self.features, batch.features, source)[0][source]
        rest = dense[:, own < 0]
        if ((rest != 0) & ~np.isnan(rest)).any():
            return None
        order = np.argsort(own)[np.count_nonzero(own < 0) :]
        indptr = np.empty(len(dense) + 1, np.int64)
        ids, values = np.empty(len(dense) * len(order), np.int32), np.empty(len(dense) * len(order), np.float32)
        meet_dense(dense, order, own[order], indptr, ids, values)
        n = indptr[-1]
        return indptr, ids[:n], values[:n]

    def _sort(self, indptr: npt.NDArray[np.int64], ids: _Table, values: npt.NDArray[np.float32], n: int) -> None:
        """Call `streams.kernels.rows.sort_rows` with the scratch arrays it wants for ids below `n`."""
        from streams.kernels.rows import sort_rows

        sort_rows(indptr, ids, values, *self._one.scratch(n))

    def _with_whole_attributes(
        self,
        names: Vocabulary,
        indptr: npt.NDArray[np.int64],
        source: _Table,
        ids: _Table,
        values: npt.NDArray[np.float32],
        before: npt.NDArray[np.int64],
    ) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
        """Return the rows with nominal attributes that are missing marked in all of the columns met before the row.

        A stream marks those that it knows, or a numeric column where it knows none; which these are must not matter.
        """
        at = np.flatnonzero(np.isnan(values))
        rows = (np.searchsorted(indptr, at, side="right") - 1).tolist()
        attributes = {(row, names.attribute(j)) for row, j in zip(rows, source[at].tolist(), strict=True)}
        marked = [
            (row, j) for row, attribute in attributes for j in self.features.columns_of(attribute) if j < before[row]
        ]
        ids = ids.copy()
        ids[at] = -1
        indptr, ids, values = without_dropped(indptr, ids, values)
        return with_missing(indptr, ids, values, marked) if marked else (indptr, ids, values)

    def _unlabelled(self, indptr: npt.NDArray[np.int64], ids: _Table, values: npt.NDArray[np.float32]) -> Rows:
        n = len(indptr) - 1
        none = np.zeros(n + 1, np.int64)
        return Rows(
            indptr=indptr,
            indices=ids,
            values=values,
            label_indptr=none,
            label_indices=_NONE,
            status=np.full(n, UNLABELLED, np.uint8),
            known_indptr=none,
            known_indices=_NONE,
            limits=np.full(n + 1, len(self.labels), np.int32),
            n_features=len(self.features),
            n_labels=len(self.labels),
        )

    def _table(self, other: Vocabulary, *sources: _Table) -> _Table:
        """Return the table from ids of `other` to ids here, as long as `sources` ask; -1 where it was not asked yet."""
        needed = max(int(source.max(initial=-1)) + 1 for source in sources)
        table = self._tables.get(other)
        if table is None or len(table) < needed:
            table = grown(_NONE if table is None else table, (needed,), -1)
            self._tables[other] = table
        return table

    # ------------------------------------------------------------------ one row of names

    def learned_one(self, x: object, y: object) -> Rows:
        """Return one row given by names; new names enter the vocabularies. Errors as `Batch.from_pairs`."""
        return self._one.learned(x, y)

    def predicted_one(self, x: object) -> Rows:
        """Return one row given by names, for prediction: nothing enters."""
        return self._one.predicted(x)

    # ------------------------------------------------------------------ state

    def __getstate__(self) -> dict[str, Any]:
        return {"features": self.features, "labels": self.labels}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["features"], state["labels"])  # type: ignore[misc]


_NO_VALUES = np.zeros(0, np.float32)


def check(batch: Batch) -> None:
    """Raise ValueError, saying what, if a batch made by hand breaks what `Batch` promises: kernels trust it."""
    n = len(batch)
    typed = (
        (batch.indptr, np.int64, n + 1),
        (batch.indices, np.int32, len(batch.values)),
        (batch.values, np.float32, len(batch.indices)),
        (batch.label_indptr, np.int64, n + 1),
        (batch.label_indices, np.int32, len(batch.label_indices)),
        (batch.status, np.uint8, n),
    )
    fine = all(a.dtype == kind and a.shape == (m,) and a.flags.c_contiguous for a, kind, m in typed)
    fine = (
        fine
        and (batch.dense is None or _dense_is_fine(batch))
        and batch.known_indptr is None
        and not (n and ((batch.status == PARTIAL) | (batch.status > COMPLETE)).any())
        and rows_hold(batch.indptr, batch.indices, batch.values, len(batch.features))
        and rows_hold(batch.label_indptr, batch.label_indices, _NO_VALUES, len(batch.labels))
    )
    if not fine:  # or a rare kind of batch, for which the careful way does as well
        batch.check()


def _dense_is_fine(batch: Batch) -> bool:
    """Whether a dense block that holds all features is what it should be; if not, the careful way says more."""
    dense, ids = batch.dense, batch.dense_ids
    return (
        dense is not None
        and ids is not None
        and not len(batch.indices)
        and dense.dtype == np.float32
        and ids.dtype == np.int32
        and ids.ndim == 1
        and dense.shape == (len(batch), len(ids))
        and all(a.flags.c_contiguous and a.flags.writeable for a in (dense, ids))
        and bool(dense_holds(dense, ids, len(batch.features)))
    )


def features_of(batch: Batch) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
    """Return offsets, ids and values of all features of a batch, a dense block brought into the rows."""
    if batch.dense is None or batch.dense_ids is None:
        return batch.indptr, batch.indices, batch.values.copy()
    keep = batch.dense != 0
    ids = np.broadcast_to(batch.dense_ids, batch.dense.shape)[keep]
    return merged(batch.indptr, batch.indices, batch.values, np.nonzero(keep)[0], ids, batch.dense[keep])


def with_missing(
    indptr: npt.NDArray[np.int64], ids: _Table, values: npt.NDArray[np.float32], missing: list[tuple[int, int]]
) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
    """Return the rows with the features (row, id) of `missing` marked as missing."""
    rows, more = np.array(missing).T
    return merged(indptr, ids, values, rows, more.astype(np.int32), np.full(len(more), np.nan, np.float32))


def merged(
    indptr: npt.NDArray[np.int64],
    ids: _Table,
    values: npt.NDArray[np.float32],
    more_rows: npt.NDArray[np.integer[Any]],
    more_ids: _Table,
    more_values: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
    """Return the rows of a CSR array with more entries behind those that each row has."""
    n = len(indptr) - 1
    rows = np.concatenate((np.repeat(np.arange(n), np.diff(indptr)), more_rows))
    order = np.argsort(rows, kind="stable")
    offsets = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=offsets[1:])
    return offsets, np.concatenate((ids, more_ids))[order], np.concatenate((values, more_values))[order]


def without_dropped(
    indptr: npt.NDArray[np.int64], ids: _Table, values: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], _Table, npt.NDArray[np.float32]]:
    """Return the rows without the entries whose id is negative."""
    keep = ids >= 0
    kept = np.zeros(len(keep) + 1, np.int64)
    np.cumsum(keep, out=kept[1:])
    return kept[indptr], ids[keep], values[keep]
