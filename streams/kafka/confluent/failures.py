"""What confluent-kafka raises, in our own errors: the one place where they are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from streams.kafka.errors import (
    AccessError,
    FencedError,
    MessageTooLargeError,
    TopicExistsError,
    TransportError,
    UnknownTopicError,
)

_KINDS: dict[type[TransportError], tuple[int, ...]] = {
    AccessError: (
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - their own errors are written so
        KafkaError._SSL,  # noqa: SLF001
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.SECURITY_DISABLED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    ),
    UnknownTopicError: (
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError.TOPIC_EXCEPTION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    ),
    TopicExistsError: (KafkaError.TOPIC_ALREADY_EXISTS,),
    FencedError: (
        KafkaError._FENCED,  # noqa: SLF001
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.TRANSACTION_COORDINATOR_FENCED,
    ),
    MessageTooLargeError: (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE),
}
_KIND = {code: kind for kind, codes in _KINDS.items() for code in codes}

#: What trying again does not change.
_FINAL = (
    KafkaError._INVALID_ARG,  # noqa: SLF001
    KafkaError._STATE,  # noqa: SLF001
    KafkaError.INVALID_CONFIG,
    KafkaError.INVALID_PARTITIONS,
    KafkaError.INVALID_REPLICATION_FACTOR,
    KafkaError.INVALID_REQUEST,
    KafkaError.POLICY_VIOLATION,
)


def ours(error: BaseException | Any, cluster: str, asked: str) -> TransportError:
    """Return `error` as one of ours.

    Parameters
    ----------
    error
        What the client raised, or a `KafkaError` that it handed over.
    cluster
        Bootstrap servers.
    asked
        What was asked of the cluster, beginning with a verb: "read the committed offsets of group 'g'".
    """
    if isinstance(error, SystemError) and error.__cause__ is not None:
        # The client raises fatal errors while it calls back, and falls over its own feet.
        error = error.__cause__
    if isinstance(error, KafkaException):
        error = error.args[0]
    if not isinstance(error, KafkaError):
        return TransportError(f"{cluster}: cannot {asked}: {type(error).__name__}: {error}")
    text = f"{cluster}: cannot {asked}: {error.name()}: {error.str()}"
    kind = _KIND.get(error.code())
    if kind is not None:
        return kind(text)
    return TransportError(text, retriable=not error.fatal() and error.code() not in _FINAL)


@contextmanager
def asking(cluster: str, asked: str) -> Iterator[None]:
    """Turn what confluent-kafka raises within into our errors."""
    try:
        yield
    except (KafkaException, SystemError, TimeoutError) as error:
        raise ours(error, cluster, asked) from error
