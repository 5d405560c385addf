"""What the readers of line-by-line text share: blocks of lines go to a kernel, rows and faults come back."""

from __future__ import annotations

import abc
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streams.concatenate import in_batches_of
from streams.errors import BadRows, RowError, StreamError
from streams.sources import CHUNK, ByteSource, line_blocks, newlines, without_mark
from streams.stream import ROWS, Stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy.typing as npt

    from streams.batch import Batch

#: A header longer than this is an error: it would have to be held in memory.
MAX_HEADER = 1 << 30
#: Letters of a value that a message shows.
_SHOWN = 40
_SPACES = b" \t\r\n"


class TextStream(Stream):
    """A stream of rows that stand on a line each, read in blocks by a compiled kernel.

    Parameters
    ----------
    source
        A path, ``"-"`` for standard input, or a `ByteSource` that has not been read.
    bad_rows
        What to do with bad rows; by default the first one is raised.
    block_bytes
        How much text is read at once; memory grows with it and with the longest line, with nothing else.
    """

    def __init__(
        self, source: str | Path | ByteSource, bad_rows: BadRows | None = None, block_bytes: int = CHUNK
    ) -> None:
        self.source = source if isinstance(source, ByteSource) else ByteSource(source)
        super().__init__(self.source.name, bad_rows)
        self.rewinds = self.source.rewinds
        self._block_bytes = block_bytes
        self._header_bytes = 0  # of the text, without a byte order mark
        self._header_lines = 0

    @abc.abstractmethod
    def _parser(self) -> BlockParser:
        """Return what parses the blocks of one pass."""

    def batches(self, rows: int = ROWS) -> Iterator[Batch]:
        """Yield all rows, in order, `rows` a batch (the last may hold fewer).

        Raises
        ------
        StreamError
            What is wrong with a row or the file, after all rows that stand before it were yielded.
        """
        failures: list[StreamError] = []

        def blocks() -> Iterator[Batch]:
            try:
                yield from self._blocks()
            except StreamError as failure:
                failures.append(failure)

        yield from in_batches_of(rows, blocks())
        if failures:
            raise failures.pop()

    def progress(self) -> float | None:
        """Return the share of the compressed bytes that has been read, 0 to 1; None if the size is not known."""
        return self.source.progress()

    def _blocks(self) -> Iterator[Batch]:
        bad_before = self.bad_rows.count
        good = 0
        parser = self._parser()
        with closing(self._data_blocks()) as blocks:
            for block, line in blocks:
                parser.begin(block, line)
                while (fault := parser.parse()) is not None:
                    try:
                        self.bad_rows(fault)
                    except StreamError:
                        yield parser.take()
                        raise
                batch = parser.take()
                good += len(batch)
                yield batch
        seen = good + self.bad_rows.count - bad_before
        if self.length is not None and seen != self.length:
            raise StreamError(f"{self.name}: {seen:,} rows, the header says {self.length:,}")

    def _data_blocks(self) -> Generator[tuple[bytes, int], None, None]:
        """Yield the blocks after the header, each ending with a newline, and their first lines."""
        skip = self._header_bytes
        for block, line in line_blocks(self.source, self._block_bytes):
            text = block
            first = line
            if skip:
                text = block[skip:]
                skip -= len(block) - len(text)
                first = self._header_lines + 1
            if text:
                yield text if text.endswith(b"\n") else text + b"\n", first


class BlockParser(abc.ABC):
    """Parses the blocks of one pass over a file; its arrays are made once and grow with the largest block.

    Parameters
    ----------
    name
        The source, for messages.
    """

    #: Bytes that were put before each line, which columns of faults do not count.
    before_lines = 0

    def __init__(self, name: str) -> None:
        from streams.kernels.parse_bytes import MAX_HARD, N_STATE

        self.name = name
        self.block = b""
        self.data = np.frombuffer(b"\n", np.uint8)
        self.state = np.zeros(N_STATE, np.int64)
        self._hard = np.empty(MAX_HARD, np.int64)
        self._exact_at = np.empty(0, np.int64)
        self._exact = np.empty(0, np.float32)
        self._max_bytes = self._max_lines = 0

    @abc.abstractmethod
    def _reserve(self, n_bytes: int, n_lines: int) -> None:
        """Make arrays for blocks of that size."""

    @abc.abstractmethod
    def _call(self) -> int:
        """Call the kernel; return why it came back."""

    @abc.abstractmethod
    def _explain(self, why: int, at: int, item: int) -> str:
        """Return what was found and expected for a fault of the kernel; `at` is where, `item` its number."""

    @abc.abstractmethod
    def take(self) -> Batch:
        """Return the good rows of the block that `parse` went through."""

    def begin(self, block: bytes, line: int) -> None:
        """Turn to a block, which ends with a newline and whose first line has the number `line`."""
        from streams.kernels import parse_bytes as at

        n_lines = newlines(block)
        if len(block) > self._max_bytes or n_lines > self._max_lines:
            self._max_bytes, self._max_lines = max(len(block), self._max_bytes), max(n_lines, self._max_lines)
            self._reserve(self._max_bytes, self._max_lines)
        self.block, self.data = block, np.frombuffer(block, np.uint8)
        empty = self.state[at.EMPTY]
        self.state[:] = 0
        self.state[at.LINE], self.state[at.EMPTY] = line, empty
        self._exact_at, self._exact = np.empty(0, np.int64), np.empty(0, np.float32)

    def parse(self) -> RowError | None:
        """Parse on up to the next fault, which is returned, or the end of the block: None."""
        from streams.kernels import parse_bytes as at

        while (why := self._call()) == at.EXACT:
            self._round(self._hard[: self.state[at.HARD]])
        if why == at.END:
            return None
        start, item = int(self.state[at.FAULT_START]), int(self.state[at.FAULT_ITEM])
        where = self._locate(why, start, int(self.state[at.FAULT_AT]), item)
        column = where - start + 1 - self.before_lines
        return RowError(self.name, int(self.state[at.FAULT_LINE]), column, self._explain(why, where, item))

    def _locate(self, why: int, start: int, at: int, item: int) -> int:
        """Return the first byte at fault in the row that begins at `start`: `at` unless the kernel cannot know."""
        del why, start, item
        return at

    def _round(self, starts: npt.NDArray[np.int64]) -> None:
        """Round the numbers that begin at `starts` by exact arithmetic, for the kernel to go on with."""
        with np.errstate(over="ignore"):
            exact = np.array([float(self.number(at)) for at in starts.tolist()]).astype(np.float32)
        self._exact_at = np.concatenate([self._exact_at, starts])
        order = np.argsort(self._exact_at)
        self._exact_at, self._exact = self._exact_at[order], np.concatenate([self._exact, exact])[order]

    def number(self, at: int) -> bytes:
        """Return the text of the number that begins at `at`."""
        return self.token(at, _SPACES + b",}#")

    def token(self, at: int, ends: bytes = _SPACES) -> bytes:
        """Return the text from `at` to the next of the bytes `ends`."""
        stop = at
        while self.block[stop] not in ends and self.block[stop] != 10:
            stop += 1
        return self.block[at:stop]

    def found(self, at: int, ends: bytes = _SPACES) -> str:
        """Return the text from `at` to the next of the bytes `ends` as messages show it."""
        text = self.token(at, ends).rstrip() or self.block[at : at + 1].strip(b"\r\n")
        return shown(text) if text else "the end of the line"


def shown(text: bytes) -> str:
    """Return a piece of a file as messages show it: quoted, and not too long.

    Examples
    --------
    >>> shown(b"12x"), shown(b"")
    ("'12x'", "''")
    """
    letters = text.decode("utf-8", "backslashreplace")
    return repr(letters if len(letters) <= _SHOWN else letters[:_SHOWN] + "...")


def first_lines(source: ByteSource) -> Iterator[bytes]:
    """Yield the first lines of a source, with newlines, without byte order mark, and leave them to be read.

    Raises
    ------
    StreamError
        If the lines that are asked for are longer than `MAX_HEADER` together, or the source is damaged there.
    """
    done = 0
    n = 1 << 10  # little, as a pipe may give its first rows long before its last
    while True:
        head = source.peek(n)
        whole = len(head) < n
        text = without_mark(source.name, head)
        stop = len(text) if whole and source.failure is None else text.rfind(b"\n") + 1
        yield from _lines(text[done:stop])
        done = max(done, stop)
        if whole:
            if source.failure is not None:
                raise source.failure
            return
        if n >= MAX_HEADER:
            raise StreamError(f"{source.name}: the header is longer than {MAX_HEADER:,} bytes")
        n *= 4


def _lines(text: bytes) -> Iterator[bytes]:
    """Yield the lines of `text`; only a newline ends one."""
    start = 0
    while start < len(text):
        stop = text.find(b"\n", start) + 1 or len(text)
        yield text[start:stop]
        start = stop
