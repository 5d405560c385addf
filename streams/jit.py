"""The one place where numba is configured: how every kernel of the project is compiled and cached.

Compiled kernels are kept in a cache directory: `IHOMER_CACHE_DIR`, else `NUMBA_CACHE_DIR`, else
`ihomer` under `XDG_CACHE_HOME` (`~/.cache`). Inside it a folder per installation and version of numba
holds the binaries. A kernel is compiled anew when its file has changed, or a file of kernels that this one
imports, directly or not: numba itself looks only at the first. Kernels therefore stand in `streams/kernels`
and `ihomer/kernels` and nowhere else.
A directory that is there is read, whether it can be written or not. Only when something would have to be
written and cannot be (no permission, disk full) there is a warning, one a process, and slower starts, no more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import caching
from numba.core.runtime.nrt import rtsys

_config: Any = numba.core.config
_runtime: Any = rtsys
F = TypeVar("F", bound=Callable[..., object])

#: Nothing here may change a bit from run to run: no fastmath (it re-orders sums), no parallel reductions.
#: numpy's error model: a division by zero is infinity, as in the naive twins, and costs no branch.
FLAGS: dict[str, object] = {"nogil": True, "fastmath": False, "error_model": "numpy"}

#: How one file of kernels names another.
_IMPORT = re.compile(r"^(?:from|import) ((?:streams|ihomer)\.kernels\.\w+)", re.MULTILINE)
#: A folder that nobody used for so long is removed when a new one is made.
_KEEP_SECONDS = 30 * 86_400.0
#: Less free room than this and the cache is not used: all kernels together take about a tenth of it.
_NEEDED_BYTES = 64 << 20


def jit(function: F) -> F:
    """Compile `function` on first use, with the project's flags and its cache.

    Examples
    --------
    >>> import numpy as np
    >>> from streams.jit import jit
    >>> @jit
    ... def total(values):
    ...     s = 0.0
    ...     for v in values:
    ...         s += v
    ...     return s
    >>> total(np.ones(3))
    3.0
    """
    compiled: Any = numba.njit(**FLAGS)(function)  # type: ignore[call-overload]
    if _has_file(function):
        before = _config.CACHE_DIR
        try:
            _config.CACHE_DIR = str(_cache_directory())
            # What njit(cache=True) does, with a cache of another class.
            compiled._cache = _Cache(function)  # noqa: SLF001
        finally:
            _config.CACHE_DIR = before
    return compiled  # type: ignore[no-any-return]


def is_cold() -> bool:
    """Whether nothing has been compiled yet by this installation, or nothing can be kept."""
    return next(_cache_directory().glob("*/*.nbc"), None) is None


_FunctionCache: Any = caching.FunctionCache
_ResultCache: Any = caching.CompileResultCacheImpl
#: numba's own locator of a cache in `CACHE_DIR`; its name differs between versions of numba.
_InDirectory: Any = _ResultCache._locator_classes[0]  # noqa: SLF001


class _Locator(_InDirectory):  # type: ignore[misc]
    """Takes the directory as it is; numba's takes another one, or none, if it cannot be written."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        return cls(py_func, py_file)

    def get_source_stamp(self) -> str:
        return _stamp(self._py_file)


class _Impl(_ResultCache):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Cache(_FunctionCache):  # type: ignore[misc]
    """numba's cache of one kernel, but no fault of the disk stops the program."""

    _impl_class = _Impl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            # What numba does without first looking for what extensions register, which imports all of scipy.linalg.
            _runtime.initialize(target_context)
            return self._load_overload(sig, target_context)
        except (OSError, EOFError, pickle.UnpicklingError):  # cannot be read, or is not whole: compiled anew
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        if not _saving.possible():
            return
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _saving.give_up(str(error))


class _Saving:
    """Whether this process writes to the cache: found out when there is first something to write."""

    def __init__(self) -> None:
        self._possible: bool | None = None

    def possible(self) -> bool:
        """Make the directory at the first call; return whether anything is written to it."""
        if self._possible is None:
            self._possible = True
            directory = _cache_directory()
            try:
                fresh = not directory.is_dir()
                directory.mkdir(parents=True, exist_ok=True)
                free = shutil.disk_usage(directory).free
            except OSError as error:
                self.give_up(str(error))
                return False
            if free < _NEEDED_BYTES:
                self.give_up(f"less than {_NEEDED_BYTES >> 20} MB free")
            elif fresh:
                _prune(directory.parent, keep=directory)
        return self._possible

    def give_up(self, why: str) -> None:
        """Write nothing any more, and say so."""
        self._possible = False
        _warn(_cache_root(), why)


_saving = _Saving()


def _has_file(function: Callable[..., object]) -> bool:
    # A kernel typed at a prompt or in a doctest has no source file that a cache could be keyed by.
    return Path(function.__code__.co_filename).is_file()


@cache
def _cache_directory() -> Path:
    """Return the folder of this installation, whether it is there or not."""
    installation = f"{numba.__version__} {sys.version_info[:2]} {sys.prefix} {Path(__file__).resolve()}"
    directory = _cache_root() / hashlib.sha256(installation.encode()).hexdigest()[:16]
    with contextlib.suppress(OSError):
        os.utime(directory)  # in use: not to be pruned
    return directory


@cache
def _stamp(path: str) -> str:
    """Return a hash of a file, of the kernels' files that it imports, and of this one.

    Of what they say, not of their times: layers of container images keep those to the second only, and a cache that was
    filled while an image was made would be of no use in it.
    """
    digest = hashlib.sha256()
    files = {path, __file__}
    waiting = [path]
    here = Path(__file__).resolve().parents[1]
    while waiting:
        for name in _IMPORT.findall(_text(waiting.pop())):
            imported = str(here.joinpath(*name.split(".")).with_suffix(".py"))
            if imported not in files:
                files.add(imported)
                waiting.append(imported)
    for file in sorted(files):
        digest.update(f"{file}\0{_text(file)}\0".encode())
    return digest.hexdigest()


@cache
def _text(path: str) -> str:
    return Path(path).read_text("utf-8")


def _warn(root: Path, why: str) -> None:
    warnings.warn(
        f"compiled kernels are not kept: {root} cannot be written ({why}); starts compile anew. "
        "Set IHOMER_CACHE_DIR to a directory that can be written.",
        RuntimeWarning,
        stacklevel=3,
    )


def _cache_root() -> Path:
    for variable in ("IHOMER_CACHE_DIR", "NUMBA_CACHE_DIR"):
        if os.environ.get(variable):
            return Path(os.environ[variable])
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(home) if home else Path.home() / ".cache") / "ihomer"
    except RuntimeError:  # a user without a home directory
        return Path(os.devnull) / "ihomer"


def _prune(root: Path, keep: Path) -> None:
    """Remove the folders of installations that nobody uses any more."""
    for old in root.iterdir():
        if old != keep and len(old.name) == 16 and old.is_dir() and time.time() - old.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
