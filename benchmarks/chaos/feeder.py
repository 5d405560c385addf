"""Messages that keep coming while the daemon is being struck."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from benchmarks.chaos.world import World

#: Seconds between two bursts of messages.
PAUSE = 0.02


class Post(NamedTuple):
    """A message and where it goes."""

    topic: str
    partition: int
    value: bytes


class Feeder:
    """Sends messages in a thread of its own, in small bursts and in order, as many as are allowed; in a `with` block.

    Parameters
    ----------
    world
        Where the cluster is.
    posts
        What is sent.
    a_burst
        So many at a time.
    """

    def __init__(self, world: World, posts: Sequence[Post], a_burst: int) -> None:
        self._world, self._posts, self._a_burst = world, posts, a_burst
        self._allowed = 0
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    def allow(self, share: float) -> None:
        """Allow this share of all messages."""
        self._allowed = min(len(self._posts), round(share * len(self._posts)))

    def finish(self) -> None:
        """Send all that is left, and wait until it is there."""
        self.allow(1.0)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            with self._world.client() as client:
                sink = client.sink()
                sent = 0
                while sent < len(self._posts) and not self._ended.wait(PAUSE):
                    until = min(sent + self._a_burst, self._allowed)
                    for post in self._posts[sent:until]:
                        sink.send(post.topic, post.value, partition=post.partition)
                    if until > sent:
                        sink.flush(30.0)
                    sent = max(sent, until)
                sink.close()
        except BaseException as error:  # noqa: BLE001 - raised by `finish`
            self._failure = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
