"""Settings to a client of a cluster."""

from __future__ import annotations

from streams.errors import StreamError
from streams.kafka.protocol import Client
from streams.kafka.settings import ClusterSettings


def connect(settings: ClusterSettings) -> Client:
    """Return a client of the cluster; nothing is asked of it before it is needed.

    Parameters
    ----------
    settings
        How the cluster is reached, and with which client library.

    Raises
    ------
    StreamError
        If there is no such client, or it is not installed.

    Examples
    --------
    >>> client = connect(ClusterSettings(bootstrap="127.0.0.1:9092"))
    >>> client.name
    '127.0.0.1:9092'
    >>> client.close()
    >>> connect(ClusterSettings(client="librdkafka"))
    Traceback (most recent call last):
    streams.errors.StreamError: there is no Kafka client 'librdkafka': expected 'kafka-python' or 'confluent'
    """
    if settings.client == "kafka-python":
        from streams.kafka.kafka_python import KafkaPythonClient

        return KafkaPythonClient(settings)
    if settings.client == "confluent":
        try:
            import confluent_kafka  # noqa: F401
        except ModuleNotFoundError as error:
            raise StreamError(
                "the Kafka client 'confluent' is not installed: pip install 'ihomer[confluent]', or choose 'kafka-python'"
            ) from error
        from streams.kafka.confluent import ConfluentClient

        return ConfluentClient(settings)
    raise StreamError(f"there is no Kafka client {settings.client!r}: expected 'kafka-python' or 'confluent'")
