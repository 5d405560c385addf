"""What `ihomer consume` is told: one frozen object, checked whole before anything begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ihomer.daemon.checks import problems
from ihomer.daemon.problems import SettingsError
from ihomer.daemon.setting import settings_of
from streams.kafka.settings import ClusterSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """Against hostile or broken input; what is over a limit goes to the dead letters, with the reason.

    Parameters
    ----------
    message_bytes
        The largest message that is taken.
    features, labels
        So many names an instance may hold.
    new_features, new_labels
        So many names may enter in a minute of message time.
    bad_share, bad_run
        More than this share of the last 1,000 messages, or so many in a row, being bad ends the daemon.
    """

    message_bytes: int = 1 << 20
    features: int = 10_000
    labels: int = 1_000
    new_features: int = 100_000
    new_labels: int = 10_000
    bad_share: float = 0.5
    bad_run: int = 1_000


class Topics(NamedTuple):
    """The names of the topics; empty where there is none.

    Parameters
    ----------
    instances, labels
        What is read.
    predictions, metrics, events, dead_letters
        What is written.
    """

    instances: str
    labels: str
    predictions: str
    metrics: str
    events: str
    dead_letters: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the daemon is told. What cannot be meant is refused when it is made.

    Parameters
    ----------
    topic
        Where instances come from.
    state
        The directory of the checkpoints.
    cluster
        How Kafka is reached.
    group
        Whose offsets are committed; "ihomer-TOPIC" if empty.
    labels_topic
        Where labels of earlier instances come from, by id: ``{"id": ..., "y": ...}``; none if empty.
    predictions_topic, metrics_topic, events_topic, dead_letter_topic
        Where results go; "TOPIC.predictions" and so on if None; nowhere if empty.
    dead_letter_bytes
        The largest dead letter; of a larger one the beginning is kept, with the length and the SHA-256 of all.
    partitions
        Which partitions of the topic; None: all, new ones too.
    assignment
        "manual" or "subscribe": see `ihomer.daemon.assignment`.
    start
        Where a fresh model begins: "earliest" or "latest".
    out_of_range
        What to do if the place to go on from is not kept any more: "fail", "earliest" or "latest".
    transactions
        Predictions exactly once for readers of committed records.
    learn
        False: serve the newest checkpoint of `state`, reload it when it is replaced, learn nothing.
    model, parameters, seed
        The model and its parameters, as `ihomer evaluate --model --set --seed` take them.
    allow_pickle
        Let checkpoints hold pickled objects, which learners of river need. Loading one runs code: trust the directory.
    top
        How many of the best labels a prediction names.
    waiting, waiting_seconds
        So many instances wait for labels from `labels_topic`, and so long in message time.
    waiting_bytes
        So many bytes they take at most.
    checkpoint_seconds, checkpoint_rows
        A checkpoint is written after so many seconds, or so many messages.
    keep
        So many checkpoints are kept.
    poll_rows
        So many messages are taken at a time, at most: the batch that is predicted and learned.
    metrics_every
        Messages between two messages on the metrics topic.
    commit_seconds
        Seconds between two commits of offsets (with transactions: a transaction is so long at most).
    discover_seconds
        Seconds between two looks for new partitions.
    progress_seconds
        Seconds between two lines of progress in the log; 0: none.
    limits
        Against hostile input.
    http
        ``host:port`` of /health, /ready and /metrics; nothing is served if empty. Port 0: a free one.
    log
        "text" or "json".

    Raises
    ------
    SettingsError
        With all that is wrong: which setting, what was found, what was expected.

    Examples
    --------
    >>> settings = Settings("orders", "/var/lib/ihomer")
    >>> settings.group_id, settings.topics.predictions, settings.topics.labels
    ('ihomer-orders', 'orders.predictions', '')
    >>> Settings("orders", "/var/lib/ihomer", keep=0, log="xml")
    Traceback (most recent call last):
    ihomer.daemon.problems.SettingsError: keep: found 0, expected a whole number of at least 1
    log: found 'xml', expected 'text' or 'json'
    """

    topic: str
    state: str
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    group: str = ""
    labels_topic: str = ""
    predictions_topic: str | None = None
    metrics_topic: str | None = None
    events_topic: str | None = None
    dead_letter_topic: str | None = None
    dead_letter_bytes: int = 1_000_000
    partitions: tuple[int, ...] | None = None
    assignment: str = "manual"
    start: str = "earliest"
    out_of_range: str = "fail"
    transactions: bool = False
    learn: bool = True
    model: str = "ihomer"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 7
    allow_pickle: bool = False
    top: int = 5
    waiting: int = 100_000
    waiting_bytes: int = 1 << 28
    waiting_seconds: float = 7 * 86_400.0
    checkpoint_seconds: float = 60.0
    checkpoint_rows: int = 1_000_000
    keep: int = 3
    poll_rows: int = 1_000
    metrics_every: int = 1_000
    commit_seconds: float = 1.0
    discover_seconds: float = 30.0
    progress_seconds: float = 10.0
    limits: Limits = field(default_factory=Limits)
    http: str = "127.0.0.1:8650"
    log: str = "text"

    def __post_init__(self) -> None:
        found = problems(self)
        if found:
            raise SettingsError(found)

    @property
    def group_id(self) -> str:
        """Whose offsets are committed."""
        return self.group or f"ihomer-{self.topic}"

    @property
    def topics(self) -> Topics:
        """The names of all topics."""
        return Topics(
            self.topic,
            self.labels_topic,
            self._derived(self.predictions_topic, "predictions"),
            self._derived(self.metrics_topic, "metrics"),
            self._derived(self.events_topic, "events"),
            self._derived(self.dead_letter_topic, "dead-letters"),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or logged."""
        values = [setting.of(self) for setting in settings_of(Settings) if setting.secret]
        return tuple(value for value in values if isinstance(value, str) and value)

    def _derived(self, name: str | None, what: str) -> str:
        return f"{self.topic}.{what}" if name is None else name
