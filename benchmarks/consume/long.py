"""A day in minutes: millions of messages in one run; does memory stay, does lag go back to 0, are checkpoints written."""

from __future__ import annotations

import time
from itertools import cycle, islice

import numpy as np

from benchmarks.consume.rig import Process, Rig, messages
from ihomer.daemon.store import checkpoints

PARTITIONS = 4
#: Different messages, which are sent again and again.
POOL = 250_000
#: So far may the topic be ahead of the predictions; retention keeps several times as much, and the disk does not fill.
AHEAD = 300_000
RETENTION = {"retention_bytes": 512 << 20, "segment_bytes": 64 << 20, "retention_ms": -1}
#: Messages sent between two looks.
CHUNK = 20_000

HEAD = f"{'predicted':>12}{'seconds':>9}{'/s':>9}{'rss MB':>8}{'lag':>10}{'checkpoints':>13}"


class Watch:
    """Looks at a daemon and prints a line for every tenth of the messages.

    Parameters
    ----------
    rig, process, predictions
        Where the daemon answers.
    n
        All messages.
    """

    def __init__(self, rig: Rig, process: Process, predictions: str, n: int) -> None:
        self._rig, self._process, self._predictions, self._n = rig, process, predictions, n
        self._begin, self._told = time.monotonic(), 0
        #: Of every look the predictions so far and the megabytes.
        self.seen: list[tuple[int, float]] = []

    def look(self, sent: int) -> int:
        """Return how many messages are predicted."""
        done = sum(self._rig.ends(self._predictions, PARTITIONS))
        self.seen.append((done, self._process.rss_mb()))
        if done >= self._told:
            self._told = (10 * done // self._n + 1) * self._n // 10
            self._tell(done, sent)
        return done

    def _tell(self, done: int, sent: int) -> None:
        seconds = time.monotonic() - self._begin
        (state,) = self._rig.directory.glob("daemon-*[0-9]")
        written = checkpoints(state)[-1:]
        rate, rss = done / seconds, self.seen[-1][1]
        last = written[0][0] if written else 0
        print(f"{done:12,}{seconds:9.0f}{rate:9,.0f}{rss:8.0f}{sent - done:10,}{last:13}", flush=True)

    def memory(self) -> str:
        """Return what became of memory in the second half."""
        done, rss = np.array([one for one in self.seen if one[0] >= self._n / 2]).T
        slope = float(np.polyfit(done / 1e6, rss, 1)[0])
        return f"second half: {rss.min():.0f} to {rss.max():.0f} MB, {slope:+.2f} MB a million messages"


def long(rig: Rig, n: int, client: str, flags: list[str]) -> str:
    """Feed n messages to a daemon as fast as it takes them; return what became of memory."""
    topic, predictions = rig.topic(PARTITIONS, **RETENTION), rig.topic(PARTITIONS, **RETENTION)
    values, sink, sent = cycle(messages(min(POOL, n))), rig.client.sink(), 0
    with rig.daemon(topic, client, predictions, "--checkpoint-seconds", "10", *flags) as process:
        process.until(lambda: any((rig.directory / "daemon-1").glob("*")) or 0, 0.2)
        watch = Watch(rig, process, predictions, n)
        while sent < n:
            while sent - watch.look(sent) > AHEAD:
                process.check()
                time.sleep(0.2)
            for value in islice(values, min(CHUNK, n - sent)):
                sink.send(topic, value, partition=sent % PARTITIONS)
                sent += 1
            sink.flush(60)
        process.until(lambda: (done := watch.look(n)) >= n or done, 0.2)
    sink.close()
    return watch.memory()
