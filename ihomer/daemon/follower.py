"""Who serves what another process learns: looks for newer checkpoints in its state directory, and locks nothing."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from ihomer import checkpoint
from ihomer.checkpoint import CheckpointError, CheckpointRefusedError
from ihomer.daemon.store import KIND, checkpoints

_log = logging.getLogger(__name__)

#: A file, as far as followers tell one from another: name, inode, time of its last change in ns.
_File = tuple[str, int, int]


class Follower:
    """Reads the newest good checkpoint of a learner, and again when it is another one. It changes nothing.

    Parameters
    ----------
    directory
        The state directory of the learner; it may come into being later.
    allow_pickle
        See `ihomer.daemon.store.Store`.

    Examples
    --------
    >>> import tempfile
    >>> from ihomer.daemon.store import Store
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     store, follower = Store(directory, keep=2), Follower(directory)
    ...     store.lock()
    ...     found = [follower.newest()]
    ...     path = store.write({"learned": 1})
    ...     found += [follower.newest()[0], follower.newest()]
    ...     store.close()
    >>> found
    [None, {'learned': 1}, None]
    """

    def __init__(self, directory: str | os.PathLike[str], *, allow_pickle: bool = False) -> None:
        self.directory, self.allow_pickle = Path(directory), allow_pickle
        self._served: _File | None = None
        self._damaged: set[_File] = set()

    def newest(self) -> tuple[Any, Path] | None:
        """Return the newest good checkpoint and its path if it is another one than that returned last; else None.

        A look that finds nothing new costs the listing of a directory. Damaged ones are logged, once, and passed over.

        Raises
        ------
        CheckpointRefusedError
            If the newest that is not damaged is not for this reader: see `ihomer.daemon.store.Store.read`.
        OSError
            If there is one that cannot be read.
        """
        there: list[tuple[int, Path]] = []
        while True:
            before, there = there, self._listed()
            if there == before:
                return None
            for _, path in reversed(there):
                try:
                    file = _file(path)
                    if file == self._served:
                        return None
                    if file not in self._damaged:
                        tree = checkpoint.read(path, kind=KIND, allow_pickle=self.allow_pickle)
                        self._served = file
                        return tree, path
                except FileNotFoundError:  # gone since the directory was listed: a newer one has come, so look again
                    continue
                except CheckpointRefusedError:
                    raise
                except CheckpointError as error:
                    _log.warning("%s; an older checkpoint is served", error)
                    self._damaged.add(file)

    def _listed(self) -> list[tuple[int, Path]]:
        try:
            return checkpoints(self.directory)
        except FileNotFoundError:
            return []


def _file(path: Path) -> _File:
    status = path.stat()
    return path.name, status.st_ino, status.st_mtime_ns
