"""Reader of ARFF files with label sets: those of MULAN (labels in an XML file) and of MEKA (`-C n`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streams.arff_header import QUOTED, ArffHeader, Attribute, decode, read_header, unquote
from streams.batch import COMPLETE, PARTIAL, UNLABELLED, Batch
from streams.errors import BadRows, RowError, StreamError
from streams.mulan_xml import label_file_beside, read_label_names
from streams.sources import CHUNK, ByteSource
from streams.table import Expanded, Table, braces, is_binary
from streams.text_stream import BlockParser, TextStream, first_lines, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_VALUE_ENDS = b", \t\r\n}"


class ArffStream(TextStream):
    r"""A stream of the rows of an ARFF file, dense or sparse, each row as it comes.

    The labels are, in this order of preference: those of `labels`; those of the file `xml`; MEKA's ``-C n`` in the
    name of the relation; those of ``NAME.xml`` beside ``NAME.arff``. Their ids follow the order of the attributes. A
    label must be declared ``{0,1}`` or ``{1,0}``; one that is ``?`` in a row is unknown there.

    Nominal attributes are treated as `streams.table.Table` says; ``?`` is a missing value. String, date and relational
    attributes are an error. Fields are separated by commas or spaces. An instance weight ``{w}`` after a row is a
    fault unless it is 1. Empty lines and what follows a ``%`` at the beginning of a field are left out.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, or a `ByteSource` that has not been read.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    labels
        Names of the label attributes, or their number: n first ones, -n last ones.
    xml
        MULAN's label file.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If the file cannot be read, or its header or label file is not what it should be.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.arff"
    >>> header = b"@relation a\n@attribute size real\n@attribute hue {red,blue}\n@attribute new {0,1}\n@data\n"
    >>> _ = path.write_bytes(header + b"1.5,blue,1\n{2 1}\n{0 2,2 ?}\n")
    >>> stream = ArffStream(path, labels=-1)
    >>> stream.features.names, stream.labels.names
    (['size', 'hue=red', 'hue=blue'], ['new'])
    >>> for x, y in stream.sets():
    ...     print(x, y)
    {'size': 1.5, 'hue': 'blue'} {'new'}
    {'hue': 'red'} {'new'}
    {'size': 2.0, 'hue': 'red'} None
    """

    def __init__(
        self,
        source: str | Path | ByteSource,
        bad_rows: BadRows | None = None,
        labels: int | Sequence[str] | None = None,
        xml: str | Path | None = None,
        block_bytes: int = CHUNK,
    ) -> None:
        super().__init__(source, bad_rows, block_bytes)
        header = read_header(self.name, first_lines(self.source))
        if not header.complete:
            raise StreamError(f"{self.name}: no line @data, expected one after the attributes")
        if self.source.rewinds:
            self.source.close()
        self._header_lines, self._header_bytes = header.lines, header.bytes
        self._attributes = header.attributes
        self._table = self._declare(self._label_positions(header, labels, xml))
        self.declared_labels = len(self.labels)

    def _label_positions(
        self, header: ArffHeader, labels: int | Sequence[str] | None, xml: str | Path | None
    ) -> set[int]:
        """Return the positions of the labels among the attributes."""
        if labels is None and xml is None:
            labels = header.meka_labels
        if isinstance(labels, int):
            n = len(header.attributes)
            if not 0 < abs(labels) <= n:
                raise StreamError(f"{self.name}: {labels} labels, expected 1 to {n} (first) or -1 to -{n} (last)")
            return set(range(labels)) if labels > 0 else set(range(n + labels, n))
        if labels is not None:
            return self._positions_of(self.name, [labels] if isinstance(labels, str) else labels)
        where = label_file_beside(self.source.path) if xml is None else xml
        if where is None:
            raise StreamError(
                f"{self.name}: which attributes are labels? Expected their names or number, MULAN's label file "
                "beside the file, or MEKA's '-C n' in the name of the relation"
            )
        return self._positions_of(Path(where).name, read_label_names(where))

    def _positions_of(self, source: str, names: Sequence[str]) -> set[int]:
        positions = {attribute.name: i for i, attribute in enumerate(self._attributes)}
        for name in names:
            if name not in positions:
                raise StreamError(f"{source}: label {name!r} is no attribute of {self.name}")
        if not names:
            raise StreamError(f"{source}: no labels, expected at least one")
        return {positions[name] for name in names}

    def _declare(self, label_positions: set[int]) -> Table:
        table = Table(self.features, self.labels)
        names: set[str] = set()
        for i, attribute in enumerate(self._attributes):
            if attribute.name in names:
                raise RowError(self.name, attribute.line, 0, f"attribute {attribute.name!r} stands twice")
            names.add(attribute.name)
            categories = None if attribute.categories is None else [decode(c) for c in attribute.categories]
            try:
                if i in label_positions:
                    table.add_label(attribute.name, categories)
                else:
                    table.add_feature(attribute.name, categories)
            except ValueError as error:
                raise RowError(self.name, attribute.line, 0, str(error)) from error
        return table

    def _parser(self) -> BlockParser:
        return _ArffParser(self.name, self._attributes, self._table)


class _ArffParser(BlockParser):
    """Parses the blocks of an `ArffStream`."""

    def __init__(self, name: str, attributes: list[Attribute], table: Table) -> None:
        super().__init__(name)
        self._attributes, self._table = attributes, table
        self._kinds = np.array([_kind(a.categories) for a in attributes], np.uint8)
        self._firsts = np.zeros(len(attributes) + 1, np.int64)
        ends, letters, codes = [0], bytearray(), []
        for j, attribute in enumerate(attributes):
            for category, code in sorted((c, k) for k, c in enumerate(attribute.categories or ())):
                letters += category
                ends.append(len(letters))
                codes.append(code)
            self._firsts[j + 1] = len(codes)
        self._ends, self._codes_of = np.array(ends, np.int64), np.array(codes, np.int32)
        self._letters = np.array(letters, np.uint8)

    def _reserve(self, n_bytes: int, n_lines: int) -> None:
        self._text = np.empty(n_bytes, np.uint8)
        self._indptr, self._lines = np.zeros(n_lines + 1, np.int64), np.empty(n_lines, np.int64)
        # The shortest cell is "1,".
        self._columns, self._codes = np.empty(n_bytes // 2 + 1, np.int32), np.empty(n_bytes // 2 + 1, np.float32)

    def _call(self) -> int:
        from streams.kernels.parse_arff import parse_arff

        return int(
            parse_arff(
                self.data,
                self.state,
                self._kinds,
                self._firsts,
                self._ends,
                self._letters,
                self._codes_of,
                self._exact_at,
                self._exact,
                self._hard,
                self._text,
                self._indptr,
                self._columns,
                self._codes,
                self._lines,
            )
        )

    def take(self) -> Batch:
        from streams.kernels.parse_bytes import ROWS

        n = int(self.state[ROWS])
        indptr = self._indptr[: n + 1]
        rows = self._table.expand(indptr, self._columns[: indptr[-1]], self._codes[: indptr[-1]])
        status, known_indptr, known_indices = _knowledge(rows, len(self._table.labels))
        return Batch(
            features=self._table.features,
            labels=self._table.labels,
            indptr=rows.indptr,
            indices=rows.indices,
            values=rows.values,
            label_indptr=rows.label_indptr,
            label_indices=rows.label_indices,
            status=status,
            known_indptr=known_indptr,
            known_indices=known_indices,
            places=self._lines[:n].copy(),
        )

    def number(self, at: int) -> bytes:
        """Return the text of the number that begins at `at`, perhaps in quotes."""
        quoted = QUOTED.match(self.block, at)
        return super().number(at) if quoted is None else unquote(quoted[0])

    def _explain(self, why: int, at: int, item: int) -> str:
        from streams.kernels import parse_arff as fault

        n = len(self._attributes)
        found = self.found(at, _VALUE_ENDS)
        if why in {fault.BAD_NUMBER, fault.INFINITE, fault.UNKNOWN_CATEGORY, fault.NO_VALUE}:
            attribute = self._attributes[item]
            categories = attribute.categories
            kind = "numeric" if categories is None else braces([decode(c) for c in categories])
            if why == fault.NO_VALUE:
                return f"attribute {attribute.name!r} is {kind}, found no value; a missing one is ?"
            if why == fault.INFINITE:
                return f"attribute {attribute.name!r} must be a finite number that fits float32, found {found}"
            if (quoted := QUOTED.match(self.block, at)) is not None:
                found = shown(quoted[0])
            return f"attribute {attribute.name!r} is {kind}, found {found}"
        if why in {fault.INDEX_BEYOND, fault.INDEX_TWICE, fault.NOT_ASCENDING, fault.BAD_INDEX}:
            return {
                fault.INDEX_BEYOND: f"index {found} is beyond the {n} attributes, expected 0 to {n - 1}",
                fault.INDEX_TWICE: f"index {item} stands twice in the row",
                fault.NOT_ASCENDING: f"index {found} after index {item}, expected ascending ones",
                fault.BAD_INDEX: f"expected an index and a value, found {found}",
            }[why]
        return {
            fault.OPEN_QUOTE: "the quote that begins here does not end in this line",
            fault.AFTER_QUOTE: f"expected a comma after the closing quote, found {found}",
            fault.TOO_FEW: f"{item} values, expected {n}",
            fault.TOO_MANY: f"expected the end of the line after {n} values, found {self.found(at, b'')}",
            fault.NO_SEPARATOR: f"expected a comma, found {self.found(at)}",
            fault.OPEN_BRACE: "the row begins with { and does not end with }",
            fault.AFTER_ROW: f"expected the end of the line after }}, found {self.found(at, b'')}",
            fault.WEIGHTED: f"instance weights are not supported, expected none or {{1}}, found {self.found(at, b'')}",
        }[why]


def _kind(categories: list[bytes] | None) -> int:
    """Return how the values of a column are written, as the kernel wants to know it."""
    from streams.kernels.parse_arff import NOMINAL, NUMERIC, ONE_ZERO, ZERO_ONE

    if categories is None:
        return NUMERIC
    if is_binary([decode(category) for category in categories]):
        return ZERO_ONE if categories[0] == b"0" else ONE_ZERO
    return NOMINAL


def _knowledge(
    rows: Expanded, n_labels: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64] | None, npt.NDArray[np.int32] | None]:
    """Return status, known_indptr and known_indices of a Batch for rows in which some labels are unknown."""
    n_unknown = np.diff(rows.unknown_indptr)
    status = np.full(len(n_unknown), COMPLETE, np.uint8)
    if not n_unknown.any():
        return status, None, None
    status[n_unknown > 0] = PARTIAL
    status[n_unknown == n_labels] = UNLABELLED
    known_indptr = np.zeros(len(status) + 1, np.int64)
    np.cumsum(np.where(status == PARTIAL, n_labels - n_unknown, 0), out=known_indptr[1:])
    every = np.arange(n_labels, dtype=np.int32)
    known = [np.empty(0, np.int32)]
    for i in np.flatnonzero(status == PARTIAL).tolist():
        unknown = rows.unknown_indices[rows.unknown_indptr[i] : rows.unknown_indptr[i + 1]]
        known.append(np.delete(every, unknown))
    return status, known_indptr, np.concatenate(known)
