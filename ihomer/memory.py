"""How many bytes an object and everything it holds take."""

from __future__ import annotations

import gc
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

import numpy as np

#: What belongs to the program, not to a model; and caches, which can be dropped at any time.
_NOT_STATE = (type, types.ModuleType, types.FunctionType, types.MethodType, WeakKeyDictionary, ThreadPoolExecutor)


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
    return total
