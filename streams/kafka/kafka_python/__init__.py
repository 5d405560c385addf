"""The transport over kafka-python, the default client."""

from streams.kafka.kafka_python.client import KafkaPythonClient

__all__ = ["KafkaPythonClient"]
