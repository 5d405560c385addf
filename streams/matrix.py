"""Reader of a sparse matrix in text, as the extreme classification repository keeps features, and labels, by themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from streams.errors import StreamError
from streams.sources import CHUNK
from streams.svmlight import SvmlightParser
from streams.text_stream import TextStream, first_lines, shown
from streams.vocabulary_range import RangeVocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from streams.errors import BadRows
    from streams.sources import ByteSource
    from streams.vocabulary import Vocabulary

_HEADER = re.compile(rb"[ \t]*(\d+)[ \t]+(\d+)[ \t]*\r?\n?")


class MatrixStream(TextStream):
    r"""A stream of lines `column:value column:value ...` after a first line `rows columns`.

    Columns count from 0, in any order, none twice; an empty line is a row of zeros. ``nan`` is a missing value. There are no
    comments.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, or a `ByteSource` that has not been read.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    what
        What the columns are, for messages.
    block_bytes
        How much text is read at once.

    Raises
    ------
    StreamError
        If the file cannot be read, or does not begin with its two sizes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "X.txt"
    >>> _ = path.write_bytes(b"3 4\n0:1.5 2:2\n\n3:1\n")
    >>> stream = MatrixStream(path)
    >>> stream.length, len(stream.features), [x for x, _ in stream.sets()]
    (3, 4, [{0: 1.5, 2: 2.0}, {}, {3: 1.0}])
    """

    def __init__(
        self,
        source: str | Path | ByteSource,
        bad_rows: BadRows | None = None,
        what: str = "column",
        block_bytes: int = CHUNK,
    ) -> None:
        super().__init__(source, bad_rows, block_bytes)
        self._what = what
        line = next(iter(first_lines(self.source)), b"")
        found = _HEADER.fullmatch(line)
        if found is None:
            raise StreamError(f"{self.name}:1: expected the header 'rows columns', found {shown(line.strip())}")
        self.length, width = (self._size(digits) for digits in found.groups())
        self._header_lines, self._header_bytes = 1, len(line)
        self.features, self.labels = RangeVocabulary(width), RangeVocabulary()
        if self.source.rewinds:
            self.source.close()

    def _size(self, digits: bytes) -> int:
        from streams.kernels.parse_bytes import MAX_ID

        digits = digits.lstrip(b"0") or b"0"
        if len(digits) > len(str(MAX_ID)) or int(digits) > MAX_ID:
            raise StreamError(f"{self.name}:1: expected sizes of at most {MAX_ID:,}, found {shown(digits)}")
        return int(digits)

    def _parser(self) -> MatrixParser:
        return MatrixParser(self.name, self.features, self.labels, self._what)


class MatrixParser(SvmlightParser):
    """Parses the blocks of a `MatrixStream`: as svmlight rows without labels, which begin with a space.

    Parameters
    ----------
    name
        The source, for messages.
    columns, none
        The stream's vocabulary, and an empty one of its labels.
    what
        What the columns are, for messages.
    """

    before_lines = 1

    def __init__(self, name: str, columns: Vocabulary, none: Vocabulary, what: str) -> None:
        super().__init__(name, columns, none, len(columns), 0, np.empty(0, np.int32), None)
        self._what = what

    def begin(self, block: bytes, line: int) -> None:
        """Turn to a block, which ends with a newline and whose first line has the number `line`."""
        # What begins a comment in svmlight is nothing here, and a fault with another byte before it.
        super().begin(b" " + block[:-1].replace(b"\n", b"\n ").replace(b"#", b"\0#") + b"\n", line)

    def token(self, at: int, ends: bytes = b" \t\r\n") -> bytes:
        """Return the text from `at` to the next of the bytes `ends`."""
        return super().token(at, ends).replace(b"\0", b"")

    def _explain(self, why: int, at: int, item: int) -> str:
        return super()._explain(why, at, item).replace("feature", self._what)

