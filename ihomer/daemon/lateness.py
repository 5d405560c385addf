"""Labels that come on a topic of their own: which rows they let the model learn, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ihomer.daemon.inbox import Bad
from ihomer.daemon.late_labels import Due, LateLabels, Predicted
from ihomer.daemon.places import name
from streams.kafka.protocol import Partition, Record
from streams.message import MessageError
from streams.names import sort_key

if TYPE_CHECKING:
    from ihomer.daemon.inbox import Inbox
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.predictions import Predictions
    from streams.batch import Batch
    from streams.names import Name


@dataclass(slots=True, frozen=True, eq=False)
class Learnable:
    """Rows whose labels have come.

    Parameters
    ----------
    batch
        The rows with their labels; `places` are indices among the records whose labels, or row, came last.
    predicted
        What was predicted for each row when it came.
    bad
        The labels that cannot be learned.
    """

    batch: Batch
    predicted: list[Predicted]
    bad: list[Bad]


class Lateness:
    """Lets instances wait, and brings them together with their labels.

    Parameters
    ----------
    settings, status
        How many may wait, and how long; where to count what became of labels.
    inbox
        Makes rows of instances and their labels, within the limits.
    """

    def __init__(self, settings: Settings, status: Status, inbox: Inbox) -> None:
        self._late = LateLabels(settings.waiting, settings.waiting_seconds, settings.waiting_bytes)
        self._status, self._inbox = status, inbox
        self._due: list[tuple[int, Due]] = []

    def __len__(self) -> int:
        return len(self._late)

    def remember(self, piece: Batch, predictions: Predictions, records: Sequence[Record]) -> None:
        """Let the rows of `piece`, which came without labels, wait; `places` are indices into `records`."""
        assert piece.places is not None
        for i, index in enumerate(piece.places.tolist()):
            key = None if piece.keys is None else piece.keys[i]
            if key is None:
                self._count("without id")
                continue
            held, ranking = predictions.label_set(i), predictions.ranking(i)
            predicted = Predicted(sorted(held, key=sort_key), [label for label, _ in ranking])
            value = records[index].value
            assert isinstance(key, (str, int, float))
            assert value is not None
            time = records[index].time if piece.times is None else float(piece.times[i])
            due = self._late.remember(key, value, time, predicted)
            if due is not None:
                self._due.append((index, due))

    def labels(self, records: Sequence[Record], indices: Iterable[int], met: Iterable[Name]) -> Learnable:
        """Take labels, which stand at `indices` among `records`; return what is to be learned now.

        Parameters
        ----------
        records, indices
            The records, and which of them are labels.
        met
            The labels that the model has met, looked at only where that matters.
        """
        bad: list[Bad] = []
        for index in indices:
            record = records[index]
            try:
                found = self._late.labels(record.value or b"", record.time, met)
            except MessageError as error:
                bad.append(Bad(index, "late labels", f"{_place(record)}: {error}"))
                continue
            if isinstance(found, str):
                self._count(found)
            else:
                self._due.append((index, found))
        due, self._due = self._due, []
        taken = self._inbox.admit([one.message for _, one in due], [records[index] for index, _ in due])
        bad += [Bad(due[one.index][0], one.kind, one.what) for one in taken.bad]
        assert taken.batch.places is not None
        good = taken.batch.places.tolist()
        for place, i in enumerate(good):
            taken.batch.places[place] = due[i][0]
        self._count("learned", len(good))
        return Learnable(taken.batch, [due[i][1].predicted for i in good], bad)

    def expired(self) -> Iterator[dict[str, Any]]:
        """Yield an event if rows have expired since the last time."""
        n = self._late.take_expired()
        if n:
            self._count("expired", n)
            what = {"place": "waiting instances", "cause": "labels did not come in time"}
            yield {"kind": "expired", **what, "after": n, "total": self._late.expired}

    def _count(self, what: str, n: int = 1) -> None:
        self._status.late[what] = self._status.late.get(what, 0) + n

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        return self._late.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._late.restore(state)


def _place(record: Record) -> str:
    return f"{name(Partition(record.topic, record.partition))}, offset {record.offset}"
