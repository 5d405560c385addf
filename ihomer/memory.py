"""How many bytes an object and everything it holds take."""

from __future__ import annotations

import ctypes
import gc
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

#: Gives free memory back to the system, where the library that keeps it can be told to (glibc).
_TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None

#: What belongs to the program, not to a model; and caches, which can be dropped at any time.
_NOT_STATE = (type, types.ModuleType, types.FunctionType, types.MethodType, WeakKeyDictionary, ThreadPoolExecutor)


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
            if id(thing) in seen or isinstance(thing, _NOT_STATE):
                continue
            seen.add(id(thing))
            total += sys.getsizeof(thing)  # of an array: its buffer too, if it owns one
            wave.append(thing.base if isinstance(thing, np.ndarray) and thing.base is not None else thing)
        pending = [
            thing for thing in (gc.get_referents(*wave) if wave else []) if not isinstance(thing, _NOT_STATE)
        ] + [thing for thing in wave if id(thing) not in seen]
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
