"""Parquet files, a piece of a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from streams.batch import COMPLETE, UNLABELLED, Batch
from streams.columns import LabelCells, LabelSets, Nominal, batch_of_columns, label_sets, no_labels
from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError, StreamError
from streams.label_columns import assign_roles
from streams.left_out import without
from streams.message import MessageError, seconds
from streams.sources import ByteSource
from streams.stream import ROWS, Stream

#: Rows decoded at once, whatever the batch size: the ids of new categories and labels must not depend on it.
_PIECE = 4096


class ParquetStream(Stream):
    """A Parquet file: numbers and booleans are numeric columns, strings and dictionaries nominal ones, null is missing.

    A fixed-size list of numbers is a vector: a dense block of features named 0, 1, 2, ... Needs pyarrow.

    Parameters
    ----------
    path
        The file.
    bad_rows
        The policy for bad rows (an infinity, a number beyond float32); the first one is raised if not given.
    label_columns
        Names or patterns of the label columns, which hold booleans or 0 and 1, null is unknown; or the name of the
        one column that holds lists of labels (null: an unlabelled row). Not given: the columns that begin with
        ``label:``, which is left out of the name of the label.
    id_column, time_column
        Columns that hold the instances' own ids and times (numbers: seconds; timestamps; ISO 8601 strings); not given:
        ``:id`` and ``:t``.

    Raises
    ------
    StreamError
        If pyarrow is not installed, the file is not Parquet, or a column is of a type that cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "fruit.parquet"
    ...     pd.DataFrame({"size": [2.5, None], "tags": [["apple", "ripe"], []]}).to_parquet(path)
    ...     [(x, sorted(y)) for x, y in ParquetStream(path, label_columns="tags").sets()]
    [({'size': 2.5}, ['apple', 'ripe']), ({'size': None}, [])]
    """

    def __init__(
        self,
        path: str | Path | ByteSource,
        bad_rows: BadRows | None = None,
        *,
        label_columns: str | Sequence[str] | None = None,
        id_column: str | None = None,
        time_column: str | None = None,
    ) -> None:
        file = path.path if isinstance(path, ByteSource) else None if str(path) == "-" else Path(path)
        if file is None:
            raise StreamError("a Parquet file ends with its index: it cannot be read from standard input")
        super().__init__(file.name, bad_rows)
        self.path = file
        opened = self._open()
        self.length = opened.metadata.num_rows
        schema = opened.schema_arrow
        opened.close()
        self.roles = assign_roles(self.name, schema.names, label_columns, id_column, time_column)
        self._kinds = {i: _kind(schema.field(i).type) for i in range(len(schema.names))}
        self._names: list[str] = schema.names
        self._check_types(schema)
        self._lists = self.roles.exact and self._kinds[self.roles.labels[0]] == "list"
        if self.roles.labels and not self._lists:
            for label in self.roles.label_names:
                self.labels.add(label)
            self.declared_labels = len(self.labels)
        self._seen = 0

    def _open(self) -> Any:
        try:
            import pyarrow.parquet as pq
        except ImportError:
            raise StreamError(f"{self.name}: Parquet needs pyarrow: pip install 'ihomer[parquet]'") from None
        try:
            return pq.ParquetFile(self.path)
        except (OSError, ValueError) as error:
            raise StreamError(f"{self.name}: cannot be read as Parquet: {error}") from None

    def _check_types(self, schema: Any) -> None:
        vectors = [i for i in self.roles.features if self._kinds[i] == "vector"]
        if len(vectors) > 1:
            found = ", ".join(self._names[i] for i in vectors)
            raise StreamError(f"{self.name}: one column may hold vectors, found {found}")
        for i in self.roles.features:
            if self._kinds[i] not in ("number", "boolean", "category", "vector"):
                raise StreamError(
                    f"{self.name}: column {self._names[i]!r} is {schema.field(i).type}, expected numbers, booleans, "
                    "strings or a fixed-size list of numbers"
                )
        for i in self.roles.labels:
            lists = ("list",) if self.roles.exact else ()
            if self._kinds[i] not in ("number", "boolean", *lists):
                raise StreamError(
                    f"{self.name}: label column {self._names[i]!r} is {schema.field(i).type}, expected booleans, "
                    "0 and 1, or one column of lists of labels, asked for by its name"
                )

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch; `places` counts them from 1.

        Raises
        ------
        StreamError
            If a row cannot be taken (RowError: its number), or the file is damaged.
        """
        return in_batches_of(rows, self._pieces())

    def _pieces(self) -> Iterator[Batch]:
        self._seen = 0
        file = self._open()
        try:
            for piece in file.iter_batches(batch_size=_PIECE):
                first = self._seen + 1
                batch, faults = self._decode(piece, first)
                self._seen += len(batch)
                errors = {row: RowError(self.name, first + row, 0, what) for row, what in faults.items()}
                yield from without(batch, errors, self.bad_rows)
        except (OSError, ValueError) as error:
            raise StreamError(f"{self.name}: damaged after row {self._seen}: {error}") from None
        finally:
            file.close()

    def _decode(self, piece: Any, first: int) -> tuple[Batch, dict[int, str]]:
        """Return the rows of a piece, and what is wrong with which of them (their content is then of no use)."""
        faults: dict[int, str] = {}
        names: list[int | str] = []
        numbers: list[npt.NDArray[np.float64]] = []
        nominal: list[Nominal] = []
        for i in self.roles.features:
            column, name = piece.column(i), self._names[i]
            if self._kinds[i] == "category":
                nominal.append(_categories(name, column))
            elif self._kinds[i] == "vector":
                vectors = _vectors(column)
                names += range(vectors.shape[1])
                numbers.append(vectors)
            else:
                names.append(name)
                numbers.append(_numbers(column)[:, None])
        block = np.hstack(numbers) if numbers else np.empty((piece.num_rows, 0))
        with np.errstate(over="ignore"):
            dense = block.astype(np.float32)
        for row, j in np.argwhere(np.isinf(dense)).tolist():
            faults.setdefault(
                row, f"feature {names[j]!r} must be a finite number that fits float32, found {block[row, j]}"
            )
            dense[row, j] = 0
        roles = self.roles
        batch = batch_of_columns(
            names=names,
            numbers=dense,
            nominal=nominal,
            sets=self._label_sets(piece, faults),
            features=self.features,
            labels=self.labels,
            keys=None if roles.key is None else piece.column(roles.key).to_pylist(),
            times=None if roles.time is None else self._times(piece.column(roles.time), faults),
            places=np.arange(first, first + piece.num_rows),
        )
        return batch, faults

    def _label_sets(self, piece: Any, faults: dict[int, str]) -> LabelSets:
        roles = self.roles
        if not roles.labels:
            return no_labels(piece.num_rows)
        if self._lists:
            return self._label_lists(piece.column(roles.labels[0]))
        truth = np.column_stack([_numbers(piece.column(i)) for i in roles.labels])
        known = ~np.isnan(truth)
        for row, j in np.argwhere(known & (truth != 0) & (truth != 1)).tolist():
            faults.setdefault(row, f"label {roles.label_names[j]!r} must be 0, 1 or null, found {truth[row, j]:g}")
        return label_sets(LabelCells(roles.label_names, truth == 1, known), self.labels)

    def _label_lists(self, column: Any) -> LabelSets:
        known = ~column.is_null().to_numpy(zero_copy_only=False)
        lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        encoded = column.flatten().dictionary_encode()
        names = encoded.dictionary.to_pylist()
        table = np.array([-1 if name is None else self.labels.add(name) for name in names], np.int64)
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        rows = np.repeat(np.arange(len(lengths)), lengths)[codes >= 0]
        # A label that stands twice in a list is one; ids ascend within a row.
        cells = np.empty((0, 2), np.int64)
        if len(rows):
            cells = np.unique(np.column_stack([rows, table[codes[codes >= 0]]]), axis=0)
        indptr = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(np.bincount(cells[:, 0], minlength=len(lengths)), out=indptr[1:])
        status = np.where(known, COMPLETE, UNLABELLED).astype(np.uint8)
        return LabelSets(indptr, cells[:, 1].astype(np.int32), status)

    def _times(self, column: Any, faults: dict[int, str]) -> npt.NDArray[np.float64]:
        import pyarrow as pa

        if pa.types.is_timestamp(column.type):
            return _numbers(column.cast(pa.timestamp("ns")).cast(pa.int64())) / 1e9
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            return _numbers(column)
        times = np.full(len(column), np.nan)
        for row, value in enumerate(column.to_pylist()):
            if value is not None:
                try:
                    times[row] = seconds(value)
                except MessageError as error:
                    faults.setdefault(row, error.what.removeprefix("$.t: "))
        return times

    def progress(self) -> float | None:
        """Return the share of the rows that has been read."""
        return self._seen / self.length if self.length else 1.0


def _kind(type_: Any) -> str:
    from pyarrow import types

    if types.is_boolean(type_):
        return "boolean"
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "number"
    if types.is_dictionary(type_):
        return "category" if _kind(type_.value_type) == "category" else "other"
    if types.is_string(type_) or types.is_large_string(type_):
        return "category"
    if types.is_fixed_size_list(type_) and _kind(type_.value_type) == "number":
        return "vector"
    if types.is_list(type_) or types.is_large_list(type_):
        return "list" if _kind(type_.value_type) in ("number", "category") else "other"
    return "other"


def _numbers(column: Any) -> npt.NDArray[np.float64]:
    """Return a column of numbers or booleans as float64, NaN for null."""
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    numbers: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _categories(name: str, column: Any) -> Nominal:
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Nominal(name, codes, column.dictionary.to_pylist())


def _vectors(column: Any) -> npt.NDArray[np.float64]:
    width = column.type.list_size
    numbers = _numbers(column.values.slice(column.offset * width, len(column) * width)).reshape(len(column), width)
    missing = column.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing[:, None], np.nan, numbers)
