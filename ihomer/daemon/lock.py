"""One learner at a time: the lock on a state directory."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

#: The name of the file that is locked. It stays when the lock is let go: the lock is the system's, not the file.
LOCK = "lock"
#: A note of who holds the lock is never longer; what else may stand in a file of that name is not read whole.
_NOTE_BYTES = 4096


class StateInUseError(Exception):
    """A learner that lives holds the state directory; the message names its process, its host and since when."""


class StateLock:
    """The lock on a state directory, held until `release` or the end of the process, however it ends.

    Parameters
    ----------
    directory
        The state directory, which is there.

    Raises
    ------
    StateInUseError
        If another holds it.
    OSError
        If the file cannot be opened, or the file system has no locks; it names the file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     lock = StateLock(directory)
    ...     held = lock.held()
    ...     lock.release()
    >>> held
    True
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._path = Path(directory, LOCK)
        self._file = self._path.open("a+b")
        try:
            _lock(self._file, self._path)
            self._write_note()
        except BaseException:
            self._file.close()
            raise

    def held(self) -> bool:
        """Return whether the lock still keeps others out: not if somebody removed or replaced its file."""
        with contextlib.suppress(FileNotFoundError):
            return not self._file.closed and os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        return False

    def release(self) -> None:
        """Let others in."""
        self._file.close()

    def _write_note(self) -> None:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        note = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "started": started})
        # On a full disk the note is missing, which only makes another's refusal less clear: the lock holds.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file.fileno(), 0)
            os.write(self._file.fileno(), note.encode())


def _lock(file: BinaryIO, path: Path) -> None:
    import fcntl

    try:
        # Not lockf: its locks are gone when any other descriptor of the file is closed in this process.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StateInUseError(f"{path.parent}: in use by {_holder(file)}; one learner at a time") from None
    except OSError as error:
        raise OSError(error.errno, f"cannot be locked: {error.strerror}", os.fspath(path)) from error


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    try:
        note = json.loads(file.read(_NOTE_BYTES))
        return f"process {int(note['pid'])} on {note['host']}, running since {note['started']}"
    except (ValueError, KeyError, TypeError):
        return "another process (its note in the lock file cannot be read)"
