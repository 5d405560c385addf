"""What kafka-python raises, in our own errors: the one place where they are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors as theirs

from streams.kafka.errors import (
    AccessError,
    FencedError,
    MessageTooLargeError,
    TopicExistsError,
    TransportError,
    UnknownTopicError,
)

_ACCESS = (
    theirs.AuthorizationError,
    theirs.SaslAuthenticationFailedError,
    theirs.UnsupportedSaslMechanismError,
    theirs.IllegalSaslStateError,
    theirs.SecurityDisabledError,
)
_FENCED = (theirs.ProducerFencedError, theirs.InvalidProducerEpochError, theirs.TransactionCoordinatorFencedError)
_TOO_LARGE = (theirs.MessageSizeTooLargeError, theirs.RecordListTooLargeError)
_UNKNOWN = (theirs.UnknownTopicOrPartitionError, theirs.InvalidTopicError)


def ours(error: BaseException, cluster: str, asked: str) -> TransportError:
    """Return `error` as one of ours.

    Parameters
    ----------
    error
        What the client raised.
    cluster
        Bootstrap servers.
    asked
        What was asked of the cluster, beginning with a verb: "read the committed offsets of group 'g'".
    """
    kind, said = type(error).__name__, str(error)
    text = f"{cluster}: cannot {asked}: {said if kind in said else f'{kind}: {said}'}"
    if isinstance(error, _ACCESS) or "CERTIFICATE" in said:
        return AccessError(text)
    if isinstance(error, _UNKNOWN):
        return UnknownTopicError(text)
    if isinstance(error, _FENCED):
        return FencedError(text)
    if isinstance(error, _TOO_LARGE):
        return MessageTooLargeError(text)
    if isinstance(error, theirs.TopicAlreadyExistsError):
        return TopicExistsError(text)
    return TransportError(text, retriable=bool(getattr(error, "retriable", isinstance(error, OSError))))


@contextmanager
def asking(cluster: str, asked: str) -> Iterator[None]:
    """Turn what kafka-python raises within into our errors."""
    try:
        yield
    except (theirs.KafkaError, OSError) as error:
        raise ours(error, cluster, asked) from error
