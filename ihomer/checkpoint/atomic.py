"""Checkpoints are written whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from streams.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_whole(path: str | os.PathLike[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Write `pieces` to a new file beside `path`, and rename it to `path`: see `streams.replacing.replacing`.

    Raises
    ------
    OSError
        If it cannot be written (no such directory, no permission, disk full), or something stands at `path` that is
        not a regular file: of the class and with the number of the failure, naming `path`. What stood at `path` is
        as it was, the temporary file is gone.
    """
    try:
        with replacing(path) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise OSError(error.errno, why, os.fspath(path)) from error
