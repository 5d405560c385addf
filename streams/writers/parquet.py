"""Writer of Parquet: a column per attribute, `label:NAME` columns of booleans, `:id` and `:t`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from streams.batch import Batch
from streams.errors import StreamError
from streams.label_columns import ID_COLUMN, LABEL_PREFIX, TIME_COLUMN
from streams.stream import Stream
from streams.writers.attributes import Attributes
from streams.writers.survey import Survey, rows_at_once, survey, truth_table
from streams.writers.target import written_beside
from streams.writers.text import TextNames, label_texts
from streams.writers.unwritable import UnwritableError

#: Name of the column of vectors.
_VECTOR = "x"


def write_parquet(stream: Stream, path: Path) -> int:
    """Write all rows of `stream`; return how many. What is missing or unknown is null.

    Features named 0, 1, 2, ..., all of them numeric, become one column of vectors.

    Raises
    ------
    StreamError
        If pyarrow is not installed, two columns would have one name, or a row has no value of a nominal attribute.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise StreamError(f"{path}: Parquet needs pyarrow: pip install 'ihomer[parquet]'") from None
    found = survey(stream)
    attributes = Attributes(stream.features)
    vector = _is_vector(attributes)
    schema = _schema(pa, stream, attributes, found, vector=vector)
    rows = 0
    with written_beside(path, compress=False) as file, pq.ParquetWriter(file, schema) as writer:
        for batch in stream.batches(rows_at_once(len(stream.labels) + len(attributes))):
            writer.write_table(_table(pa, schema, batch, attributes, len(stream.labels), found, vector=vector))
            rows += len(batch)
    return rows


def _is_vector(attributes: Attributes) -> bool:
    numbered = all(type(name) is int for name in attributes.names) and attributes.names == list(range(len(attributes)))
    return bool(attributes.names) and numbered and all(some is None for some in attributes.categories)


def _schema(pa: Any, stream: Stream, attributes: Attributes, found: Survey, *, vector: bool) -> Any:
    fields = [(ID_COLUMN, pa.string())] * found.keys + [(TIME_COLUMN, pa.float64())] * found.times
    if vector:
        fields.append((_VECTOR, pa.list_(pa.float32(), len(attributes))))
    else:
        names = TextNames("features")
        for name, categories in zip(attributes.names, attributes.categories, strict=True):
            names.add(name)
            text = names.texts[-1]
            if text.startswith(LABEL_PREFIX) or text in (ID_COLUMN, TIME_COLUMN):
                raise UnwritableError(f"feature {text!r} would be read back as something else: rename it")
            fields.append((text, pa.float32() if categories is None else pa.dictionary(pa.int32(), pa.string())))
    fields += [(LABEL_PREFIX + label, pa.bool_()) for label in label_texts(stream.labels)]
    if not fields:
        raise UnwritableError("there are no features and no labels, a Parquet file needs at least one column")
    return pa.schema(fields)


def _table(
    pa: Any, schema: Any, batch: Batch, attributes: Attributes, n_labels: int, found: Survey, *, vector: bool
) -> Any:
    n = len(batch)
    cells = attributes.cells(batch)
    row = np.repeat(np.arange(n), np.diff(cells.indptr))
    block = np.zeros((n, len(attributes)), np.float32)
    block[row, cells.attributes] = cells.values
    arrays: list[Any] = []
    if found.keys:
        keys = batch.keys or [None] * n
        arrays.append(pa.array([None if key is None else str(key) for key in keys], pa.string()))
    if found.times:
        arrays.append(pa.array(np.full(n, np.nan) if batch.times is None else batch.times, from_pandas=True))
    if vector:
        arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(block.ravel(), from_pandas=True), len(attributes)))
    else:
        for j, categories in enumerate(attributes.categories):
            if categories is None:
                arrays.append(pa.array(np.ascontiguousarray(block[:, j]), from_pandas=True))
                continue
            codes = pa.array(block[:, j].astype(np.float64), from_pandas=True).cast(pa.int32())
            arrays.append(pa.DictionaryArray.from_arrays(codes, [str(category) for category in categories]))
    truth = truth_table(batch, n_labels)
    arrays += [pa.array(truth[:, j] == 1, mask=truth[:, j] < 0) for j in range(n_labels)]
    return pa.table(arrays, schema=schema)
