"""The desk where letters are written: predictions, metrics, events and dead letters, each for its topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ihomer.daemon.dead_letter import dead_letter
from ihomer.daemon.letters import Letter
from ihomer.daemon.outbox import encode_predictions, without_labels
from ihomer.events import event_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ihomer.daemon.inbox import Bad
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.predictions import Predictions
    from streams.batch import Batch
    from streams.kafka.protocol import Record

#: Header that says whose answer a prediction or a dead letter is: several groups may answer on one topic.
GROUP = "ihomer-group"


class Desk:
    """Writes letters to the topics that the settings name; none where a topic is empty.

    Parameters
    ----------
    settings, status
        Which topics; where dead letters are counted.
    """

    def __init__(self, settings: Settings, status: Status) -> None:
        self._settings, self._status, self._topics = settings, status, settings.topics
        self._from = ((GROUP, settings.group_id.encode()),)
        # A key, headers and the batch around a record take room, too; keys are those of records that fitted.
        self._most_bytes = settings.cluster.max_message_bytes // 2
        self._header_bytes = len(GROUP) + len(settings.group_id) + 8  # and their lengths

    def predictions(
        self, batch: Batch, predictions: Predictions, versions: npt.NDArray[np.int64], records: Sequence[Record]
    ) -> Iterator[Letter]:
        """Yield a letter for each row of `batch`, whose places are indices into `records`."""
        topic = self._topics.predictions
        if topic:
            assert batch.places is not None
            lines = encode_predictions(batch, predictions, records, versions, self._settings.top)
            for i, line in zip(batch.places.tolist(), lines, strict=True):
                if len(line) > self._most_bytes:
                    line = without_labels(line)  # noqa: PLW2901
                yield Letter(i, topic, line, records[i].key, self._from, follows=True)

    def dead(self, records: Sequence[Record], bad: Sequence[Bad]) -> Iterator[Letter]:
        """Count bad messages, and yield a letter for each."""
        topic, dead = self._topics.dead_letters, self._status.dead
        for one in bad:
            dead[one.kind] = dead.get(one.kind, 0) + 1
            if topic:
                record = records[one.index]
                value, headers = dead_letter(record, one.kind, one.what, self._settings.dead_letter_bytes - self._header_bytes)
                # Ours come last: of headers that stand there twice the last counts, and the record's own are anybody's.
                yield Letter(one.index, topic, value, record.key, (*headers, *self._from), follows=True)

    def with_dead(self, records: Sequence[Record], letters: list[Letter], bad: Sequence[Bad]) -> list[Letter]:
        """Return the letters and those about bad messages, in the order of the records."""
        return sorted([*letters, *self.dead(records, bad)], key=itemgetter(0))  # of equal ones the order stays

    def event(self, because: int, event: Mapping[str, Any]) -> Iterator[Letter]:
        """Yield a letter about something that happened."""
        if topic := self._topics.events:
            yield Letter(because, topic, event_json(event))

    def metrics(self, because: int, metrics: Mapping[str, Any]) -> Iterator[Letter]:
        """Yield a letter with metrics."""
        if topic := self._topics.metrics:
            yield Letter(because, topic, event_json(metrics))
