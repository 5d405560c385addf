"""What is to go wrong in a log in memory, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: The operations that can fail. Of the client: "topics", "create_topic", "add_partitions", "source" and "sink" (making one).
#: Of a source: "partitions", "poll", "bounds", "committed", "commit_offsets". Of a sink: "send", "flush", "begin",
#: "send_offsets", "commit", "abort". "append": a record reaches the broker, within "flush" and "commit".
OPERATIONS = frozenset(
    [
        "topics",
        "create_topic",
        "add_partitions",
        "source",
        "sink",
        "partitions",
        "poll",
        "bounds",
        "committed",
        "commit_offsets",
        "send",
        "flush",
        "begin",
        "send_offsets",
        "commit",
        "abort",
        "append",
    ]
)


@dataclass(slots=True)
class _Fault:
    error: BaseException
    first: int
    last: float
    after: bool


class Faults:
    """Errors that calls of a log are to end with.

    Examples
    --------
    >>> from streams.kafka.errors import TransportError
    >>> from streams.kafka.memory import MemoryLog
    >>> log = MemoryLog()
    >>> log.create_topic("rows")
    >>> log.faults.fail("topics", TransportError("memory: nobody answers"), at=2)
    >>> log.topics()
    {'rows': 1}
    >>> log.topics()
    Traceback (most recent call last):
    streams.kafka.errors.TransportError: memory: nobody answers
    >>> log.topics(), log.faults.calls["topics"]
    ({'rows': 1}, 3)
    """

    def __init__(self) -> None:
        #: operation -> how often it was called.
        self.calls: Counter[str] = Counter()
        self._faults: dict[str, list[_Fault]] = {}

    def fail(self, operation: str, error: BaseException, *, at: int = 1, times: float = 1, after: bool = False) -> None:
        """Let calls of an operation end with an error.

        Parameters
        ----------
        operation
            One of `OPERATIONS`.
        error
            What is raised: one of `streams.kafka.errors`, or KeyboardInterrupt where the process is to die.
        at
            Which call from now on, from 1.
        times
            So many calls one after the other; ``math.inf``: until `clear`.
        after
            False: nothing happens but the error. True: what was asked is done, only the answer is lost.
        """
        if operation not in OPERATIONS:
            raise ValueError(f"operation {operation!r} cannot fail; expected one of {', '.join(sorted(OPERATIONS))}")
        first = self.calls[operation] + at
        self._faults.setdefault(operation, []).append(_Fault(error, first, first + times - 1, after))

    def clear(self) -> None:
        """Let nothing fail any more."""
        self._faults.clear()

    @contextmanager
    def around(self, operation: str) -> Iterator[None]:
        """Count a call of `operation`, and fail if it is its turn."""
        self.calls[operation] += 1
        n = self.calls[operation]
        due = next((f for f in self._faults.get(operation, ()) if f.first <= n <= f.last), None)
        if due is not None and not due.after:
            raise due.error
        yield
        if due is not None:
            raise due.error
