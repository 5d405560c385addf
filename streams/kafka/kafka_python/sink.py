"""Writing with kafka-python."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from kafka import KafkaProducer
from kafka import errors as theirs
from kafka.serializer import Serializer
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from streams.kafka.deliveries import Deliveries
from streams.kafka.errors import UnknownTopicError
from streams.kafka.kafka_python.failures import ours
from streams.kafka.kafka_python.options import made
from streams.kafka.limits import Limits
from streams.kafka.protocol import Headers, Offsets
from streams.kafka.within import within

if TYPE_CHECKING:
    from streams.kafka.kafka_python.client import KafkaPythonClient

#: Bytes that wait for acknowledgement before `send` waits; kafka-python itself has no limit. 32 MB are what other clients
#: take, and more than a second of what it can write.
BUFFER_BYTES = 32 << 20

#: What a record costs Python besides its own bytes.
PYTHON_BYTES = 500

#: Bytes of a batch: 64 KB are some 200 predictions, one request; the default of 16 KB costs four requests and checksums for
#: that.
BATCH_BYTES = 64 << 10

#: Milliseconds a record waits for others; `flush` does not wait for it.
LINGER_MS = 5


class KafkaPythonSink:
    """Writes records; see `streams.kafka.protocol.Sink`.

    Parameters
    ----------
    client
        Whose cluster.
    transactional_id
        None: no transactions.
    """

    def __init__(self, client: KafkaPythonClient, *, transactional_id: str | None) -> None:
        self._client, self._name, self._patience = client, client.name, client.settings.patience
        self._id = transactional_id
        self._limits = Limits(self._name, client.limit)
        self._waiting: deque[tuple[Any, str, int]] = deque()  # future, topic, bytes
        self._waiting_bytes = 0
        self._deliveries = Deliveries(self._name)
        self._producer = self._make()
        if transactional_id is not None:
            try:
                with self._asking(f"take over transactional id {transactional_id!r}"):
                    self._producer.init_transactions()
            except BaseException:
                self.close()
                raise

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
        """Queue a record; waits while the client's buffer is full."""
        size = self._limits.size(topic, value, key, headers) + PYTHON_BYTES
        milliseconds = None if time is None else round(time * 1000)
        try:
            future = self._producer.send(topic, NULL if value is None else value, key, list(headers), partition, milliseconds)
        except (theirs.KafkaError, OSError):
            with self._asking(f"send a record with a value of {len(value or b''):,} bytes to topic {topic!r}"):
                raise
        except ValueError as error:  # a partition that is not there
            raise UnknownTopicError(f"{self._name}: cannot send a record to topic {topic!r}: {error}") from error
        self._waiting.append((future, topic, size))
        self._waiting_bytes += size
        self._collect()
        while self._waiting_bytes > BUFFER_BYTES:
            self._wait_for_oldest()

    def flush(self, seconds: float) -> None:
        """Wait until all that was sent is acknowledged."""
        end = monotonic() + seconds
        while self._waiting:
            left = end - monotonic()
            # Where a batch was too large for the broker and is sent in parts, their flush loses patience with it: UnknownError.
            with suppress(theirs.KafkaTimeoutError, theirs.UnknownError):
                self._producer.flush(max(left, 0.0))
            self._collect()
            if left <= 0:
                self._deliveries.late(len(self._waiting), seconds)
                break
        if self._id is None and self._producer._transaction_manager.has_fatal_error():  # noqa: SLF001
            # After a record that the broker refuses for good the client takes no other any more; a new one does.
            self._let_go()
            self._producer = self._make()
        self._deliveries.settle()

    def begin(self) -> None:
        """Begin a transaction."""
        with self._asking(f"begin a transaction of {self._id!r}"):
            self._producer.begin_transaction()

    def send_offsets(self, offsets: Offsets, group: str) -> None:
        """Let the transaction commit `offsets` for `group`."""
        wanted = {TopicPartition(*p): OffsetAndMetadata(offset, "", -1) for p, offset in offsets.items()}
        with self._asking(f"send the offsets of group {group!r} to the transaction of {self._id!r}"):
            within(self._patience, self._producer.send_offsets_to_transaction, wanted, ConsumerGroupMetadata(group))

    def commit(self) -> None:
        """Commit the transaction: flushes; readers of committed records see all of it or nothing."""
        self.flush(self._patience)
        with self._asking(f"commit the transaction of {self._id!r}"):
            within(self._patience, self._producer.commit_transaction)

    def abort(self) -> None:
        """Abort the transaction."""
        with self._asking(f"abort the transaction of {self._id!r}"):
            within(self._patience, self._producer.abort_transaction)
        self._forget()

    def close(self) -> None:
        """Flush nothing, let go of all connections."""
        self._forget()
        self._let_go()

    def _let_go(self) -> None:
        sender = self._producer._sender  # noqa: SLF001 - its own `close` flushes first, and fails if that takes long
        sender.force_close()
        sender.join(5)
        with suppress(theirs.KafkaError, OSError):
            self._producer.close(timeout=0)

    def _make(self) -> Any:
        patience = max(int(self._patience * 1000), 1000)
        return made(
            KafkaProducer,
            self._client.settings,
            transactional_id=self._id,
            enable_idempotence=True,
            acks="all",
            max_request_size=self._client.settings.max_message_bytes,
            batch_size=BATCH_BYTES,
            linger_ms=LINGER_MS,
            delivery_timeout_ms=patience + LINGER_MS,
            max_block_ms=patience,
            allow_auto_create_topics=False,
            value_serializer=_Null(),
            metrics_enabled=False,
        )

    @contextmanager
    def _asking(self, asked: str) -> Iterator[None]:
        try:
            yield
        except theirs.KafkaError as error:
            # Once a transaction has failed every call fails with a plain `KafkaError`; what the matter is stands elsewhere.
            plain = type(error) is theirs.KafkaError
            reason = self._producer._transaction_manager.last_error if plain else None  # noqa: SLF001
            raise ours(reason or error, self._name, asked) from error
        except OSError as error:
            raise ours(error, self._name, asked) from error

    def _collect(self) -> None:
        """Take in what is acknowledged, or has failed."""
        waiting = self._waiting
        while waiting and waiting[0][0].is_done:
            future, topic, size = waiting.popleft()
            self._waiting_bytes -= size
            if future.exception is not None:
                self._deliveries.failed(ours(future.exception, self._name, f"write a record to topic {topic!r}"))

    def _wait_for_oldest(self) -> None:
        future = self._waiting[0][0]
        with suppress(theirs.KafkaError):
            future.get(self._patience)
        if not future.is_done:
            raise ours(theirs.KafkaTimeoutError("the buffer stays full"), self._name, f"send within {self._patience:g} s")
        self._collect()

    def _forget(self) -> None:
        self._waiting.clear()
        self._waiting_bytes = 0
        self._deliveries.clear()


#: Stands for a value that is None: kafka-python refuses records with neither key nor value, which are fine for Kafka.
NULL = object()


class _Null(Serializer):  # type: ignore[misc] # kafka-python has no types
    """Lets `NULL` be None."""

    def serialize(self, _topic: str, _headers: Any, data: Any) -> Any:
        return None if data is NULL else data
