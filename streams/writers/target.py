"""Where a writer's bytes go: a file that is replaced when it is whole, a pipe or device, standard output."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from streams.errors import StreamError
from streams.replacing import can_be_replaced, replacing

#: What names standard output.
STDOUT = Path("-")


def is_straight(path: Path) -> bool:
    """Return whether bytes go straight to `path`: it is standard output, a pipe or a device."""
    return path == STDOUT or not (path.is_dir() or can_be_replaced(path))


@contextmanager
def written_beside(path: Path, *, compress: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file to write to; it gets the name `path` when the block ends, and is removed if the block raises.

    Parameters
    ----------
    path
        Where the file goes; an older one there is replaced, a symbolic link is followed. Into what is there and is no
        regular file (a pipe, a device) the bytes go straight, and ``-`` is standard output.
    compress
        Whether .gz, .bz2 and .xz compress. The same content gives the same bytes.

    Raises
    ------
    StreamError
        If it cannot be written.
    BrokenPipeError
        If nobody reads standard output any more.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with written_beside(Path(folder) / "rows.csv.gz") as file:
    ...         _ = file.write(b"a,b")
    ...     gzip.decompress((Path(folder) / "rows.csv.gz").read_bytes())
    b'a,b'
    """
    try:
        with _opened(path) as raw, _compressing(raw, path.suffix.lower() if compress else "") as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StreamError(f"{path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_straight(path):
        with path.open("ab") as file:  # standard output may be a file that others have written to
            yield file
    else:
        with replacing(path) as file:
            yield file


@contextmanager
def _compressing(raw: IO[bytes], suffix: str) -> Iterator[IO[bytes]]:
    if suffix == ".gz":
        # No name and no time in the header: bytes that depend on the content alone.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
            yield cast("IO[bytes]", packed)
    elif suffix == ".bz2":
        with bz2.open(raw, "wb") as packed_bz2:
            yield cast("IO[bytes]", packed_bz2)
    elif suffix == ".xz":
        with lzma.open(raw, "wb") as packed_xz:
            yield cast("IO[bytes]", packed_xz)
    else:
        yield raw
