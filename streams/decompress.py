"""One reading of a source of bytes, decompressed on the way, in bounded memory."""

from __future__ import annotations

import bz2
import lzma
import os
import re
import zlib
from typing import IO, Literal, Protocol

from streams.errors import StreamError

Compression = Literal["auto", "none", "gz", "bz2", "xz"]

#: Raw bytes handed to a decompressor at once.
_RAW = 1 << 14
#: Decompressed bytes asked for at once. Small: where data are damaged, what this one call made is lost.
_STEP = 1 << 13

NAMES = {"gz": "gzip", "bz2": "bzip2", "xz": "xz"}
#: No text has these.
_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_FOREIGN = {
    b"PK\x03\x04": "a zip archive",
    b"\x28\xb5\x2f\xfd": "zstandard data",
    b"\x1f\x9d": "compress (.Z) data",
}
#: What follows "BZh9": a block, or the end of an empty file.
_BZ2_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the face that those of bz2 and lzma have."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)  # 31: a gzip header, window of any size
        self.needs_input = True

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(out) < max_length
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


class Pass:
    """One reading of a source from its first byte to its last.

    Parameters
    ----------
    file
        Where the bytes come from.
    name
        The source, for messages.
    compression
        What the bytes are; ``"auto"``: told by the first ones.
    owned
        Whether `file` is closed at the end.
    live
        Whether reading may have to wait (a pipe): then it gives out what is there and waits only for a first byte.

    Attributes
    ----------
    consumed : int
        Bytes read from `file` so far.
    failure : StreamError or None
        What ends the bytes, if they are truncated or damaged.
    """

    def __init__(self, file: IO[bytes], name: str, compression: Compression, *, owned: bool, live: bool) -> None:
        self._file, self._name, self._owned, self._live = file, name, owned, live
        self._drained = False  # whether the last read got less than it asked for
        self.consumed = 0
        self._raw = b""  # read from the file, not yet decompressed
        self._ready: list[bytes] = []  # decompressed, not yet given out
        self._n_ready = 0
        self.failure: StreamError | None = None
        self._ended = False
        self._made = 0  # decompressed bytes
        self._members = 0
        try:
            self._kind = self._recognise() if compression == "auto" else compression
        except StreamError:
            self.close()
            raise
        self._inner: _Decompressor | None = None

    def close(self) -> None:
        """Close the file."""
        if self._owned:
            self._file.close()

    def peek(self, n: int) -> bytes:
        """Return the next `n` bytes, fewer at the end, and leave them to be read."""
        self._fill(n)
        if self._n_ready:
            self._ready = [b"".join(self._ready)]
            return self._ready[0][:n]
        if self.failure is not None:
            raise self.failure
        return b""

    def read(self, n: int) -> bytes:
        """Return up to `n` bytes, none at the end; a failure is raised after all that came before it."""
        self._fill(n, waiting=not self._live)
        if not self._n_ready:
            if self.failure is not None:
                raise self.failure
            return b""
        joined = b"".join(self._ready)
        out, rest = joined[:n], joined[n:]
        self._ready, self._n_ready = [rest] if rest else [], len(rest)
        return out

    def _fill(self, n: int, *, waiting: bool = True) -> None:
        """Have `n` bytes ready, or all that there are; without `waiting` stop where the next read may block."""
        while self._n_ready < n and not self._ended:
            if not waiting and self._n_ready and self._drained and (self._inner is None or self._inner.needs_input):
                break
            try:
                piece = self._piece(n - self._n_ready)
            except StreamError as failure:
                self.failure, self._ended = failure, True
                break
            self._made += len(piece)
            if piece:
                self._ready.append(piece)
                self._n_ready += len(piece)
        if self._ended:
            self.close()

    def _piece(self, wanted: int) -> bytes:
        """Return the next few decompressed bytes, perhaps none; set `_ended` at the end."""
        if self._kind == "none":
            piece = self._take_raw() or self._read_raw(wanted)
            self._ended = not piece
            return piece
        if self._inner is None:
            return self._next_member()
        data = b""
        if self._inner.needs_input:
            data = self._take_raw() or self._read_raw(_RAW)
            if not data:
                raise StreamError(
                    f"{self._name}: truncated {NAMES[self._kind]} data: the file ends after {self._made:,} "
                    "decompressed bytes, in the middle"
                )
        piece = self._decompress(self._inner, data)
        if self._inner.eof:
            self._raw = self._inner.unused_data + self._raw
            self._inner = None
        return piece

    def _decompress(self, inner: _Decompressor, data: bytes) -> bytes:
        try:
            return inner.decompress(data, _STEP)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            where = f"{self._name}: damaged {NAMES[self._kind]} data after {self._made:,} decompressed bytes"
            raise StreamError(f"{where}: {error}") from error

    def _next_member(self) -> bytes:
        data = self._take_raw() or self._read_raw(_RAW)
        if self._members:  # zeros between and after members are padding
            data = data.lstrip(b"\0")
            while not data and (more := self._read_raw(_RAW)):
                data = more.lstrip(b"\0")
        if not data and self._members:
            self._ended = True
            return b""
        self._raw = data
        self._members += 1
        if self._kind == "gz":
            self._inner = _Gzip()
        elif self._kind == "bz2":
            self._inner = bz2.BZ2Decompressor()
        else:
            self._inner = lzma.LZMADecompressor()
        return b""

    def _take_raw(self) -> bytes:
        data, self._raw = self._raw, b""
        return data

    def _read_raw(self, n: int) -> bytes:
        try:
            data = os.read(self._file.fileno(), n) if self._owned else self._file.read1(n)  # type: ignore[attr-defined]
        except OSError as error:
            raise StreamError(f"{self._name}: cannot be read on: {error.strerror}") from error
        self.consumed += len(data)
        self._drained = len(data) < n
        return bytes(data)

    def _recognise(self) -> Literal["none", "gz", "bz2", "xz"]:
        while len(self._raw) < 10 and (more := self._read_raw(_RAW)):
            self._raw += more
        head = self._raw[:10]
        for magic, what in _FOREIGN.items():
            if head.startswith(magic):
                raise StreamError(f"{self._name}: is {what}, expected plain text, gzip, bzip2 or xz")
        if head.startswith(b"\x1f\x8b"):
            return "gz"
        if head.startswith(b"\xfd7zXZ\0"):
            return "xz"
        # "BZh9" alone could begin a text; what follows could not. A file cut short after it counts as bzip2.
        bzip2 = head.startswith(b"BZh") and head[3:4] in tuple(b"%d" % level for level in range(1, 10))
        if bzip2 and any(block.startswith(head[4:10]) for block in _BZ2_BLOCKS):
            return "bz2"
        self._check_named(self._raw)
        return "none"

    def _check_named(self, head: bytes) -> None:
        """Raise StreamError if the name promises a compression, and there is neither that nor text."""
        named = next((kind for kind in NAMES if self._name.lower().endswith(f".{kind}")), None)
        if named is not None and _NO_TEXT.search(head):
            raise StreamError(f"{self._name}: is named as {NAMES[named]} data, but its contents are not")
