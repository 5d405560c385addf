"""Bytes of a stream: a file, a pipe or standard input, plain or compressed, in bounded memory."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streams.decompress import NAMES, Compression, Pass
from streams.errors import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

#: Bytes a chunk when nothing else is said: large enough that the work per chunk does not show.
CHUNK = 1 << 20
#: A line longer than this is an error: no reader needs such rows, and memory stays bounded.
MAX_LINE = 64 << 20
_NEWLINE = 10
#: Bytes of a block from which on an array counts faster.
_LONG = 1 << 14


class ByteSource:
    """A source of bytes that are decompressed on the way.

    Parameters
    ----------
    path
        A file, a named pipe, or ``"-"`` for standard input.
    compression
        ``"auto"`` recognises gzip, bzip2 and xz by their first bytes, not by the file's suffix; anything
        else is taken as plain. Concatenated members are read one after the other.

    Attributes
    ----------
    name : str
        Short name for messages: the file's name without its folder, or ``stdin``.
    path : Path or None
        The file; None for standard input.
    rewinds : bool
        Whether it can be read more than once: not so for standard input and pipes.

    Raises
    ------
    StreamError
        If there is no such file.

    Examples
    --------
    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rows.txt"
    >>> _ = path.write_bytes(gzip.compress(b"one") + gzip.compress(b" two"))
    >>> with ByteSource(path) as source:
    ...     source.name, source.peek(2), b"".join(source.chunks())
    ('rows.txt', b'on', b'one two')
    """

    def __init__(self, path: str | Path, compression: Compression = "auto") -> None:
        if compression not in {"auto", "none", *NAMES}:
            raise StreamError(f"compression must be auto, none, gz, bz2 or xz, found {compression!r}")
        self.compression = compression
        self.path = None if str(path) == "-" else Path(path)
        self.name = "stdin" if self.path is None else self.path.name
        self.rewinds, self._size = self._look()
        self._pass: Pass | None = None  # the one under way
        self._begun = False  # whether `_pass` has given out bytes for good

    def _look(self) -> tuple[bool, int]:
        if self.path is None:
            return False, 0
        try:
            status = self.path.stat()
        except OSError as error:
            raise StreamError(f"{self.path}: cannot be read: {error.strerror}") from error
        if stat.S_ISDIR(status.st_mode):
            raise StreamError(f"{self.path}: is a directory, expected a file")
        return stat.S_ISREG(status.st_mode), status.st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a source that rewinds can be read again."""
        if self._pass is not None:
            self._pass.close()
        if self.rewinds:
            self._pass, self._begun = None, False

    def peek(self, n: int = 4096) -> bytes:
        """Return the first `n` decompressed bytes (fewer if there are no more) and leave them to be read.

        Raises
        ------
        StreamError
            If reading has begun and the source does not rewind.
        """
        if self._pass is not None and not self._begun:
            return self._pass.peek(n)
        if self._pass is None:
            self._pass = self._open()
            return self._pass.peek(n)
        self._refuse_second()
        with ByteSource(self._path(), self.compression) as again:
            return again.peek(n)

    @property
    def failure(self) -> StreamError | None:
        """What ends the bytes that were peeked or read, if they are truncated or damaged; else None."""
        return None if self._pass is None else self._pass.failure

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield all bytes from the first on, decompressed, at most `size` at once.

        Raises
        ------
        StreamError
            Where the data are truncated or damaged, after all that could be decompressed was yielded; if the
            source was read before and does not rewind; if it cannot be read.
        """
        if self._begun:
            self._refuse_second()
            self._pass = None
        current = self._pass or self._open()
        self._pass, self._begun = current, True
        try:
            while chunk := current.read(size):
                yield chunk
        finally:
            current.close()

    def progress(self) -> float | None:
        """Return the share of the compressed bytes read so far, 0 to 1; None if the size is not known."""
        if not self.rewinds:
            return None
        if self._pass is None or not self._begun:
            return 0.0
        return min(1.0, self._pass.consumed / self._size) if self._size else 1.0

    def _path(self) -> Path:
        assert self.path is not None
        return self.path

    def _refuse_second(self) -> None:
        if not self.rewinds:
            raise StreamError(f"{self.name}: can be read only once")

    def _open(self) -> Pass:
        try:
            file = sys.stdin.buffer if self.path is None else self._path().open("rb", buffering=0)
        except OSError as error:
            raise StreamError(f"{self.path}: cannot be read: {error.strerror}") from error
        return Pass(file, self.name, self.compression, owned=self.path is not None, live=not self.rewinds)


def line_blocks(source: ByteSource, size: int = CHUNK) -> Iterator[tuple[bytes, int]]:
    r"""Yield blocks of whole lines, about `size` bytes each, with the number of their first line (from 1).

    Line ends stay as they are: every line but perhaps the very last ends with a newline, and a carriage
    return before it is the reader's to ignore. A byte order mark of UTF-8 at the very beginning is taken
    off, so columns of line 1 are counted from the first byte after it.

    Raises
    ------
    StreamError
        What `ByteSource.chunks` raises, after all lines that are complete; if a line is longer than 64 MB; if
        the text is UTF-16 or UTF-32 (it begins with their byte order mark).

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "rows.txt"
    >>> _ = path.write_bytes(b"one\ntwo\r\nthree")
    >>> list(line_blocks(ByteSource(path), size=6))
    [(b'one\n', 1), (b'two\r\n', 2), (b'three', 3)]
    """
    held: list[bytes] = []  # the beginning of a line whose end has not come yet
    n_held = 0
    line = 1
    first = True
    for chunk in source.chunks(size):
        piece = chunk
        if first:
            piece = b"".join(held) + piece
            held, n_held = [], 0
            if len(piece) < 4 and b"\n" not in piece:
                held, n_held = [piece], len(piece)  # too little to see a byte order mark
                continue
            piece = without_mark(source.name, piece)
            first = False
        cut = piece.rfind(b"\n") + 1
        if cut:
            block = b"".join([*held, piece[:cut]])
            held, n_held = [], 0
            yield block, line
            line += newlines(block)
            piece = piece[cut:]
        if piece:
            held.append(piece)
            n_held += len(piece)
            if n_held > MAX_LINE:
                raise StreamError(f"{source.name}:{line}: a line of more than {MAX_LINE:,} bytes")
    last = b"".join(held)
    if first:
        last = without_mark(source.name, last)
    if last:
        yield last, line


def newlines(block: bytes) -> int:
    r"""Return how many newlines there are: as `block.count`, of a long one in a fifth of the time.

    Examples
    --------
    >>> newlines(b"one\ntwo")
    1
    """
    if len(block) < _LONG:
        return block.count(b"\n")
    return int(np.count_nonzero(np.frombuffer(block, np.uint8) == _NEWLINE))


def without_mark(name: str, text: bytes) -> bytes:
    """Return the beginning of a text without the byte order mark of UTF-8; StreamError for that of UTF-16 or 32."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise StreamError(f"{name}:1: begins with the byte order mark of UTF-16 or UTF-32, expected UTF-8")
    return text.removeprefix(b"\xef\xbb\xbf")
