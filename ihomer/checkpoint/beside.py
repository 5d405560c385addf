"""Work that is done beside the learning: in a thread of its own, waited for once its result counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Beside(Generic[T]):
    """Calls a function in a thread of its own.

    Packing, digests and writing let other threads of Python run, so learning goes on meanwhile. A thread, not a fork: what
    talks to a broker has threads of its own, and a fork of such a process may stop for ever at a lock that one of them held.
    An interpreter that ends waits for it.

    Parameters
    ----------
    work
        What to do; what it needs must not change any more.
    clock
        Seconds of a monotonic clock.

    Examples
    --------
    >>> beside = Beside(lambda: 6 * 7)
    >>> beside.wait(), beside.done
    (42, True)
    """

    def __init__(self, work: Callable[[], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._work: Callable[[], T] | None = work
        self._clock = clock
        self._found: list[T] = []
        self._failed: BaseException | None = None
        self._ended = 0.0
        self._began = clock()
        self._thread = threading.Thread(target=self._run, name="ihomer-checkpoint")
        self._thread.start()

    def _run(self) -> None:
        work, self._work = self._work, None  # who holds this one afterwards does not hold what was written
        assert work is not None
        try:
            self._found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised by `wait`, in the thread that asked
            self._failed = error
        self._ended = self._clock()

    @property
    def done(self) -> bool:
        """Whether `wait` returns, or raises, at once."""
        return not self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """How long it took, once it is done."""
        return self._ended - self._began

    def wait(self) -> T:
        """Return what the function returned, or raise what it raised, when it has."""
        self._thread.join()
        if self._failed is not None:
            raise self._failed
        return self._found[0]
