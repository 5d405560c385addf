"""The one place where numba is configured: how every kernel of the project is compiled and cached.

Compiled kernels are kept in a cache directory: `IHOMER_CACHE_DIR`, else `NUMBA_CACHE_DIR`, else
`ihomer` under `XDG_CACHE_HOME` (`~/.cache`). Inside it a folder per *fingerprint* of all kernel sources
holds the binaries: numba itself looks only at the file that a kernel stands in, not at the files of the
kernels that it calls. Kernels therefore stand in `streams/kernels` and `ihomer/kernels` and nowhere else.
A directory that cannot be written costs one warning and slower starts, no more.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

_config: Any = numba.core.config
F = TypeVar("F", bound=Callable[..., object])

#: Nothing here may change a bit from run to run: no fastmath (it re-orders sums), no parallel reductions.
#: numpy's error model: a division by zero is infinity, as in the naive twins, and costs no branch.
FLAGS: dict[str, object] = {"nogil": True, "fastmath": False, "error_model": "numpy"}

#: A fingerprint's folder that nobody used for so long is removed when a new one is made.
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
    directory = _cache_directory() if _has_file(function) else None
    before = _config.CACHE_DIR
    try:
        if directory is not None:
            _config.CACHE_DIR = str(directory)
        return numba.njit(cache=directory is not None, **FLAGS)(function)  # type: ignore[call-overload, no-any-return]
    finally:
        _config.CACHE_DIR = before


def is_cold() -> bool:
    """Whether nothing has been compiled yet for today's kernel sources, or nothing can be kept."""
    directory = _cache_directory()
    return directory is None or not any(directory.iterdir())


def _has_file(function: Callable[..., object]) -> bool:
    # A kernel typed at a prompt or in a doctest has no source file that a cache could be keyed by.
    return Path(function.__code__.co_filename).is_file()


@cache
def _cache_directory() -> Path | None:
    """Return the folder of today's kernel sources, made if need be; None (with a warning) if it cannot be."""
    root = _cache_root()
    directory = root / _fingerprint()
    try:
        fresh = not directory.is_dir()
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
        os.utime(directory)
        free = shutil.disk_usage(directory).free
    except OSError as error:
        _warn(root, str(error))
        return None
    if free < _NEEDED_BYTES:
        _warn(root, f"less than {_NEEDED_BYTES >> 20} MB free")
        return None
    if fresh:
        _prune(root, keep=directory)
    return directory


def _warn(root: Path, why: str) -> None:
    warnings.warn(
        f"compiled kernels are not kept: {root} cannot be written ({why}); every start compiles anew. "
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


def _fingerprint() -> str:
    """Hash of the versions and of name, size and time of all kernel sources."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:2]} {sys.prefix}".encode())
    here = Path(__file__).resolve().parent
    for folder in (here / "kernels", here.parent / "ihomer" / "kernels"):
        for path in [*sorted(folder.glob("*.py")), Path(__file__)]:
            status = path.stat()
            digest.update(f"{path}{status.st_size}{status.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _prune(root: Path, keep: Path) -> None:
    """Remove the folders of kernel sources that are long gone."""
    for old in root.iterdir():
        if old != keep and len(old.name) == 16 and old.is_dir() and time.time() - old.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
