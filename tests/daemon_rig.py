"""A daemon on a log in memory, for tests: it is killed and begins again, and everything it did can be looked at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson

from ihomer.checkpoint import dumps
from ihomer.daemon.learning import Learning
from ihomer.daemon.settings import Settings
from ihomer.daemon.status import Status
from ihomer.daemon.store import Store
from streams.kafka.memory import MemoryLog
from streams.kafka.protocol import Partition, Record


class Killed(BaseException):
    """What kill -9 is to the process."""


class Until:
    """Stands for `Stopping`: an end is asked for once `done` says so."""

    def __init__(self, done: Callable[[], bool]) -> None:
        self._done = done

    @property
    def asked(self) -> bool:
        return self._done()

    def wait(self, _seconds: float) -> bool:
        return self.asked


class Ticks:
    """A clock that goes on by a tenth of a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.1
        return self.now


class Rig:
    """One topic in a log in memory, a state directory, and the sessions of a daemon over them."""

    def __init__(self, state: Path, *, partitions: int = 1, **settings: Any) -> None:
        self.log = MemoryLog(sleep=lambda _: None)
        self.log.create_topic("rows", partitions)
        if settings.get("labels_topic"):
            self.log.create_topic(settings["labels_topic"], 1)
        given = {"model": "linear", "poll_rows": 7, "checkpoint_seconds": 1.0, "commit_seconds": 0.5, "metrics_every": 10}
        self.settings = Settings("rows", str(state), http="", **{**given, **settings})
        self.status = Status()
        self.clock = Ticks()
        self._produced: Counter[str] = Counter()

    def produce(self, values: Iterable[bytes | None], topic: str = "rows") -> None:
        sink = self.log.sink()
        n = self.log.count(topic)
        for value in values:
            i = self._produced[topic]
            self._produced[topic] += 1
            sink.send(topic, value, time=1000.0 + i, partition=i % n)
        sink.flush(1.0)

    def session(self, done: Callable[[], bool]) -> None:
        """Run one session as a process would: lock, work, let go."""
        store = Store(self.settings.state, self.settings.keep)
        store.lock()
        try:
            self.learning = Learning(store, self.settings, self.log, self.status, Until(done), self.clock)
            self.learning.run()
        finally:
            store.close()

    def finish(self) -> None:
        """Run until all is read."""
        self.session(self.all_read)

    def all_read(self) -> bool:
        if not self.learning.began:
            return False
        topics = [topic for topic in (self.settings.topic, self.settings.labels_topic) if topic]
        parts = [Partition(topic, i) for topic in topics for i in range(self.log.count(topic))]
        return all(self.learning.places.next.get(p, 0) >= self.log.partition(p).end for p in parts)

    def killed_at(self, operation: str, call: int, *, after: bool) -> bool:
        """Run a session that is killed at that call of an operation; return whether it came to that."""
        self.log.faults.clear()
        self.log.faults.fail(operation, Killed(), at=call, times=math.inf, after=after)
        # Who is dead closes no transaction.
        self.log.faults.fail("abort", Killed(), times=math.inf)
        try:
            self.finish()
        except Killed:
            return True
        finally:
            self.log.faults.clear()
        return False

    # ------------------------------------------------------------------ what came of it

    def state(self) -> bytes:
        """Return what was learned, as bytes."""
        store = Store(self.settings.state, self.settings.keep)
        store.lock()
        found = store.read()
        store.close()
        assert found is not None
        return dumps(found[0]["learner"], kind="learner")

    def read(self, topic: str) -> list[Record]:
        """Return what a reader of committed records sees in a topic."""
        source = self.log.source()
        parts = [Partition(topic, i) for i in range(self.log.count(topic))] if topic in self.log.topics() else []
        source.assign(dict.fromkeys(parts, 0))
        found: list[Record] = []
        while some := source.poll(1000, 0.0):
            found += some
        return found

    def answered(self) -> Counter[tuple[int, int]]:
        """Return how often each record of the topic was answered, by a prediction or a dead letter."""
        counts: Counter[tuple[int, int]] = Counter()
        for record in self.read("rows.predictions"):
            source = orjson.loads(record.value or b"")["source"]
            counts[source["partition"], source["offset"]] += 1
        for record in self.read("rows.dead-letters"):
            headers = dict(record.headers)
            counts[int(headers["ihomer-source-partition"]), int(headers["ihomer-source-offset"])] += 1
        return counts

    def records(self) -> set[tuple[int, int]]:
        """Return the place of every record of the topic."""
        return {(record.partition, record.offset) for record in self.read("rows")}


def messages(n: int) -> list[bytes]:
    """Return n messages: names that come and go, one of its own in each, some of them bad."""
    found = []
    for i in range(n):
        message = {"id": i, "x": {f"f{i % 5}": 1.5, f"g{i % 3}": 2.0, f"own{i}": 1.0}, "y": [f"l{i % 4}", f"own{i}"]}
        found.append(b"{" if i % 11 == 7 else orjson.dumps(message))
    return found
