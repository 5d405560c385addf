"""The state directory of one learner: numbered checkpoints, the newest good one is what counts."""

from __future__ import annotations

import errno
import logging
import os
import re
from pathlib import Path
from typing import Any

from ihomer import checkpoint
from ihomer.checkpoint import Beside, CheckpointError, CheckpointRefusedError, Taken
from ihomer.daemon.lock import StateInUseError, StateLock
from streams.replacing import remove_left_behind, sync_folder

KIND = "daemon"
#: What is added to the name of a checkpoint that is set aside.
DAMAGED = ".damaged"

_NAME = re.compile(r"checkpoint-([0-9]{1,18})\.ihomer")
_SET_ASIDE = re.compile(_NAME.pattern + r"(\.[0-9]+)?\.damaged")

_log = logging.getLogger(__name__)


class NoGoodCheckpointError(CheckpointError):
    """There are checkpoints, and none of them is good: a fresh model would forget all that was learned."""


class Store:
    """Writes and reads the checkpoints of one learner, who holds the directory by a lock.

    A file that is found damaged is never deleted and never used; others are removed only when `keep` newer ones are on
    the disk, of which the newest is good.

    Parameters
    ----------
    directory
        The state directory; `lock` makes it where there is none.
    keep
        So many checkpoints are kept, at least 1.
    allow_pickle
        Whether checkpoints may hold pickles: needed for learners of river. Reading a pickle can run any code.

    Raises
    ------
    ValueError
        If no checkpoint would be kept.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     store = Store(directory, keep=2)
    ...     store.lock()
    ...     for learned in range(3):
    ...         path = store.write({"learned": learned})
    ...     tree, path = store.read()
    ...     store.close()
    >>> tree, path.name
    ({'learned': 2}, 'checkpoint-000000000003.ihomer')
    """

    def __init__(self, directory: str | os.PathLike[str], keep: int, *, allow_pickle: bool = False) -> None:
        if keep < 1:
            raise ValueError(f"keep must be at least 1 checkpoint, found {keep!r}")
        self.directory, self.keep, self.allow_pickle = Path(directory), keep, allow_pickle
        #: Checkpoints that `read` found damaged and set aside: where each is now, and what is wrong with it.
        self.damaged: list[tuple[Path, str]] = []
        self._lock: StateLock | None = None
        self._next = 1
        self._writing: Beside[Path] | None = None

    def lock(self) -> None:
        """Take the directory, until `close` or the end of the process; remove what killed writers left half written.

        Raises
        ------
        StateInUseError
            If another learner holds it; it names process, host and since when.
        OSError
            If the directory cannot be made or read, or has no locks.
        """
        if not self.directory.is_dir():
            self.directory.mkdir(parents=True, exist_ok=True)
            sync_folder(self.directory.parent)
        self._lock = StateLock(self.directory)
        remove_left_behind(self.directory)
        # A number is used once, that of a damaged checkpoint too: followers know checkpoints by their numbers.
        self._next = 1 + max((number for number, _ in [*checkpoints(self.directory), *_set_aside(self.directory)]), default=0)

    def close(self) -> None:
        """Let go of the directory."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def write(self, tree: object) -> Path:
        """Write the next checkpoint; when this returns it is on the disk and its name too. Return where it stands.

        Raises
        ------
        StateInUseError, OSError, TypeError, ValueError
            As `begin`, and what waiting for it raises.
        """
        return self.begin(tree).wait()

    def begin(self, tree: object) -> Beside[Path]:
        """Take down the next checkpoint and begin to write it; who calls may go on meanwhile, but not write another one.

        It is on the disk, and its name too, when the result's `wait()` returns, which says where it stands or raises OSError
        if it cannot be written (disk full, no permission; it names the file): the checkpoints before it are as they were,
        and the next call tries again.

        Parameters
        ----------
        tree
            See `ihomer.checkpoint.dumps`; of what is in it only the arrays must stay as they are.

        Raises
        ------
        StateInUseError
            If the directory is not held: `lock` was not called, or somebody removed the lock file.
        RuntimeError
            If another one is being written.
        TypeError, ValueError
            If something in the tree cannot be stored.
        """
        if self._writing is not None and not self._writing.done:
            raise RuntimeError(f"{self.directory}: a checkpoint is being written: wait for it first")
        self._check_held()
        taken = Taken(tree, kind=KIND, allow_pickle=self.allow_pickle)
        path = self.directory / f"checkpoint-{self._next:012}.ihomer"
        self._next += 1  # before all that can fail: a failure after the renaming has used the number
        self._writing = Beside(lambda: self._put(path, taken))
        return self._writing

    def _put(self, path: Path, taken: Taken) -> Path:
        checkpoint.write_taken(path, taken)
        self._remove_old()
        return path

    def read(self) -> tuple[Any, Path] | None:
        """Return the newest good checkpoint and where it stands; None if there never was one.

        Newer ones that are damaged are set aside (``*.damaged``), logged as warnings and listed in `damaged`; older ones
        beyond `keep` are removed.

        Raises
        ------
        NoGoodCheckpointError
            If there are checkpoints and all are damaged; it says of each what is wrong. None of them is renamed.
        CheckpointRefusedError
            If the newest that is not damaged is not for this reader: written in a newer format, or with pickles that
            are not allowed.
        StateInUseError
            If the directory is not held.
        OSError
            If one cannot be read; it names the file. Who may not read it has no right to call it damaged.
        """
        self._check_held()
        bad: list[tuple[Path, str]] = []
        for _, path in reversed(checkpoints(self.directory)):
            try:
                tree = checkpoint.read(path, kind=KIND, allow_pickle=self.allow_pickle)
            except CheckpointRefusedError:
                raise
            except CheckpointError as error:
                bad.append((path, str(error).removeprefix(f"{path}: ")))
            except OSError as error:
                if error.errno != errno.EIO:
                    raise OSError(error.errno, f"cannot be read: {error.strerror}", os.fspath(path)) from error
                bad.append((path, f"the disk cannot read it: {error.strerror}"))
            else:
                for damaged, why in bad:
                    self._put_aside(damaged, why, instead=path)
                self._remove_old()  # a writer that was killed at the wrong moment left one too many
                return tree, path
        bad += [(path, "was set aside as damaged") for _, path in reversed(_set_aside(self.directory))]
        if not bad:
            return None
        each = "".join(f"\n  {path.name}: {why}" for path, why in bad)
        raise NoGoodCheckpointError(
            f"{self.directory}: no good checkpoint among {len(bad)}, and a fresh model would forget what was learned; "
            f"put a good one there, or begin with an empty directory:{each}"
        )

    def _check_held(self) -> None:
        if self._lock is None:
            raise StateInUseError(f"{self.directory}: not locked by this process: call lock() first")
        if not self._lock.held():
            raise StateInUseError(f"{self.directory}: the lock file was removed or replaced; another learner may be at work")

    def _put_aside(self, path: Path, why: str, *, instead: Path) -> None:
        aside, n = path.with_name(path.name + DAMAGED), 2
        while aside.exists():
            aside, n = path.with_name(f"{path.name}.{n}{DAMAGED}"), n + 1
        path.rename(aside)
        self.damaged.append((aside, why))
        _log.warning("%s: %s; set aside as %s, %s is used instead", path, why, aside.name, instead.name)

    def _remove_old(self) -> None:
        for _, path in checkpoints(self.directory)[: -self.keep]:
            try:
                path.unlink()
            except OSError as error:  # the new one is good all the same
                _log.warning("%s: an old checkpoint cannot be removed: %s", path, error.strerror)


def checkpoints(directory: str | os.PathLike[str]) -> list[tuple[int, Path]]:
    """Return numbers and paths of the checkpoints in `directory`, damaged ones that were set aside left out; ascending."""
    return _named(directory, _NAME)


def _set_aside(directory: str | os.PathLike[str]) -> list[tuple[int, Path]]:
    return _named(directory, _SET_ASIDE)


def _named(directory: str | os.PathLike[str], name: re.Pattern[str]) -> list[tuple[int, Path]]:
    found = ((name.fullmatch(path.name), path) for path in Path(directory).iterdir())
    return sorted((int(match[1]), path) for match, path in found if match)
