"""A cluster as confluent-kafka reaches it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import IsolationLevel, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec

from streams.kafka.confluent.failures import asking
from streams.kafka.confluent.options import Denied, options
from streams.kafka.confluent.sink import ConfluentSink
from streams.kafka.confluent.source import ConfluentSource
from streams.kafka.errors import AccessError, UnknownTopicError
from streams.kafka.protocol import Partition
from streams.kafka.settings import ClusterSettings


class ConfluentClient:
    """Makes sources and sinks of one cluster, and makes topics; see `streams.kafka.protocol.Client`.

    Parameters
    ----------
    settings
        How the cluster is reached. Nothing is asked of it before it is needed.
    """

    def __init__(self, settings: ClusterSettings) -> None:
        self.name = settings.bootstrap
        self.settings = settings
        self._denied = Denied(self.name)
        self._admin: AdminClient | None = None

    def source(self, *, group: str | None = None, committed_only: bool = True) -> ConfluentSource:
        """Return a source; `group` is whose offsets it commits, `committed_only` leaves records of open transactions out."""
        self.topics()  # the client itself does not say that nobody answers
        return ConfluentSource(self, group=group, committed_only=committed_only)

    def sink(self, *, transactional_id: str | None = None) -> ConfluentSink:
        """Return a sink. With a transactional id older ones of that id are fenced, and their transaction has settled."""
        self.topics()
        return ConfluentSink(self, transactional_id=transactional_id)

    def partitions(self, topics: Collection[str]) -> dict[str, list[int]]:
        """Return of those of `topics` that there are the numbers of their partitions, asked of the broker now."""
        names = sorted(topics)
        found = {}
        if names:
            with self._asking(f"ask for topics {', '.join(names)}"):
                # Describing never makes a topic; asking for the metadata of one may.
                answers = self.admin().describe_topics(TopicCollection(names), request_timeout=self.settings.patience)
            for name, answer in answers.items():
                with suppress(UnknownTopicError):
                    found[name] = sorted(p.id for p in self._answer(answer, f"ask for topic {name!r}").partitions)
        return found

    def bounds(self, partitions: Collection[Partition], *, committed_only: bool) -> dict[Partition, tuple[int, int]]:
        """Return of each the first offset that is kept, and the one after the last that can be read."""
        level = IsolationLevel.READ_COMMITTED if committed_only else IsolationLevel.READ_UNCOMMITTED
        asked = "find the ends of " + ", ".join(f"{topic}[{number}]" for topic, number in sorted(partitions))
        ends = []
        for spec in (OffsetSpec.earliest(), OffsetSpec.latest()):
            wanted = {TopicPartition(*p): spec for p in partitions}
            with self._asking(asked):
                answers = self.admin().list_offsets(wanted, isolation_level=level, request_timeout=self.settings.patience)
            ends.append(
                {Partition(tp.topic, tp.partition): self._answer(answer, asked).offset for tp, answer in answers.items()}
            )
        first, end = ends
        return {p: (first[p], end[p]) for p in partitions}

    def limit(self, topic: str) -> int:
        """Return how many bytes a record of `topic` may have.

        Raises
        ------
        UnknownTopicError
            If there is no such topic.
        """
        if not self.partitions([topic]):
            raise UnknownTopicError(f"{self.name}: there is no topic {topic!r}")
        asked = f"ask for the largest record of topic {topic!r}"
        wanted = ConfigResource(ConfigResource.Type.TOPIC, topic)
        with self._asking(asked):
            (answer,) = self.admin().describe_configs([wanted], request_timeout=self.settings.patience).values()
        try:
            found = int(self._answer(answer, asked)["max.message.bytes"].value)
        except AccessError:  # who may write may still not ask
            return self.settings.max_message_bytes
        return min(found, self.settings.max_message_bytes)

    def topics(self) -> dict[str, int]:
        """Return the topics there are, with their numbers of partitions."""
        with self._asking("list the topics"):
            found = self.admin().list_topics(timeout=self.settings.patience).topics
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}

    def create_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Create a topic, with as many replicas as the broker makes by default; TopicExistsError if it is there."""
        asked = f"create topic {name!r} with {partitions} partitions"
        with self._asking(asked):
            topic = NewTopic(name, num_partitions=partitions, config=dict(config or {}))
            answers = self.admin().create_topics([topic], operation_timeout=self.settings.patience)
        self._answer(answers[name], asked)

    def add_partitions(self, name: str, partitions: int) -> None:
        """Let a topic have `partitions` partitions, more than it has."""
        asked = f"let topic {name!r} have {partitions} partitions"
        with self._asking(asked):
            answers = self.admin().create_partitions(
                [NewPartitions(name, partitions)], operation_timeout=self.settings.patience
            )
        self._answer(answers[name], asked)

    def close(self) -> None:
        """Let go of what the client itself holds."""
        self._admin = None

    def admin(self) -> AdminClient:
        """Return confluent-kafka's own client for administration, for what the protocol does not name."""
        if self._admin is None:
            configs = options(self.settings, self._denied)
            logger = configs.pop("logger")
            with asking(self.name, "make a client"):
                self._admin = AdminClient(configs, logger=logger)
        return self._admin

    def _answer(self, answer: Future[Any], asked: str) -> Any:
        with self._asking(asked):
            # Its own time limit is the one that says why; ours only keeps a client that went astray from waiting for ever.
            return answer.result(self.settings.patience + 5)

    @contextmanager
    def _asking(self, asked: str) -> Iterator[None]:
        try:
            with asking(self.name, asked):
                yield
        except BaseException:
            if self._admin is not None:
                self._admin.poll(0)
            self._denied.check()
            raise
