"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_whole(path: str | os.PathLike[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Write `pieces` to a new file beside `path`, and rename it to `path` once it is safe on the disk.

    Several may write the same path at once: each has a temporary file of its own, the last rename wins, and
    the file is always a whole one. A symbolic link is followed; the permissions of a file that is replaced
    are kept. A process killed while it writes leaves its temporary file, ``.ihomer-*.tmp``, behind.

    Raises
    ------
    OSError
        If it cannot be written (no such directory, no permission, disk full): of the class and with the
        number of the failure, naming `path`. What stood at `path` is as it was, the temporary file is gone.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".ihomer-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            if target.exists():
                shutil.copymode(target, temporary)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_directory(target.parent)
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise OSError(error.errno, why, os.fspath(path)) from error
    finally:
        with contextlib.suppress(OSError):  # it is there only after a failure or an interruption
            temporary.unlink()


def _sync_directory(directory: Path) -> None:
    """Make the rename itself survive a loss of power."""
    if os.name != "posix":  # elsewhere a directory cannot be opened, and need not be
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
