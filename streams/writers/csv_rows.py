"""Writer of CSV: `label:NAME`, `nominal:NAME` and plain numeric columns, `:id` and `:t`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from streams.batch import Batch
from streams.csv_rows import NOMINAL_PREFIX
from streams.label_columns import ID_COLUMN, LABEL_PREFIX, TIME_COLUMN
from streams.stream import Stream
from streams.writers.attributes import Attributes
from streams.writers.survey import Survey, rows_at_once, survey, truth_table
from streams.writers.target import written_beside
from streams.writers.text import TextNames, label_texts, number_texts
from streams.writers.unwritable import UnwritableError

_TRUTH = {1: "1", 0: "0", -1: ""}


def write_csv(stream: Stream, path: Path) -> int:
    """Write all rows of `stream`, with a header line; return how many. What is missing or unknown is empty.

    Raises
    ------
    StreamError
        If two columns would have one name, or a row has no value of a nominal attribute.
    """
    found = survey(stream)
    attributes = Attributes(stream.features)
    header = _header(attributes, stream, found)
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    rows = 0
    with written_beside(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        for batch in stream.batches(rows_at_once(len(header))):
            writer.writerows(_rows(batch, attributes, len(stream.labels), found))
            rows += len(batch)
        text.detach()
    return rows


def _header(attributes: Attributes, stream: Stream, found: Survey) -> list[str]:
    names = TextNames("features")
    for name, categories in zip(attributes.names, attributes.categories, strict=True):
        names.add(name)
        text = names.texts[-1]
        if text.startswith((LABEL_PREFIX, NOMINAL_PREFIX)) or text in (ID_COLUMN, TIME_COLUMN):
            raise UnwritableError(f"feature {text!r} would be read back as something else: rename it")
        if categories is not None and "" in map(str, categories):
            raise UnwritableError(f"the empty category of {name!r} would be read back as missing: rename it")
    columns = [
        text if categories is None else NOMINAL_PREFIX + text
        for text, categories in zip(names.texts, attributes.categories, strict=True)
    ]
    special = [ID_COLUMN] * found.keys + [TIME_COLUMN] * found.times
    columns = special + columns + [LABEL_PREFIX + label for label in label_texts(stream.labels)]
    if not columns:
        raise UnwritableError("there are no features and no labels, a CSV file needs at least one column")
    return columns


def _rows(batch: Batch, attributes: Attributes, n_labels: int, found: Survey) -> list[list[str]]:
    cells = attributes.cells(batch)
    truth = truth_table(batch, n_labels)
    columns, ends = cells.attributes.tolist(), cells.indptr.tolist()
    categories = [None if some is None else list(map(str, some)) for some in attributes.categories]
    texts = [
        "" if text == "nan" else text if (some := categories[j]) is None else some[int(text)]
        for j, text in zip(columns, number_texts(cells.values), strict=True)
    ]
    out: list[list[str]] = []
    for i in range(len(batch)):
        row = ["0"] * len(attributes)
        for j, text in zip(columns[ends[i] : ends[i + 1]], texts[ends[i] : ends[i + 1]], strict=True):
            row[j] = text
        key = [_text(batch.keys[i] if batch.keys else None)] * found.keys
        time = [_time(batch, i)] * found.times
        out.append([*key, *time, *row, *(_TRUTH[t] for t in truth[i].tolist())])
    return out


def _text(key: object) -> str:
    return "" if key is None else str(key)


def _time(batch: Batch, i: int) -> str:
    return "" if batch.times is None or batch.times[i] != batch.times[i] else repr(float(batch.times[i]))
