"""A cluster as kafka-python reaches it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource
from kafka.errors import KafkaError, for_code

from streams.kafka.errors import AccessError, UnknownTopicError
from streams.kafka.kafka_python.failures import asking, ours
from streams.kafka.kafka_python.options import made
from streams.kafka.kafka_python.sink import KafkaPythonSink
from streams.kafka.kafka_python.source import KafkaPythonSource
from streams.kafka.settings import ClusterSettings
from streams.kafka.within import within


class KafkaPythonClient:
    """Makes sources and sinks of one cluster, and makes topics; see `streams.kafka.protocol.Client`.

    Parameters
    ----------
    settings
        How the cluster is reached. Nothing is asked of it before it is needed.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self.name = settings.bootstrap
        self.settings = settings
        self._admin: KafkaAdminClient | None = None

    def source(self, *, group: str | None = None, committed_only: bool = True) -> KafkaPythonSource:
        """Return a source; `group` is whose offsets it commits, `committed_only` leaves records of open transactions out."""
        return KafkaPythonSource(self, group=group, committed_only=committed_only)

    def sink(self, *, transactional_id: str | None = None) -> KafkaPythonSink:
        """Return a sink. With a transactional id older ones of that id are fenced, and their transaction has settled."""
        return KafkaPythonSink(self, transactional_id=transactional_id)

    def partitions(self, topics: Collection[str]) -> dict[str, list[int]]:
        """Return of those of `topics` that there are the numbers of their partitions, asked of the broker now."""
        found = self._describe(list(topics)) if topics else {}
        return {topic: numbers for topic, numbers in found.items() if numbers}

    def limit(self, topic: str) -> int:
        """Return how many bytes a record of `topic` may have.

        Raises
        ------
        UnknownTopicError
            If there is no such topic.
        """
        if not self.partitions([topic]):
            raise UnknownTopicError(f"{self.name}: there is no topic {topic!r}")
        wanted = ConfigResource("topic", topic, {_LIMIT: None})
        try:
            with asking(self.name, f"ask for the largest record of topic {topic!r}"):
                answer = within(self.settings.patience, self.admin().describe_configs, [wanted], config_filter="all")
        except AccessError:  # who may write may still not ask
            return self.settings.max_message_bytes
        return min(int(answer["topic"][topic][_LIMIT]["value"]), self.settings.max_message_bytes)

    def topics(self) -> dict[str, int]:
        """Return the topics there are, with their numbers of partitions."""
        return {topic: len(numbers) for topic, numbers in self._describe(None).items()}

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Create a topic, with as many replicas as the broker makes by default; TopicExistsError if it is there."""
        topic = {name: {"num_partitions": partitions, "configs": dict(config or {})}}
        patience = self.settings.patience
        with asking(self.name, f"create topic {name!r} with {partitions} partitions"):
            within(patience, self.admin().create_topics, topic, wait_for_metadata=True)

    def add_partitions(self, name: str, partitions: int) -> None:
        """Let a topic have `partitions` partitions, more than it has."""
        with asking(self.name, f"let topic {name!r} have {partitions} partitions"):
            within(self.settings.patience, self.admin().create_partitions, {name: partitions})

    def close(self) -> None:
        """Let go of what the client itself holds."""
        admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    def admin(self) -> KafkaAdminClient:
        """Return kafka-python's own client for administration, for what the protocol does not name; `close` closes it."""
        if self._admin is None:
            self._admin = made(KafkaAdminClient, self.settings)
        return self._admin

    def _describe(self, topics: list[str] | None) -> dict[str, list[int]]:
        asked = "list the topics" if topics is None else f"ask for topics {', '.join(sorted(topics))}"
        with asking(self.name, asked):
            answer = within(self.settings.patience, self.admin().describe_topics, topics)
        found = {}
        for topic in answer:
            error = for_code(topic["error_code"])()
            if isinstance(error, KafkaError) and topic["error_code"] not in _FINE:
                raise ours(error, self.name, asked)
            found[topic["name"]] = sorted(p["partition_index"] for p in topic["partitions"])
        return found


_LIMIT = "max.message.bytes"

#: Answers to a question for a topic that are none: 0, there is no such topic (3), its leaders are being chosen (5), a name
#: that no topic can have (17).
_FINE = (0, 3, 5, 17)
