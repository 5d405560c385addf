"""What is done with messages, and nothing of Kafka: they are predicted, scored and learned, and letters say so.

The state after a sequence of messages depends on that sequence alone: not on how it was cut into calls, nor on whether it was
saved and restored between two of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ihomer.daemon.bad_watch import BadWatch
from ihomer.daemon.desk import Desk
from ihomer.daemon.errors import OtherStateError
from ihomer.daemon.inbox import Bad, Inbox
from ihomer.daemon.lateness import Lateness, Learnable
from ihomer.daemon.letters import Letter
from ihomer.daemon.score import Score
from ihomer.saving import model_of, tree_of
from streams.batch import UNLABELLED

if TYPE_CHECKING:
    from ihomer.daemon.settings import Settings
    from ihomer.daemon.status import Status
    from ihomer.estimator import ArrayEstimator
    from streams.batch import Batch
    from streams.kafka.protocol import Record
    from streams.names import Name

#: What a state says of itself: raised when its parts change.
VERSION = 1


class Learner:
    """The model and all that goes with it, from messages to letters.

    Parameters
    ----------
    settings
        What the daemon was told.
    status
        Where to count.
    """

    def __init__(self, settings: Settings, status: Status) -> None:
        self.settings, self.status = settings, status
        self.model: ArrayEstimator = _fresh_model(settings)
        self.inbox = Inbox(settings.limits)
        self.late = Lateness(settings, status, self.inbox)
        self.score = Score()
        self.desk = Desk(settings, status)
        self.bad = BadWatch(settings.limits.bad_share, settings.limits.bad_run)
        #: Messages that were instances.
        self.instances = 0
        self._told = 0  # events of the model that letters have told

    @property
    def n_waiting(self) -> int:
        """How many instances wait for their labels."""
        return len(self.late)

    # ------------------------------------------------------------------ messages

    def take(self, records: Sequence[Record]) -> list[Letter]:
        """Predict and learn `records`, which follow those taken before; return what is to be said about them.

        Instances are dealt with before labels of the labels topic. Ask `bad.check()` afterwards.
        """
        later = self.settings.labels_topic
        if not later:
            letters, bad = self._instances(records)
            return self._ended(records, letters, bad)
        order = sorted(range(len(records)), key=lambda i: records[i].topic == later)
        ordered = [records[i] for i in order]
        n = sum(record.topic != later for record in records)
        letters, bad = self._instances(ordered[:n])
        learned = self.late.labels(ordered, range(n, len(ordered)), self._met())
        letters += self._learned_late(learned)
        letters = self._ended(ordered, letters, bad + learned.bad)
        return [letter._replace(because=order[letter.because]) for letter in letters]

    def _instances(self, records: Sequence[Record]) -> tuple[list[Letter], list[Bad]]:
        taken = self.inbox.take(records)
        letters: list[Letter] = []
        for piece in self._pieces(taken.batch):
            letters += self._predicted(piece, records)
        return letters, list(taken.bad)

    def _ended(self, records: Sequence[Record], letters: list[Letter], bad: list[Bad]) -> list[Letter]:
        """Return the letters and those about bad messages, in the order of the records."""
        bad.sort(key=lambda one: one.index)
        self.bad.note(len(records), [(one.index, one.what) for one in bad])
        return self.desk.with_dead(records, letters, bad)

    def _learned_late(self, learned: Learnable) -> Iterator[Letter]:
        """Score and learn rows whose labels have come."""
        if len(learned.batch):
            assert learned.batch.places is not None
            before = self.model.n_instances
            for i, predicted in enumerate(learned.predicted):
                y = learned.batch.y(i)
                assert y is not None
                self.score.update_late(predicted.labels, predicted.top, y)
            self.model.learn_many(learned.batch)
            self.status.learned += len(learned.batch)
            yield from self._happened(before, learned.batch.places.tolist())

    def _met(self) -> Iterator[Name]:
        """Yield the labels that the model has met; asked for only if somebody looks."""
        yield from self.model.labels

    def _pieces(self, batch: Batch) -> Iterator[Batch]:
        """Yield the rows in blocks that end where metrics are told, and hold either rows that wait for labels or none."""
        waits = batch.status == UNLABELLED if self.settings.labels_topic else np.zeros(len(batch), np.bool_)
        turns = np.flatnonzero(waits[1:] != waits[:-1]) + 1
        every = self.settings.metrics_every
        told = np.arange(every - self.instances % every, len(batch), every)
        ends = [*np.union1d(turns, told).tolist(), len(batch)]
        for start, stop in zip([0, *ends], ends, strict=False):
            if stop > start:
                yield batch.slice(start, stop)

    def _predicted(self, piece: Batch, records: Sequence[Record]) -> Iterator[Letter]:
        """Predict, score and learn the rows of a block."""
        assert piece.places is not None
        before, n = self.model.n_instances, len(piece)
        waits = bool(self.settings.labels_topic) and piece.status[0] == UNLABELLED
        predictions = self.model.predict_many(piece) if waits else self.model.predict_learn_many(piece)
        versions = np.full(n, before) if waits else before + np.arange(n)
        self.instances += n
        self.status.instances += n
        self.score.update(piece, predictions)
        yield from self.desk.predictions(piece, predictions, versions, records)
        if waits:
            self.late.remember(piece, predictions, records)
        because = piece.places.tolist()
        if not waits:
            self.status.learned += n
            yield from self._happened(before, because)
        if self.instances % self.settings.metrics_every == 0:
            yield from self._scored(because[-1])

    def _happened(self, before: int, because: list[int]) -> Iterator[Letter]:
        """Tell what happened to the model while it learned rows because of these records."""
        if (log := getattr(self.model, "event_log", None)) is not None:
            events, self._told = log.since(self._told)
            for event in events:
                self.status.alarms += event["kind"] == "alarm"
                row = min(max(int(event["instance"]) - before - 1, 0), len(because) - 1)
                yield from self.desk.event(because[row], event)

    def _scored(self, because: int) -> Iterator[Letter]:
        self.status.scores = scores = self.score.summary()
        counts = {"instances": self.instances, "learned": self.model.n_instances, "labels": self.model.n_labels}
        yield from self.desk.metrics(because, {**counts, **scores})
        for event in self.late.expired():
            yield from self.desk.event(because, event)

    # ------------------------------------------------------------------ state

    def state(self) -> dict[str, Any]:
        """Return everything as a tree for a checkpoint."""
        return {
            "version": VERSION,
            "asked": _asked(self.settings),
            "model": tree_of(self.model),
            "inbox": self.inbox.state(),
            "late": self.late.state(),
            "score": self.score.state(),
            "bad": self.bad.state(),
            "instances": self.instances,
            "told": self._told,
        }

    def restore(self, state: dict[str, Any], where: object) -> None:
        """Go on from `state`, which was read from `where`.

        Raises
        ------
        OtherStateError
            If it was written by another version, or for another model or topic.
        """
        if state["version"] != VERSION:
            raise OtherStateError(f"{where}: its state is of version {state['version']}, expected {VERSION}")
        check_asked(state["asked"], self.settings, where)
        self.model = model_of(state["model"])
        self.inbox.restore(state["inbox"])
        self.late.restore(state["late"])
        self.score.restore(state["score"])
        self.bad.restore(state["bad"])
        self.instances, self._told = state["instances"], state["told"]


def check_asked(asked: dict[str, Any], settings: Settings, where: object) -> None:
    """Raise OtherStateError if a state was made for other settings than these, where that matters."""
    now = _asked(settings)
    others = [f"{key} = {asked[key]!r}, the settings say {now[key]!r}" for key in now if asked.get(key) != now[key]]
    if others:
        raise OtherStateError(
            f"{where}: was made for {'; '.join(others)}. Give it the settings it was made for, or another state directory"
        )


def _asked(settings: Settings) -> dict[str, Any]:
    """Return what a state belongs to."""
    return {
        "topic": settings.topic,
        "labels_topic": settings.labels_topic,
        "model": settings.model,
        "parameters": dict(sorted(settings.parameters.items())),
        "seed": settings.seed,
    }


def _fresh_model(settings: Settings) -> ArrayEstimator:
    from ihomer.estimator import ArrayEstimator
    from ihomer.evaluation.catalogue import make_model

    model, name = make_model(settings.model, settings.parameters, settings.seed)
    if not isinstance(model, ArrayEstimator):
        raise OtherStateError(
            f"model {name} has no checkpoints, and the daemon needs them; IHOMER(preset='none', learner=...) around it has"
        )
    return model
