"""Reader of multi-label svmlight text, the format of the extreme classification repository too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from streams.batch import COMPLETE, Batch
from streams.errors import BadRows, StreamError
from streams.names_json import Names, beside, read_names
from streams.sources import CHUNK, ByteSource
from streams.table import Table
from streams.text_stream import BlockParser, TextStream, first_lines, shown
from streams.vocabulary_range import RangeVocabulary

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from streams.names import Name
    from streams.vocabulary import Vocabulary

_HEADER = re.compile(rb"[ \t]*(\d+)[ \t]+(\d+)[ \t]+(\d+)[ \t]*\r?\n?")
_LABEL_ENDS = b", \t\r\n"
#: Digits of a number that is too large which a message shows.
_SHOWN_DIGITS = 20
#: Only integers, but not three, is no row and no header.
_LIKE_HEADER = re.compile(rb"[ \t]*\d+([ \t]+\d+)+[ \t]*\r?\n?")


class SvmlightStream(TextStream):
    r"""A stream of lines `l1,l2,... f:v f:v ...`, with or without a first line `n_instances n_features n_labels`.

    Label and feature ids count from 0, in any order, none twice. A row without labels begins with a space. What
    follows a ``#`` is a comment. An empty line is no row: it is a fault unless only empty lines and comments follow
    to the end. ``nan`` is a missing value.

    With a header, ids beyond its sizes are faults, and so is another number of rows, at the end. Without one the
    columns are the ids met so far. Names come from ``NAME.names.json`` beside the file; without it (or where it has
    none) they are the ids. A feature of its nominal ``kinds`` is written as the number of its category, so a
    feature that is left out has the first category (see `streams.table.Table`).

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, or a `ByteSource` that has not been read.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    names
        The names file; None: the one beside the file, if there is one.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If the file cannot be read, or its header or names file is not what it should be.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.svm"
    >>> _ = path.write_bytes(b"2 3 2\n0,1 0:1.5 2:2\n 1:nan\n")
    >>> stream = SvmlightStream(path)
    >>> stream.length, stream.declared_labels, list(stream.sets())
    (2, 2, [({0: 1.5, 2: 2.0}, {0, 1}), ({1: None}, set())])
    """

    def __init__(
        self,
        source: str | Path | ByteSource,
        bad_rows: BadRows | None = None,
        names: str | Path | None = None,
        block_bytes: int = CHUNK,
    ) -> None:
        super().__init__(source, bad_rows, block_bytes)
        where = beside(self.source.path, ".names.json") if names is None else names
        self._names = Names("", None, None, [None]) if where is None else read_names(where)
        sizes = self._read_header()
        self._declare(*sizes)
        if self.source.rewinds:
            self.source.close()

    def _read_header(self) -> tuple[int | None, int | None]:
        """Return the numbers of features and labels, None where neither the header nor the names say one."""
        n_features = None if self._names.features is None else len(self._names.features)
        n_labels = None if self._names.labels is None else len(self._names.labels)
        for n, line in enumerate(first_lines(self.source), 1):
            if line.startswith(b"#"):
                continue
            found = _HEADER.fullmatch(line)
            if found is None:
                if _LIKE_HEADER.fullmatch(line):
                    raise StreamError(
                        f"{self.name}:{n}: expected a row or the header 'n_instances n_features n_labels', "
                        f"found {shown(line.strip())}"
                    )
                break
            self._header_lines, self.length = n, self._size(n, "instances", found[1])
            n_features = self._size(n, "features", found[2], n_features)
            n_labels = self._size(n, "labels", found[3], n_labels)
            break
        if self._header_lines:
            lines = first_lines(self.source)
            self._header_bytes = sum(len(next(lines)) for _ in range(self._header_lines))
        return n_features, n_labels

    def _size(self, line: int, what: str, digits: bytes, in_names: int | None = None) -> int:
        """Return a number of the header; it may not differ from what the names file says."""
        from streams.kernels.parse_bytes import MAX_ID

        digits = digits.lstrip(b"0") or b"0"
        if len(digits) > len(str(MAX_ID)) or int(digits) > MAX_ID:
            number = f"{int(digits):,}" if len(digits) <= _SHOWN_DIGITS else f"a number of {len(digits):,} digits of"
            raise StreamError(f"{self.name}:{line}: {number} {what}, expected at most {MAX_ID:,}")
        in_header = int(digits)
        if in_names is not None and in_names != in_header:
            raise StreamError(
                f"{self.name}:{line}: the header says {in_header:,} {what}, {self._names.source} names {in_names:,}"
            )
        return in_header

    def _declare(self, n_features: int | None, n_labels: int | None) -> None:
        names = self._names
        if names.labels is None:
            self.labels = RangeVocabulary(n_labels or 0)
        else:
            for name in names.labels:
                self.labels.add(name)
        self.declared_labels = n_labels
        self._n_features, self._n_labels = n_features, n_labels
        self._table: Table | None = None
        self._sizes = np.empty(0, np.int32)
        nominal = any(kind is not None for kind in names.kinds)
        if names.features is None and not nominal:
            self.features = RangeVocabulary(n_features or 0)
            return
        if n_features is None:
            raise StreamError(f"{names.source}: has kinds, but neither it nor a header says how many features")
        features: list[Name] = list(range(n_features)) if names.features is None else names.features
        kinds = names.categories(n_features)
        table = Table(self.features, self.labels)
        try:
            for name, categories in zip(features, kinds, strict=True):
                table.add_feature(name, categories)
        except ValueError as error:
            raise StreamError(f"{names.source}: {error}") from error
        if nominal:
            self._sizes = np.array([0 if kind is None else len(kind) for kind in kinds], np.int32)
        if not table.plain:
            self._table = table

    def _parser(self) -> BlockParser:
        return SvmlightParser(
            self.name, self.features, self.labels, self._n_features, self._n_labels, self._sizes, self._table
        )


class SvmlightParser(BlockParser):
    """Parses the blocks of an `SvmlightStream`.

    Parameters
    ----------
    features, labels
        The stream's vocabularies.
    n_features, n_labels
        Ids are below these; None: the vocabulary grows.
    sizes
        int32, shape (n_features,): how many categories each feature has, 0 for numeric ones; empty if all are.
    table
        Turns columns into features; None if they are the same.
    """

    def __init__(
        self,
        name: str,
        features: Vocabulary,
        labels: Vocabulary,
        n_features: int | None,
        n_labels: int | None,
        sizes: npt.NDArray[np.int32],
        table: Table | None,
    ) -> None:
        super().__init__(name)
        self._features, self._labels = features, labels
        self._n_features, self._n_labels = n_features, n_labels
        self._sizes, self._table = sizes, table

    def _reserve(self, n_bytes: int, n_lines: int) -> None:
        # The shortest cell is "0:1 ", the shortest label "0,".
        n_cells, n_labels = n_bytes // 4 + 1, n_bytes // 2 + 1
        self._indptr, self._label_indptr = np.zeros(n_lines + 1, np.int64), np.zeros(n_lines + 1, np.int64)
        self._ids, self._values = np.empty(n_cells, np.int32), np.empty(n_cells, np.float32)
        self._label_ids, self._scratch = np.empty(n_labels, np.int32), np.empty(n_labels, np.float32)
        self._lines = np.empty(n_lines, np.int64)

    def _call(self) -> int:
        from streams.kernels.parse_bytes import MAX_ID
        from streams.kernels.parse_svmlight import parse_svmlight

        return int(
            parse_svmlight(
                self.data,
                self.state,
                MAX_ID if self._n_features is None else self._n_features,
                MAX_ID if self._n_labels is None else self._n_labels,
                self._sizes,
                self._exact_at,
                self._exact,
                self._hard,
                self._indptr,
                self._ids,
                self._values,
                self._label_indptr,
                self._label_ids,
                self._scratch,
                self._lines,
            )
        )

    def take(self) -> Batch:
        """Return the good rows of the block that `parse` went through."""
        from streams.kernels.parse_bytes import ROWS

        n = int(self.state[ROWS])
        indptr, label_indptr = self._indptr[: n + 1].copy(), self._label_indptr[: n + 1].copy()
        ids, values = self._ids[: indptr[-1]].copy(), self._values[: indptr[-1]].copy()
        labels = self._label_ids[: label_indptr[-1]].copy()
        if self._n_features is None:
            _grow(self._features, ids)
        if self._n_labels is None:
            _grow(self._labels, labels)
        if self._table is not None:
            rows = self._table.expand(indptr, ids, values)
            indptr, ids, values = rows.indptr, rows.indices, rows.values
        return Batch(
            features=self._features,
            labels=self._labels,
            indptr=indptr,
            indices=ids,
            values=values,
            label_indptr=label_indptr,
            label_indices=labels,
            status=np.full(n, COMPLETE, np.uint8),
            places=self._lines[:n].copy(),
        )

    def _locate(self, why: int, start: int, at: int, item: int) -> int:
        from streams.kernels.parse_svmlight import FEATURE_TWICE, LABEL_TWICE

        patterns = {LABEL_TWICE: rb"(?:^|,)(0*%d)(?=[, \t\r\n])", FEATURE_TWICE: rb"[ \t](0*%d):"}
        if why not in patterns:
            return at
        row = self.block[start : self.block.index(b"\n", start) + 1]
        return start + [match.start(1) for match in re.finditer(patterns[why] % item, row)][1]

    def _explain(self, why: int, at: int, item: int) -> str:
        from streams.kernels import parse_svmlight as fault

        if why == fault.EMPTY_LINE:
            return "an empty line between rows; a row without labels and features is a single space"
        if why == fault.BAD_LABEL:
            hint = " (a row without labels begins with a space)" if b":" in self.token(at, _LABEL_ENDS) else ""
            return f"expected a label id, found {self.found(at, _LABEL_ENDS)}{hint}"
        if why == fault.LABEL_BEYOND:
            return _beyond("label", self.token(at, _LABEL_ENDS), self._n_labels)
        if why == fault.LABEL_TWICE:
            return f"label {item} stands twice in the row"
        if why == fault.BAD_FEATURE:
            return f"expected index:value, found {self.found(at)}"
        if why == fault.FEATURE_BEYOND:
            return _beyond("feature", self.token(at, b" \t\r\n:"), self._n_features)
        if why == fault.FEATURE_TWICE:
            return f"feature {item} stands twice in the row"
        name = self._feature_name(item)
        if why == fault.BAD_NUMBER:
            return f"feature {name!r} must be a number, found {self.found(at)}"
        if why == fault.INFINITE:
            return f"feature {name!r} must be a finite number that fits float32, found {self.found(at)}"
        size = self._sizes[item]
        return f"feature {name!r} has {size} categories, expected 0 to {size - 1} or nan, found {self.found(at)}"

    def _feature_name(self, column: int) -> Name:
        if self._table is not None:
            return self._table.name(column)
        return self._features.name(column) if column < len(self._features) else column


def _grow(vocabulary: Vocabulary, ids: npt.NDArray[np.int32]) -> None:
    """Make the ids be there in the vocabulary of a stream without a header."""
    assert isinstance(vocabulary, RangeVocabulary)
    if len(ids):
        vocabulary.grow(int(ids.max()) + 1)


def _beyond(what: str, text: bytes, size: int | None) -> str:
    from streams.kernels.parse_bytes import MAX_ID

    if size is None:
        return f"{what} id {shown(text)} is too large, expected at most {MAX_ID - 1}"
    expected = f"expected 0 to {size - 1}" if size else "expected none"
    return f"{what} id {shown(text)} is beyond the {size} declared {what}s, {expected}"
