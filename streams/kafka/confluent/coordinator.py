"""The broker that keeps a group's offsets, as confluent-kafka asks it: it may be slow, and it may move."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from contextlib import suppress

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.kafka.within import within

#: What a broker says that no longer, or not yet, keeps the group: just after it began, or as the first one asks for it.
_MOVING = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)

#: Seconds between two questions to a coordinator that moves.
PAUSE = 0.1

Offsets = list[TopicPartition]


class Coordinator:
    """Asks for offsets, and has them written, within a time.

    A client that waits for the coordinator does nothing else meanwhile, and may wait far beyond every limit; so there is one
    for this alone, and if it is late it is left behind.

    Parameters
    ----------
    consume
        Makes that client.
    patience
        Seconds until a question is given up.
    """

    def __init__(self, consume: Callable[[], Consumer], patience: float) -> None:
        self._consume, self._patience = consume, patience
        self._consumer: Consumer | None = None

    def ask(self, question: Callable[[Consumer], Offsets | None]) -> Offsets:
        """Return what is answered to `question`, that is put to a client again while the coordinator moves.

        Raises
        ------
        TimeoutError
            If there is no answer in time.
        KafkaException
            If the answer is an error, or one of its partitions has one.
        """
        if self._consumer is None:
            self._consumer = self._consume()
        consumer = self._consumer
        try:
            return self.patiently(lambda left: within(left + 0.5, question, consumer))
        except TimeoutError:
            self._consumer = None
            raise

    def patiently(self, answer: Callable[[float], Offsets | None]) -> Offsets:
        """Return what `answer` returns for the seconds that are left; again while the coordinator moves."""
        end = clock.monotonic() + self._patience
        while True:
            try:
                return _sound(answer(max(end - clock.monotonic(), 0)) or [])
            except KafkaException as error:
                if error.args[0].code() not in _MOVING or clock.monotonic() + PAUSE > end:
                    raise
            clock.sleep(PAUSE)

    def close(self, seconds: float) -> None:
        """Let go of the client within so many seconds, or leave it behind."""
        if self._consumer is not None:
            with suppress(TimeoutError):
                within(seconds, self._consumer.close)


def _sound(answer: Offsets) -> Offsets:
    for place in answer:
        if place.error is not None:
            raise KafkaException(place.error)
    return answer
