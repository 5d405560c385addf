"""The transport over confluent-kafka, the client in C: an order of magnitude faster."""

from streams.kafka.confluent.client import ConfluentClient

__all__ = ["ConfluentClient"]
