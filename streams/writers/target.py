"""A file that is written beside its name and renamed when it is whole."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from streams.errors import StreamError


@contextmanager
def written_beside(path: Path, *, compress: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file to write to; it gets the name `path` when the block ends, and is removed if the block raises.

    Parameters
    ----------
    path
        Where the file goes; an older one there is replaced.
    compress
        Whether .gz, .bz2 and .xz compress. The same content gives the same bytes.

    Raises
    ------
    StreamError
        If it cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with written_beside(Path(folder) / "rows.csv.gz") as file:
    ...         _ = file.write(b"a,b")
    ...     gzip.decompress((Path(folder) / "rows.csv.gz").read_bytes())
    b'a,b'
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as raw:
            with _compressing(raw, path.suffix.lower() if compress else "") as file:
                yield file
            raw.flush()
            os.fsync(raw.fileno())
        beside.replace(path)
    except OSError as error:
        raise StreamError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


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
