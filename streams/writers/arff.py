"""Writer of MEKA's ARFF: `-C n` in the name of the relation, labels first, rows sparse or dense."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from streams.batch import Batch
from streams.names import Name
from streams.stream import Stream
from streams.table import is_binary
from streams.writers.attributes import Attributes
from streams.writers.survey import rows_at_once, survey, truth_table
from streams.writers.target import written_beside
from streams.writers.text import TextNames, number_texts
from streams.writers.unwritable import UnwritableError

#: Below this share of cells that are not 0 rows are written sparsely: a cell is then an index and a value.
_SPARSE_BELOW = 0.4
_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def write_arff(stream: Stream, path: Path) -> int:
    """Write all rows of `stream`, labels first; return how many. Unknown labels are ``?``.

    Raises
    ------
    StreamError
        If there are no labels, two attributes would be written alike, or a row has no value of a nominal attribute.
    """
    found = survey(stream)
    n_labels = len(stream.labels)
    if not n_labels:
        raise UnwritableError("there are no labels, an ARFF file needs at least one")
    attributes = Attributes(stream.features)
    sparse = found.cells < _SPARSE_BELOW * found.rows * max(1, len(attributes))
    categories = [_categories(name, some) for name, some in zip(attributes.names, attributes.categories, strict=True)]
    names = TextNames("attributes")
    for name in [*stream.labels, *attributes.names]:
        names.add(name)
    rows = 0
    with written_beside(path) as file:
        relation = quote(f"{stream.name}: -C {n_labels}", always=True)
        header = [f"@relation {relation}", ""]
        header += [f"@attribute {quote(text)} {{0,1}}" for text in names.texts[:n_labels]]
        header += [
            f"@attribute {quote(text)} {'numeric' if some is None else '{' + ','.join(some) + '}'}"
            for text, some in zip(names.texts[n_labels:], categories, strict=True)
        ]
        file.write("\n".join([*header, "", "@data", ""]).encode())
        for batch in stream.batches(rows_at_once(n_labels + len(attributes))):
            lines = _rows(batch, attributes, categories, n_labels, sparse=sparse)
            file.write("".join(line + "\n" for line in lines).encode())
            rows += len(batch)
    return rows


def _rows(
    batch: Batch, attributes: Attributes, categories: list[list[str] | None], n_labels: int, *, sparse: bool
) -> list[str]:
    cells = attributes.cells(batch)
    truth = truth_table(batch, n_labels)
    columns, ends = cells.attributes.tolist(), cells.indptr.tolist()
    texts = [
        "?" if text == "nan" else text if (some := categories[j]) is None else some[int(text)]
        for j, text in zip(columns, number_texts(cells.values), strict=True)
    ]
    out: list[str] = []
    for i in range(len(batch)):
        span = slice(ends[i], ends[i + 1])
        if sparse:
            # What is left out of a sparse row is 0 or the first category.
            stored = cells.values[span] != 0
            row = [f"{j} {'?' if truth[i, j] < 0 else 1}" for j in np.flatnonzero(truth[i]).tolist()]
            row += [
                f"{n_labels + j} {text}"
                for j, text, there in zip(columns[span], texts[span], stored.tolist(), strict=True)
                if there
            ]
            out.append("{" + ",".join(row) + "}")
        else:
            dense = ["0"] * len(attributes)
            for j, text in zip(columns[span], texts[span], strict=True):
                dense[j] = text
            out.append(",".join([*("?" if t < 0 else str(t) for t in truth[i].tolist()), *dense]))
    return out


def _categories(name: Name, categories: list[Name] | None) -> list[str] | None:
    if categories is None:
        return None
    if is_binary([str(category) for category in categories]):
        raise UnwritableError(
            f"the categories 0 and 1 of attribute {name!r} would be read back as numbers: only CSV, JSON Lines and "
            "Parquet can hold them"
        )
    texts = TextNames(f"categories of {name!r}")
    for category in categories:
        texts.add(category)
    return [quote(text) for text in texts.texts]


def quote(text: str, *, always: bool = False) -> str:
    r"""Return a name or category as ARFF has it: plain, or in quotes with escapes.

    Examples
    --------
    >>> print(quote("red"), quote("dark red"), quote("it's"))
    red 'dark red' 'it\'s'
    """
    return text if _PLAIN.fullmatch(text) and not always else f"'{text.translate(_ESCAPES)}'"
