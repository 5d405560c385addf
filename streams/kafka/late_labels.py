"""Labels that follow their instances later, on a topic of their own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator


class LateLabels:
    """Messages with labels, waiting until it is time to send them, in order.

    Parameters
    ----------
    topic
        Where they go.
    rows
        They follow their instance after so many more instances,
    seconds
        and not before so much time.
    clock
        Seconds that never go back.

    Raises
    ------
    ValueError
        If a delay is negative.

    Examples
    --------
    >>> late = LateLabels("labels", rows=1)
    >>> late.add(b'{"id":0,"y":["a"]}', None, instances=1)
    >>> list(late.due(1)), list(late.due(2))
    ([], [(b'{"id":0,"y":["a"]}', None)])
    """

    def __init__(
        self, topic: str, *, rows: int = 0, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if rows < 0 or not seconds >= 0:
            raise ValueError(f"a delay must be at least 0, found {rows if rows < 0 else seconds}")
        self.topic, self.rows, self.seconds, self._clock = topic, rows, seconds, clock
        self._waiting: deque[tuple[int, float, bytes, bytes | None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, value: bytes, key: bytes | None, instances: int) -> None:
        """Let a message wait, and its key; `instances` have been sent, its own the last of them."""
        self._waiting.append((instances + self.rows, self._clock() + self.seconds, value, key))

    def due(self, instances: float) -> Iterator[tuple[bytes, bytes | None]]:
        """Yield the messages, and their keys, whose time has come; they wait no more.

        Parameters
        ----------
        instances
            How many have been sent; infinity after the last one.
        """
        waiting = self._waiting
        while waiting and waiting[0][0] <= instances and waiting[0][1] <= self._clock():
            yield waiting.popleft()[2:]
