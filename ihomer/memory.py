"""How many bytes an object and everything it holds take."""

from __future__ import annotations

import ctypes
import gc
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

#: Gives free memory back to the system, where the library that keeps it can be told to (glibc).
_TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None

#: What belongs to the program, not to a model; and caches, which can be dropped at any time.
_NOT_STATE = (type, types.ModuleType, types.FunctionType, types.MethodType, ThreadPoolExecutor)
_CACHES = frozenset((WeakKeyDictionary,))
#: What holds nothing else; most objects are names and numbers.
_LEAVES = frozenset((str, int, float, bool, bytes, type(None)))


#: Pages of 4,096 bytes that a process may grow by, 8 MB, before it is looked whether some of them are free.
GROWN = 2048
#: Of more objects than this, the notes that were made of them are worth giving back.
MANY = 100_000


def bytes_of(root: object) -> int:
    """Return the bytes of `root` and of all objects reachable from it, each counted once, array buffers included.

    Examples
    --------
    >>> import numpy as np
    >>> bytes_of([np.zeros(1000)]) - bytes_of([np.zeros(0)])
    8000
    """
    seen: set[int] = set()
    total = 0
    pending = [root]
    while pending:
        wave = []
        for thing in pending:
            at, kind = id(thing), type(thing)
            if at in seen or (kind not in _LEAVES and (kind in _CACHES or isinstance(thing, _NOT_STATE))):
                continue
            seen.add(at)
            total += sys.getsizeof(thing)  # of an array: its buffer too, if it owns one
            if kind in _LEAVES:
                continue
            wave.append(thing.base if isinstance(thing, np.ndarray) and thing.base is not None else thing)
        pending = (gc.get_referents(*wave) if wave else []) + [thing for thing in wave if id(thing) not in seen]
    if len(seen) > MANY:
        del seen, pending, wave
        give_back()
    return total


def give_back() -> None:
    """Give free memory back to the system: of arrays that were replaced the library keeps a good part, tens of megabytes.

    It takes some milliseconds, so it is for moments when much was let go of.
    """
    if _TRIM is not None:
        _TRIM(0)
        _Resident.then = _Resident.now()


def give_back_if_grown() -> None:
    """Give free memory back if the process has grown since the last time: to ask that takes some microseconds."""
    if _TRIM is not None and _Resident.now() > _Resident.then + GROWN:
        give_back()


class _Resident:
    """Pages of this process in memory: now, and when memory was last given back."""

    then = 0

    @staticmethod
    def now() -> int:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1])
