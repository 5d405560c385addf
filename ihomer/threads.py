"""Work on more than one core: the same pieces, the same order of what is added up, whatever the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """Runs pieces of work that touch nothing of each other's; kernels do it without Python's lock.

    Parameters
    ----------
    n
        How many threads; with 1 everything runs where it is asked for.

    Raises
    ------
    ValueError
        If n is not a whole number of at least 1.

    Examples
    --------
    >>> Threads(2).map(len, ["a", "bcd", ""])
    [1, 3, 0]
    """

    def __init__(self, n: int = 1) -> None:
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise ValueError(f"threads must be a whole number of at least 1, found {n!r}")
        self.n = n
        # The thread that asks works, too.
        self._pool = ThreadPoolExecutor(n - 1, "ihomer") if n > 1 else None

    def start(self, work: Callable[..., T], *arguments: Any, **options: Any) -> Callable[[], T]:
        """Begin a piece of work, if there is a thread for it; return what waits for its result, or does it then."""
        if self._pool is None:
            return lambda: work(*arguments, **options)
        future: Future[T] = self._pool.submit(work, *arguments, **options)

        def result() -> T:
            # What has not begun yet is done here: nobody waits for a queue.
            return work(*arguments, **options) if future.cancel() else future.result()

        return result

    def map(self, work: Callable[..., T], *of: Iterable[Any]) -> list[T]:
        """Return the results of `work` for every item, in their order; the first one's error is raised when all is done."""
        pieces = [self.start(work, *arguments) for arguments in zip(*of, strict=True)]
        results: list[T] = []
        error: BaseException | None = None
        # From the end: the other threads come from the beginning.
        for piece in reversed(pieces):
            try:
                results.append(piece())
            except BaseException as why:  # noqa: BLE001 (raised below: nothing may still be at work then)
                error = why
        if error is not None:
            raise error
        return results[::-1]


#: The thread that asks, and no other.
ALONE = Threads()
#: Fewer rows than this are not worth handing to another thread.
LEAST_ROWS = 16
