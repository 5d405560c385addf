"""Writing with confluent-kafka."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams.kafka.confluent.failures import asking, ours
from streams.kafka.confluent.options import Denied, options
from streams.kafka.deliveries import Deliveries
from streams.kafka.limits import Limits
from streams.kafka.protocol import Headers, Offsets
from streams.kafka.within import within

if TYPE_CHECKING:
    from streams.kafka.confluent.client import ConfluentClient

#: Kilobytes and records that wait for acknowledgement before `send` waits: two seconds at 40,000 messages of 1 KB.
BUFFER_KB = 64 << 10
BUFFER_RECORDS = 500_000

#: Bytes of a batch. A broker refuses a batch that is over the topic's limit with all that is in it, and this client does not
#: send it again in parts, so a batch stays well below the limits that there are; a megabyte, the default, is hardly faster.
BATCH_BYTES = 64 << 10

#: Milliseconds a record waits for others; `flush` does not wait for it.
LINGER_MS = 5


class ConfluentSink:
    """Writes records; see `streams.kafka.protocol.Sink`.

    Parameters
    ----------
    client
        Whose cluster.
    transactional_id
        None: no transactions.
    """

    def __init__(self, client: ConfluentClient, *, transactional_id: str | None) -> None:
        self._client, self._name, self._patience = client, client.name, client.settings.patience
        self._id = transactional_id
        self._limits = Limits(self._name, client.limit)
        self._batch_bytes = min(BATCH_BYTES, client.settings.max_message_bytes)
        self._small: dict[str, int] = {}  # topic -> bytes since the last flush, where a batch could be too large
        self._groups: dict[str, Any] = {}
        self._deliveries = Deliveries(self._name)
        patience = max(int(self._patience * 1000), 1000)
        self._denied = Denied(self._name)
        configs = options(client.settings, self._denied) | {
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",  # as the Java client and kafka-python do; its own default is another hash
            "linger.ms": LINGER_MS,
            "batch.size": self._batch_bytes,
            "queue.buffering.max.kbytes": BUFFER_KB,
            "queue.buffering.max.messages": BUFFER_RECORDS,
            "delivery.timeout.ms": patience,
            "request.timeout.ms": patience,
            "allow.auto.create.topics": False,
            # Python hears only of records that were not taken: half of the time of a record otherwise.
            "delivery.report.only.error": True,
            "on_delivery": self._delivered,
        }
        if transactional_id is not None:
            configs["transactional.id"] = transactional_id
        logger = configs.pop("logger")
        with asking(self._name, "make a producer"):
            self._producer = Producer(configs, logger=logger)
        if transactional_id is not None:
            with asking(self._name, f"take over transactional id {transactional_id!r}"):
                self._patiently(self._producer.init_transactions)

    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        time: float | None = None,
        partition: int | None = None,
    ) -> None:
        """Queue a record; waits while the client's buffer is full. A time before the first millisecond of 1970 is that one."""
        size = self._limits.size(topic, value, key, headers)
        if self._limits.known[topic] < self._batch_bytes:
            self._keep_small(topic, size)
        configs: dict[str, Any] = {}
        if headers:
            configs["headers"] = list(headers)
        if time is not None:
            configs["timestamp"] = round(time * 1000) or 1  # 0 means now to this client
        try:
            self._producer.produce(topic, value, key, -1 if partition is None else partition, **configs)
        except BufferError:
            self._wait_and_send(topic, value, key, partition, configs)
        except KafkaException as error:
            size = len(value or b"")
            raise ours(error, self._name, f"send a record with a value of {size:,} bytes to topic {topic!r}") from error

    def flush(self, seconds: float) -> None:
        """Wait until all that was sent is acknowledged."""
        with asking(self._name, "write records"):
            late = self._producer.flush(seconds)
        if late:
            self._deliveries.late(late, seconds)
        self._denied.check()
        self._deliveries.settle()

    def begin(self) -> None:
        """Begin a transaction."""
        with asking(self._name, f"begin a transaction of {self._id!r}"):
            self._producer.begin_transaction()

    def send_offsets(self, offsets: Offsets, group: str) -> None:
        """Let the transaction commit `offsets` for `group`."""
        wanted = [TopicPartition(*p, offset) for p, offset in offsets.items()]
        with asking(self._name, f"send the offsets of group {group!r} to the transaction of {self._id!r}"):
            self._patiently(self._producer.send_offsets_to_transaction, wanted, self._group(group))

    def commit(self) -> None:
        """Commit the transaction: flushes; readers of committed records see all of it or nothing."""
        self.flush(self._patience)
        with asking(self._name, f"commit the transaction of {self._id!r}"):
            self._patiently(self._producer.commit_transaction)

    def abort(self) -> None:
        """Abort the transaction."""
        with asking(self._name, f"abort the transaction of {self._id!r}"):
            self._patiently(self._producer.abort_transaction)
        self._producer.poll(0)
        self._deliveries.clear()

    def close(self) -> None:
        """Flush nothing, let go of all connections."""
        self._producer.purge()
        with suppress(KafkaException, SystemError):
            self._producer.flush(1)  # lets go of what was purged
        del self._producer

    def _patiently(self, call: Callable[..., Any], *args: Any) -> None:
        """Call again as long as the client says that it helps, as while a broker that has just come back is getting ready.

        The client's own time limit is not kept where the coordinator was away (librdkafka's issue 5456): hence `within`.
        """
        end = clock.monotonic() + self._patience
        while True:
            left = max(end - clock.monotonic(), 0.1)
            try:
                within(left, call, *args, left)
            except KafkaException as error:
                if not error.args[0].retriable() or clock.monotonic() > end:
                    raise
                clock.sleep(0.05)
            else:
                return

    def _keep_small(self, topic: str, size: int) -> None:
        """Send what waits for `topic` before it could make a batch over the limit, which would be refused as a whole."""
        waiting = self._small.get(topic, 0) + size
        if waiting > self._limits.known[topic]:
            with asking(self._name, "write records"):
                self._producer.flush(self._patience)
            self._small.clear()
            waiting = size
        self._small[topic] = waiting

    def _wait_and_send(
        self, topic: str, value: bytes | None, key: bytes | None, partition: int | None, configs: dict[str, Any]
    ) -> None:
        end = clock.monotonic() + self._patience
        while True:
            self._producer.poll(0.05)
            try:
                self._producer.produce(topic, value, key, -1 if partition is None else partition, **configs)
            except BufferError:
                if clock.monotonic() > end:
                    raise ours(TimeoutError("the buffer stays full"), self._name, f"send within {self._patience:g} s") from None
            else:
                return

    def _delivered(self, error: KafkaError | None, message: Any) -> None:
        if error is not None:
            self._deliveries.failed(ours(error, self._name, f"write a record to topic {message.topic()!r}"))

    def _group(self, group: str) -> Any:
        """Return what the broker is to know of a group whose partitions are assigned by hand; only a consumer can say it."""
        if group not in self._groups:
            configs = options(self._client.settings, self._denied) | {"group.id": group}
            logger = configs.pop("logger")
            consumer = Consumer(configs, logger=logger)
            self._groups[group] = consumer.consumer_group_metadata()
            consumer.close()
        return self._groups[group]
