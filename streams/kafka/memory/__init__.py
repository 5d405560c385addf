"""A Kafka cluster in memory: a small log with transactions, groups, retention, and faults on demand."""

from streams.kafka.memory.faults import OPERATIONS, Faults
from streams.kafka.memory.log import MemoryLog

__all__ = ["OPERATIONS", "Faults", "MemoryLog"]
