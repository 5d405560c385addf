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
#: So far may the topic be ahead of the predictions; retention keeps several times as much.
AHEAD = 300_000
RETENTION = {"retention_bytes": 512 << 20, "segment_bytes": 64 << 20, "retention_ms": -1}
#: Messages sent between two looks.
CHUNK = 20_000

HEAD = f"{'messages':>12}{'seconds':>9}{'/s':>9}{'rss MB':>8}{'lag':>10}{'checkpoints':>13}"


def long(rig: Rig, n: int, client: str, flags: list[str]) -> str:
    """Feed n messages to a daemon as fast as it takes them, printing a line for every tenth; return what came of memory."""
    topic, predictions = rig.topic(PARTITIONS, **RETENTION), rig.topic(PARTITIONS, **RETENTION)
    values, sink = cycle(messages(min(POOL, n))), rig.client.sink()
    sent = 0
    rows, rss = [], []
    with rig.daemon(topic, client, predictions, "--checkpoint-seconds", "10", *flags) as process:
        begin = time.monotonic()

        def look() -> int:
            done = sum(rig.ends(predictions, PARTITIONS))
            rows.append(done)
            rss.append(process.rss_mb())
            if not told or done >= told[-1] + n // 10 or done == n:
                told.append(done // (n // 10) * (n // 10))
                seconds = time.monotonic() - begin
                written = checkpoints(rig.directory / "daemon-1")
                last = written[-1][0] if written else 0
                print(f"{done:12,}{seconds:9.0f}{done / seconds:9,.0f}{rss[-1]:8.0f}{sent - done:10,}{last:13}", flush=True)
            return done

        told: list[int] = []
        while sent < n:
            process.until(lambda: sent - look() < AHEAD or rows[-1], 0.2)
            for value in islice(values, min(CHUNK, n - sent)):
                sink.send(topic, value, partition=sent % PARTITIONS)
                sent += 1
            sink.flush(60)
        process.until(lambda: look() >= n or rows[-1], 0.2)
    sink.close()
    return _memory(np.array(rows), np.array(rss))


def _memory(rows: np.ndarray, rss: np.ndarray) -> str:
    second = rows >= rows[-1] / 2
    slope = float(np.polyfit(rows[second] / 1e6, rss[second], 1)[0])
    return f"second half: {rss[second].min():.0f} to {rss[second].max():.0f} MB, {slope:+.2f} MB a million messages"
