"""From lines of a CSV file to fields, and from the fields of a row to features and labels."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter

from streams.errors import StreamError
from streams.label_columns import Roles
from streams.message import MessageError, seconds
from streams.sources import ByteSource, without_mark
from streams.vocabulary import Vocabulary

_TRUE = frozenset(("1", "true", "True", "TRUE"))
_TRUTHS = _TRUE | {"0", "false", "False", "FALSE"}
_BITS = frozenset("01")

#: Kinds of a column: as its values were so far, or said to be nominal whatever they look like.
_NUMBERS, _CATEGORIES, _NOMINAL = "numbers", "categories", "nominal"

#: No header is longer: a file without line ends must not be read whole to find that out.
_LONGEST_HEADER = 64 << 20


class FieldError(ValueError):
    """A row that does not fit; `index` is the field at fault, None if the whole row is."""

    def __init__(self, index: int | None, what: str) -> None:
        self.index, self.what = index, what
        super().__init__(what)


class Records:
    r"""The rows of a CSV file as lists of fields; a FieldError in place of a row that is not CSV.

    After a row that is not CSV, reading goes on at the next line, even if an open quote seemed to reach further.

    Parameters
    ----------
    blocks
        Whole lines of bytes with the number of their first line.
    delimiter
        What stands between fields.

    Examples
    --------
    >>> records = Records(iter([(b'a,b\n1,"2\n3"\n', 1)]), ",")
    >>> [(records.line, fields) for fields in records]
    [(1, ['a', 'b']), (2, ['1', '2\n3'])]
    """

    def __init__(self, blocks: Iterable[tuple[bytes, int]], delimiter: str) -> None:
        #: Line on which the last row begins.
        self.line = 0
        self._delimiter = delimiter
        self._lines = self._decoded(blocks)
        self._pushed_back: list[str] = []
        self._record: list[str] = []  # the lines of the last row
        self._next_line = 1
        self._doubtful = False  # some block was not UTF-8
        self._reader = csv.reader(self._feed(), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[list[str] | FieldError]:
        return self

    def __next__(self) -> list[str] | FieldError:
        while True:
            self._record.clear()
            self.line = self._next_line
            try:
                fields = next(self._reader)
            except csv.Error as error:
                self._pushed_back = self._record[1:] + self._pushed_back
                self._next_line = self.line + 1
                self._reader = csv.reader(self._feed(), delimiter=self._delimiter, strict=True)
                what = str(error)
                if "\r" in self._record[0].removesuffix("\n").removesuffix("\r") and what.startswith("new-line"):
                    what = "a carriage return in a field without quotes"
                if what.startswith("field larger"):
                    return self._too_long()
                return FieldError(None, f"not CSV: {what}")
            if self._doubtful and not _is_text("".join(fields)):
                bad = next(i for i, field in enumerate(fields) if not _is_text(field))
                return FieldError(bad, "found bytes that are not UTF-8, expected UTF-8 text")
            if fields:
                return fields

    def _too_long(self) -> FieldError:
        """Return what to say of the row under way, one of whose fields is longer than the csv module takes."""
        limit = csv.field_size_limit()
        index, quoted, length = 0, False, 0
        for character in "".join(self._record):
            quoted ^= character == '"'
            index, length = (index + 1, 0) if character == self._delimiter and not quoted else (index, length + 1)
            if length > limit:
                break
        what = f"a field of more than {limit:,} characters, expected shorter ones"
        return FieldError(index, f"{what} (csv.field_size_limit(n) allows longer ones)")

    def place(self, index: int | None) -> tuple[int, int]:
        """Return line and column (from 1, in bytes) of a field of the last row; column 0 for the whole row."""
        if index is None:
            return self.line, 0
        text, quoted, start = "".join(self._record), False, 0
        for at, character in enumerate(text):
            if not index:
                break
            quoted ^= character == '"'
            if character == self._delimiter and not quoted:
                index, start = index - 1, at + 1
        before = text[:start]
        column = len(before[before.rfind("\n") + 1 :].encode(errors="surrogateescape")) + 1
        return self.line + before.count("\n"), column

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._pushed_back.pop(0) if self._pushed_back else next(self._lines, None)
            if line is None:
                return
            self._record.append(line)
            self._next_line += 1
            yield line

    def _decoded(self, blocks: Iterable[tuple[bytes, int]]) -> Iterator[str]:
        for block, _ in blocks:
            try:
                text = block.decode()
            except UnicodeDecodeError:
                text = block.decode(errors="surrogateescape")
                self._doubtful = True
            yield from io.StringIO(text, newline="\n")  # ends lines at \n alone, as they are counted


def _is_text(field: str) -> bool:
    try:
        field.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_header(source: ByteSource, delimiter: str) -> list[str]:
    """Return the fields of the first row, which is left to be read again.

    Raises
    ------
    StreamError
        If there is none, or it is not CSV.
    """
    size = 4096
    while True:
        head = source.peek(size)
        whole = len(head) < size
        head = without_mark(source.name, head)
        cut = len(head) if whole else head.rfind(b"\n") + 1
        records = Records([(head[:cut], 1)], delimiter)
        fields = next(records, None)
        if isinstance(fields, list):
            return fields
        if whole or size > _LONGEST_HEADER:
            found = "nothing" if fields is None else str(fields)
            line, column = (1, 0) if fields is None else records.place(fields.index)
            where = f"{source.name}:{line}:{column}" if column else f"{source.name}:{line}"
            raise StreamError(f"{where}: expected a header line with the names of the columns, found {found}")
        size *= 4


class RowParser:
    """Makes features and labels of the fields of a row; remembers which columns are numeric.

    Parameters
    ----------
    columns
        The names of all columns; those of features must be different.
    roles
        What they are for.
    features
        Where numeric columns are declared, in the order of the file.
    nominal
        Positions of the columns that hold categories whatever they look like.
    separator
        What stands between the labels of a column of lists; None to find out whether there is one.
    """

    def __init__(
        self,
        columns: Sequence[str],
        roles: Roles,
        features: Vocabulary,
        nominal: Collection[int],
        separator: str | None,
    ) -> None:
        self._columns, self._roles, self._features = columns, roles, features
        self._kinds: dict[int, str] = dict.fromkeys(nominal, _NOMINAL)
        self._names = [columns[i] for i in roles.features]
        self._pick_features, self._pick_labels = _picker(roles.features), _picker(roles.labels)
        self._all_numeric = False
        self._separator = separator
        self._undecided = roles.exact and separator is None

    def parse(
        self, fields: list[str]
    ) -> tuple[dict[str, float | str | None], set[str] | dict[str, bool | None] | None, str | None, float]:
        """Return x, y, id and time of one row.

        Raises
        ------
        FieldError
            If a field does not fit its column, or there are too few or too many.
        """
        if len(fields) != len(self._columns):
            n = len(fields)
            raise FieldError(None, f"{n} field{'s' * (n != 1)}, expected {len(self._columns)} as in the header line")
        x = self._features_of(fields)
        y = self._labels_of(fields)
        roles = self._roles
        key = None if roles.key is None else fields[roles.key] or None
        time = math.nan if roles.time is None else self._time_of(fields[roles.time], roles.time)
        return x, y, key, time

    def _features_of(self, fields: list[str]) -> dict[str, float | str | None]:
        if self._all_numeric:
            texts = self._pick_features(fields)
            try:
                if "_" not in "".join(texts):  # see _number
                    return dict(zip(self._names, map(float, texts), strict=True))
            except ValueError:
                pass  # a missing value, or a fault that is to be told
        x: dict[str, float | str | None] = {}
        found: dict[int, str] = {}
        for i, name in zip(self._roles.features, self._names, strict=True):
            text = fields[i]
            kind = self._kinds.get(i)
            if not text:
                x[name] = math.nan if kind == _NUMBERS else None
                continue
            value = text if kind == _NOMINAL else _number(text)
            this = _CATEGORIES if isinstance(value, str) else _NUMBERS
            if kind is None:
                found[i] = this
            elif kind not in (this, _NOMINAL):
                raise FieldError(
                    i,
                    f"column {name!r} held {kind} before, found {text[:50]!r}: "
                    f"expected {'a number' if kind == _NUMBERS else 'text'}, or the column named in nominal",
                )
            x[name] = value
        self._decide(found)
        return x

    def _decide(self, found: dict[int, str]) -> None:
        for i, kind in found.items():
            self._kinds[i] = kind
            if kind == _NUMBERS:
                self._features.add(self._columns[i])
        if found:
            self._all_numeric = all(self._kinds.get(i) == _NUMBERS for i in self._roles.features)

    def _labels_of(self, fields: list[str]) -> set[str] | dict[str, bool | None] | None:
        roles = self._roles
        if not roles.labels:
            return None
        if self._undecided and fields[roles.labels[0]]:
            self._undecided = False
            self._separator = None if fields[roles.labels[0]] in _TRUTHS else ";"
        if self._separator is not None:
            return {label.strip() for label in fields[roles.labels[0]].split(self._separator) if label.strip()}
        cells = self._pick_labels(fields)
        if _BITS.issuperset(cells):
            return {name for name, cell in zip(roles.label_names, cells, strict=True) if cell == "1"}
        y: dict[str, bool | None] = {}
        for i, name, cell in zip(roles.labels, roles.label_names, cells, strict=True):
            if cell and cell not in _TRUTHS:
                lists = "; for lists of labels give label_separator" if roles.exact else ""
                raise FieldError(i, f"label {name!r} is 0 or 1, true or false, or empty, found {cell[:50]!r}{lists}")
            y[name] = cell in _TRUE if cell else None
        if all(truth is None for truth in y.values()):
            return None
        return {name for name, truth in y.items() if truth} if None not in y.values() else y

    def _time_of(self, text: str, index: int) -> float:
        number = _number(text) if text else math.nan
        if not isinstance(number, str):
            if math.isinf(number):
                raise FieldError(index, f"expected a finite time, found {text!r}")
            return number
        try:
            return seconds(text)
        except MessageError:
            raise FieldError(
                index, f"expected seconds or a time such as '2026-01-31T12:00:00Z', found {text[:50]!r}"
            ) from None


def _number(text: str) -> float | str:
    """Return the number that `text` is, or the text."""
    try:
        return text if "_" in text else float(text)  # Python reads 1_000 as a number, no one else does
    except ValueError:
        return text


def _picker(indices: list[int]) -> Callable[[list[str]], Sequence[str]]:
    """Return a function that picks the fields at `indices` (ascending)."""
    if not indices:
        return lambda _: ()
    start, stop = indices[0], indices[-1] + 1
    if indices == list(range(start, stop)):
        return itemgetter(slice(start, stop))
    return itemgetter(*indices)
