"""Writer of multi-label svmlight text and the `.names.json` beside it."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from streams.batch import COMPLETE, Batch
from streams.names import Name
from streams.recognise import COMPRESSIONS, FORMATS
from streams.stream import Stream
from streams.table import is_binary
from streams.writers.attributes import Attributes
from streams.writers.target import is_straight, written_beside
from streams.writers.text import number_texts
from streams.writers.unwritable import UnwritableError


def write_svmlight(stream: Stream, path: Path) -> int:
    """Write all rows of `stream` to `path`, and its names to ``NAME.names.json`` beside it; return how many rows.

    Beside a pipe, a device or standard output there is no file: a warning says so if names are lost.

    Raises
    ------
    StreamError
        If a row is partly labelled or unlabelled, or has no value of a nominal attribute.
    """
    attributes = Attributes(stream.features)
    rows = 0
    # The first line says how many rows and names follow: the rows wait in a file without a name.
    straight = is_straight(path)
    with tempfile.TemporaryFile(dir=None if straight else path.parent) as body:
        for batch in stream.batches():
            _write_rows(batch, attributes, body, rows)
            rows += len(batch)
        attributes.grow()
        names = _names(stream, attributes, rows)
        with written_beside(path) as file:
            file.write(b"%d %d %d\n" % (rows, len(attributes), len(stream.labels)))
            body.seek(0)
            shutil.copyfileobj(body, file, 1 << 20)
            if not straight:
                with written_beside(_beside(path)) as names_file:
                    names_file.write(json.dumps(names, ensure_ascii=False, indent=1).encode())
    if straight and not (names["features"] is names["labels"] is None and names["kinds"] == "numeric"):
        what = "ids alone are written, there is no file that their names could stand beside"
        warnings.warn(f"{path}: {what}", stacklevel=2)
    return rows


def _write_rows(batch: Batch, attributes: Attributes, body: Any, before: int) -> None:
    if (batch.status != COMPLETE).any():
        row = before + int(np.argmax(batch.status != COMPLETE)) + 1
        raise UnwritableError(f"row {row} is not wholly labelled: svmlight text cannot say that a label is unknown")
    cells = attributes.cells(batch)
    keep = cells.values != 0
    ends = np.concatenate([[0], np.cumsum(keep)])[cells.indptr].tolist()
    pairs = [
        f"{j}:{text}"
        for j, text in zip(cells.attributes[keep].tolist(), number_texts(cells.values[keep]), strict=True)
    ]
    labels, label_ends = list(map(str, batch.label_indices.tolist())), batch.label_indptr.tolist()
    lines = [
        f"{','.join(labels[label_ends[i] : label_ends[i + 1]])} {' '.join(pairs[ends[i] : ends[i + 1]])}\n"
        for i in range(len(batch))
    ]
    body.write("".join(lines).encode())


def _names(stream: Stream, attributes: Attributes, rows: int) -> dict[str, object]:
    kinds: list[str | list[str]] = []
    for name, categories in zip(attributes.names, attributes.categories, strict=True):
        texts = None if categories is None else [str(category) for category in categories]
        if texts is not None and is_binary(texts):
            raise UnwritableError(
                f"the categories 0 and 1 of attribute {name!r} would be read back as numbers: only CSV, JSON Lines and "
                "Parquet can hold them"
            )
        kinds.append("numeric" if texts is None else texts)
    return {
        "name": stream.name,
        "n_instances": rows,
        "n_features": len(attributes),
        "n_labels": len(stream.labels),
        "features": _plain("features", attributes.names),
        "labels": _plain("labels", stream.labels.names),
        "kinds": "numeric" if all(kind == "numeric" for kind in kinds) else kinds,
    }


def _plain(what: str, names: list[Name]) -> list[Name] | None:
    """Return names as JSON holds them; None for 0, 1, 2, ..., which need not be said."""
    if all(type(name) is int for name in names) and names == list(range(len(names))):
        return None
    plain: list[Name] = [str(name) if isinstance(name, tuple) else name for name in names]
    if len(set(plain)) < len(plain):
        twice = next(name for i, name in enumerate(plain) if name in plain[:i])
        raise UnwritableError(f"two {what} would both be written as {twice!r}: rename one of them")
    return plain


def _beside(path: Path) -> Path:
    name = path.name
    for suffix in (*COMPRESSIONS, *FORMATS["svmlight"]):
        name = name.removesuffix(suffix)
    return path.with_name(name + ".names.json")
