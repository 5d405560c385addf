"""A file that is replaced as a whole or not at all: written beside its name, renamed when it is safe on the disk."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # no POSIX: temporary files of killed writers are left there
    fcntl = None  # type: ignore[assignment]

#: What the links in the folder of a process's open files lie in; they lead to what is open, not to a name.
_DESCRIPTORS = re.compile(r"/proc/\d+/(task/\d+/)?fd")
#: Links that a name may lead through, as in Linux.
_MOST_LINKS = 40
#: What the names of temporary files begin with.
_TEMPORARY = ".ihomer-"


def can_be_replaced(path: str | os.PathLike[str]) -> bool:
    """Return whether there is nothing at `path`, or a regular file; symbolic links are followed.

    A pipe, a device or a folder cannot be replaced, nor what ``/dev/stdout`` or another open file of a process
    leads to.

    Examples
    --------
    >>> can_be_replaced("/dev/null")
    False
    """
    if _is_descriptor(Path(path)):
        return False
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return True


def check_can_be_replaced(path: str | os.PathLike[str]) -> None:
    """Raise OSError, naming `path`, if something is there that is not a regular file."""
    if can_be_replaced(path):
        return
    if Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder, expected a regular file or a new name", os.fspath(path))
    what = "is not a regular file (but a pipe or a device), expected one or a new name"
    raise OSError(errno.EINVAL, what, os.fspath(path))


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a new file beside `path`; when the block ends it gets that name, and if the block raises it is removed.

    Several may write the same path at once: each has a temporary file of its own, the last rename wins, and the
    file is always a whole one. A symbolic link is followed; the permissions of a file that is replaced are kept.
    A process that is killed leaves its temporary file, ``.ihomer-*.tmp``, behind; the next one that writes the
    same path removes it. Who is alive holds a lock on his file: a number of a process would say nothing where
    machines or containers share a folder.

    Raises
    ------
    OSError
        If it cannot be written, or something is at `path` that is not a regular file. What stood there is as it was.
    """
    check_can_be_replaced(path)
    target = Path(os.path.realpath(path))
    prefix = f"{_TEMPORARY}{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}-"
    remove_left_behind(target.parent, prefix)
    file, temporary = _locked_file(target.parent, prefix)
    try:
        with file:
            if target.exists():
                shutil.copymode(target, temporary)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:  # closing gives up the lock; elsewhere an open file cannot be renamed
                temporary.replace(target)
        if fcntl is None:
            temporary.replace(target)
        sync_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):  # it is there only after a failure or an interruption
            temporary.unlink()


def _is_descriptor(path: Path) -> bool:
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            return False
        if _DESCRIPTORS.fullmatch(os.path.realpath(path.parent)):
            return True
        path = path.parent / path.readlink()
    return False


def _locked_file(folder: Path, prefix: str) -> tuple[BinaryIO, Path]:
    """Return a new file that is locked, and its path."""
    while True:
        path = folder / f"{prefix}{secrets.token_hex(8)}.tmp"
        file = path.open("xb")
        if fcntl is None:
            return file, path
        with contextlib.suppress(OSError):  # a file system without locks: nothing is ever removed there
            fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            return file, path
        file.close()  # between its making and its locking somebody took it for one that was left behind


def remove_left_behind(folder: Path, prefix: str = _TEMPORARY) -> None:
    """Remove the temporary files in `folder` whose writers are dead; what cannot be removed stays."""
    if fcntl is None:
        return
    for path in folder.glob(f"{prefix}*.tmp"):
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails as long as the writer lives
            path.unlink()


def sync_folder(folder: Path) -> None:
    """Make names that came into `folder`, or left it, survive a loss of power."""
    if os.name != "posix":  # elsewhere a folder cannot be opened, and need not be
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
