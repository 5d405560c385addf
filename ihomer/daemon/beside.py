"""A thread of its own for the clerk: he deals with records while the session reads others, and sends what he said of those before.

Kernels run without Python's lock, so this takes a second core; and nothing depends on who is faster: records go in and letters
come out in one order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ihomer.daemon.letters import Letter
    from streams.kafka.protocol import Record


class Beside:
    """Deals with some records at a time, in a thread of its own; nobody else may touch the clerk while it is `busy`.

    Parameters
    ----------
    take
        The clerk's: deals with records, returns what is to be said about them.

    Examples
    --------
    >>> beside = Beside(lambda records: [])
    >>> beside.begin(["a record"])
    >>> beside.busy, beside.result(), beside.busy
    (True, ([], ['a record']), False)
    >>> beside.close()
    """

    def __init__(self, take: Callable[[Sequence[Record]], list[Letter]]) -> None:
        self._take = take
        self._thread = ThreadPoolExecutor(1, "ihomer-clerk")
        self._at_work: tuple[Future[list[Letter]], list[Record]] | None = None

    @property
    def busy(self) -> bool:
        """Whether there are records whose result has not been fetched."""
        return self._at_work is not None

    def begin(self, records: list[Record]) -> None:
        """Let the clerk deal with `records`; the result of those before has been fetched."""
        assert self._at_work is None
        self._at_work = self._thread.submit(self._take, records), records

    def result(self) -> tuple[list[Letter], list[Record]]:
        """Wait for what is said about the records that were begun, and return it with them; raise what the clerk raised."""
        assert self._at_work is not None
        (letters, records), self._at_work = self._at_work, None
        return letters.result(), records

    def close(self) -> None:
        """Wait for the end of what was begun; nobody asks for its result."""
        self._thread.shutdown()
