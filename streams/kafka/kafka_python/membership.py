"""Being a member of a group with kafka-python: who is told of partitions that come and go, and in which thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from kafka import TopicPartition
from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.net.wakeup_notifier import WakeupNotifier

from streams.kafka.protocol import Offsets, Partition

#: Only partitions that really move are revoked.
ASSIGNORS = (CooperativeStickyAssignor,)

#: Milliseconds between two looks at whether somebody polls, while the group is being joined.
JOINING_MS = 5


class Membership(AsyncConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    """Carries rebalances from the client's thread to the thread that polls.

    kafka-python tells of them in the thread that also answers every question to the cluster, so whoever asks one there waits
    for ever. Here the client polls in a thread of its own, and the caller of `poll` runs the callbacks meanwhile.

    Parameters
    ----------
    consumer
        The client.
    assigned, revoked
        As in `streams.kafka.protocol.Source.subscribe`.
    """

    def __init__(
        self, consumer: Any, assigned: Callable[[list[Partition]], Offsets], revoked: Callable[[list[Partition]], None]
    ) -> None:
        self._consumer, self._assigned, self._revoked = consumer, assigned, revoked
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._poller = ThreadPoolExecutor(1, "kafka poll")
        self._failure: BaseException | None = None
        self._ended = False
        self._polling = False
        coordinator = consumer._coordinator  # noqa: SLF001 - see `_join`
        self._join_once = coordinator._do_join_and_sync_async  # noqa: SLF001
        coordinator._do_join_and_sync_async = self._join  # noqa: SLF001

    def poll(self, *, timeout_ms: int, max_records: int) -> dict[Any, Any]:
        """Return what the client's poll returns, running callbacks that it asks for."""
        if self._consumer._coordinator.need_rejoin():  # noqa: SLF001
            timeout_ms = max(timeout_ms, 4 * JOINING_MS)
        self._polling = True
        answer: Future[dict[Any, Any]] = self._poller.submit(
            self._consumer.poll, timeout_ms=timeout_ms, max_records=max_records
        )
        answer.add_done_callback(lambda _: self._calls.put(None))
        while (call := self._calls.get()) is not None:
            call()
        self._polling = False
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        return answer.result()

    def end(self) -> None:
        """Tell nobody any more."""
        self._ended = True
        self._poller.shutdown()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Let the caller say where to begin with partitions that came."""

        def call() -> None:
            for partition, offset in self._assigned(_ours(assigned)).items():
                self._consumer.seek(TopicPartition(*partition), offset)

        await self._in_caller(call)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the caller finish partitions that go."""
        await self._in_caller(lambda: self._revoked(_ours(revoked)))

    async def on_partitions_lost(self, lost: set[TopicPartition]) -> None:
        """Let the caller finish partitions that have gone."""
        await self.on_partitions_revoked(lost)

    async def _join(self) -> Any:
        """Join the group, and come back only while somebody polls.

        kafka-python (3.0) throws an answer away that comes between two polls, and joins again; members that poll briefly and
        in turn would do so for ever.
        """
        answer = await self._join_once()
        while not self._polling and not self._ended:
            await self._consumer._net.sleep(JOINING_MS / 1000)  # noqa: SLF001
        return answer

    async def _in_caller(self, call: Callable[[], None]) -> None:
        if self._ended:
            return
        done = WakeupNotifier(self._consumer._net)  # noqa: SLF001 - the only way to wait for another thread in their loop

        def run() -> None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - raised by `poll`, which called us
                self._failure = error
            finally:
                done.notify()

        self._calls.put(run)
        await done()


def _ours(partitions: set[TopicPartition]) -> list[Partition]:
    return sorted(Partition(*tp) for tp in partitions)
